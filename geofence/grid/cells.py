"""`Grid`: the arrays that answer which zones hold a fix."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from geofence.grid import query, signature
from geofence.grid.capsule import capsules
from geofence.grid.cut import cut
from geofence.grid.leaf import lay, renumber
from geofence.grid.locate import CHUNK
from geofence.grid.room import lend
from geofence.metric import grown

Float64 = NDArray[np.float64]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
UInt64 = NDArray[np.uint64]
Changes = tuple[Int64, Int64, NDArray[np.bool_]]
"""int64[d] fixes, int64[d] zones, and whether the pair is gone; ordered, and gone before new."""

UNCHANGED: Changes = (np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.bool_))


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Cells over zones; immutable, safe to ask from any thread.

    The earth is 181 x 361 tiles of one degree; a tile is a leaf or a square grid of cells as fine
    as its edges are dense; a cell is a leaf or a block of 4 x 4, and so on.  A leaf is a row of
    `leaves`, where all fixes have the same zones, or, with the bit `leaf.MIXED`, a line of
    `words`, which lists its zones and packs the edges that decide (`geofence.grid.leaf`).

    * `world` int32[181, 361, 2]: a leaf and -1, or where the tile's grid begins and its halvings.
    * `cells`, `blocks` int32: a leaf, or -1 - block.
    * `leaves` int32[l, 2]: where the zones begin in `pool`, and how many.  Leaf 0 has none.
    * `words` int32: mixed leaves, each from the start of a line of 16.
    * `refs` int32: `edge << 2 | flags` (`geofence.grid.edge`), for what packed edges leave open.
    * `pool` int32: positions of zones, ordered within a leaf.
    * `edges` float64[e, 4] pointing up; `capsules` float64[c, 12] (`geofence.grid.capsule`).
    """

    world: Int32
    cells: Int32
    blocks: Int32
    leaves: Int32
    words: Int32
    refs: Int32
    pool: Int32
    edges: Float64
    capsules: Float64

    @classmethod
    def over(
        cls,
        edges: Float64,
        edge_zone: Int32,
        ends: Float64,
        reach_m: Float64,
        end_zone: Int32,
        *,
        zones: int,
    ) -> Self:
        """Cells over `zones` zones.

        `edges` float64[e, 4] are the outlines' (lon, lat, lon, lat), in any direction; `ends`
        float64[c, 4] the segments of capsules and `reach_m` float64[c] what lies within; both
        ordered by their zone, int32.
        """
        down = edges[:, 1] > edges[:, 3]
        up = np.where(down[:, None], edges[:, [2, 3, 0, 1]], edges)
        lon, lat = ends[:, 0::2], ends[:, 1::2]
        box = np.column_stack([lon.min(1), lat.min(1), lon.max(1), lat.max(1)])
        rows = capsules(ends, reach_m)
        world, cells, blocks, *rest = cut(up, edge_zone, rows, grown(box, reach_m), end_zone)
        leaf, *forms = lay(up, *rest, _keys(zones))
        renumber(cells, leaf)
        renumber(blocks, leaf)
        whole = world[:, :, 1] < 0
        world[whole, 0] = leaf[world[whole, 0]]
        # copied into memory of NumPy's, which comes in huge pages
        leaves, words, refs, pool = (array.copy() for array in forms)
        return cls(world, cells.copy(), blocks.copy(), leaves, words, refs, pool, up, rows)

    @property
    def nbytes(self) -> int:
        """Bytes of memory that the arrays take."""
        return sum(getattr(self, field.name).nbytes for field in fields(self))

    def match(
        self, lon: Float64, lat: Float64, changes: Changes = UNCHANGED
    ) -> tuple[Int64, Int64, Int64]:
        """(fix, zone) int64[k] of float64[n] degrees, ordered by fix, then zone; and the doubts.

        Doubts int64[d, 3] are (fix, zone, capsule) that only the geodesic can settle; they are not
        among the pairs.  What is off the earth or not finite lies in no zone.  `changes` are pairs
        to leave out and to put in, which may be the same.
        """
        room = 2 * lon.size + 256
        if lon.size > 16 * CHUNK:
            # room for as many a fix as a sample has: moving what was found costs more
            sample = slice(None, None, lon.size // CHUNK)
            pairs = self.match(lon[sample].copy(), lat[sample].copy())[0].size
            room = int(1.15 * pairs * lon.size / CHUNK) + 64 * CHUNK
        fix, zone = lend(room), lend(room)
        doubts = np.empty((256, 3), np.int64)
        done = pairs = doubtful = 0
        while True:
            done, pairs, doubtful, more, more_doubts = query.match(
                done, lon, lat, self.world, self.cells, self.blocks, self.leaves, self.words,
                self.refs, self.pool, self.edges, self.capsules, changes, fix, zone, pairs, doubts,
                doubtful,
            )  # fmt: skip
            if done == lon.size:
                return fix[:pairs], zone[:pairs], doubts[:doubtful]
            # as many a fix as so far, and a quarter more
            share = 1.25 * lon.size / (done + CHUNK)
            room = pairs + more + int(share * (pairs + more))
            fix, zone = _longer(fix, pairs, room), _longer(zone, pairs, room)
            room = doubtful + more_doubts + int(share * doubtful)
            doubts = _roomier(doubts, doubtful, room)

    def folded(self, keys: UInt64) -> UInt64:
        """What `signatures` wants beside the zones' `keys` uint64[z]: the leaves', uint64[l]."""
        out: UInt64 = signature.folded(self.leaves, self.pool, keys)
        return out

    def signatures(
        self, lon: Float64, lat: Float64, keys: UInt64, leaf_keys: UInt64
    ) -> tuple[UInt64, Int64]:
        """XOR of the keys of the zones that hold each fix, uint64[n], and the doubts as in `match`.

        Doubts are of zones that are not in the signature of their fix.
        """
        out = np.empty(lon.size, np.uint64)
        doubts = np.empty((256, 3), np.int64)
        done = doubtful = 0
        while True:
            done, doubtful, more = signature.sign(
                done, lon, lat, self.world, self.cells, self.blocks, leaf_keys, self.words,
                self.refs, self.edges, self.capsules, keys, out, doubts, doubtful,
            )  # fmt: skip
            if done == lon.size:
                return out, doubts[:doubtful]
            share = 1.25 * lon.size / (done + CHUNK)
            doubts = _roomier(doubts, doubtful, doubtful + more + int(share * doubtful))


def _keys(zones: int) -> NDArray[np.uint64]:
    """Well mixed numbers, one a zone, to tell sets of zones apart by (splitmix64)."""
    x = np.arange(1, zones + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: NDArray[np.uint64] = x ^ (x >> np.uint64(31))
    return mixed


def _longer(pairs: Int64, used: int, room: int) -> Int64:
    if room <= len(pairs):
        return pairs
    out = lend(room)
    out[:used] = pairs[:used]
    return out


def _roomier(array: Any, used: int, room: int) -> Any:
    if room <= len(array):
        return array
    out = np.empty((room, *array.shape[1:]), array.dtype)
    out[:used] = array[:used]
    return out

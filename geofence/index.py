"""The index over zones: outlines and capsules laid into a `Grid`, and what it leaves open.

A zone's outline falls into edges, whatever its parts and holes; a circle is a capsule of no
length, a corridor one capsule a segment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import shapely
from numpy.typing import NDArray

from geofence.grid import UNCHANGED, Changes, Grid
from geofence.grid.merge import merge
from geofence.metric import nearest_on_segment, within
from geofence.zone import Zone

Float64 = NDArray[np.float64]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
UInt64 = NDArray[np.uint64]


@dataclass(frozen=True, slots=True, eq=False)
class ZoneIndex:
    """A grid over `count` zones.  Immutable once built, and safe to ask from any thread."""

    grid: Grid
    count: int

    @classmethod
    def over(cls, zones: Sequence[Zone]) -> Self:
        """The index over `zones`; refused zones are in no cell."""
        edges, edge_zone = outline_edges(zones)
        ends, reach_m, end_zone = segments(zones)
        grid = Grid.over(edges, edge_zone, ends, reach_m, end_zone, zones=len(zones))
        return cls(grid, len(zones))

    def match(
        self, lon: Float64, lat: Float64, changes: Changes = UNCHANGED
    ) -> tuple[Int64, Int64]:
        """(fix, zone) int64[k] pairs for float64[n] degrees, ordered by fix, then zone.

        With `changes`, zones may be numbered on after those of the index.
        """
        fix, zone, doubts = self.grid.match(lon, lat, changes)
        if not len(doubts):
            return fix, zone
        at, which = self._held(lon, lat, doubts)
        changed, new, gone = changes
        width = int(max(self.count, new.max(initial=0) + 1))
        stays = ~np.isin(at * width + which, (changed * width + new)[gone])
        at, which = at[stays], which[stays]
        # a corridor that doubts one segment may be sure of another: `merge` does not repeat it
        room = fix.size + at.size
        out_fix, out_zone = np.empty(room, np.int64), np.empty(room, np.int64)
        count = merge(fix, zone, at, which, np.zeros(at.size, np.bool_), out_fix, out_zone)
        return out_fix[:count], out_zone[:count]

    def signatures(self, lon: Float64, lat: Float64, keys: UInt64, leaf_keys: UInt64) -> UInt64:
        """uint64[n]: XOR of the keys of the zones that hold each fix; `leaf_keys` of `folded`."""
        signature, doubts = self.grid.signatures(lon, lat, keys, leaf_keys)
        if len(doubts):
            fix, zone = self._held(lon, lat, doubts)
            np.bitwise_xor.at(signature, fix, keys[zone])
        return signature

    def _held(self, lon: Float64, lat: Float64, doubts: Int64) -> tuple[Int64, Int64]:
        """(fix, zone) of the doubts (fix, zone, capsule) that the geodesic confirms, each once."""
        at, which, capsule = doubts.T
        a_lon, a_lat, b_lon, b_lat = self.grid.capsules[capsule, :4].T
        x, y = lon[at], lat[at]
        foot_lon, foot_lat = nearest_on_segment(x, y, (a_lon, a_lat), (b_lon, b_lat))
        inside = within(x, y, foot_lon, foot_lat, self.grid.capsules[capsule, 4])
        held = np.unique(at[inside] * self.count + which[inside])
        fix, zone = np.divmod(held, self.count)
        return fix, zone


def outline_edges(zones: Sequence[Zone]) -> tuple[Float64, Int32]:
    """Every edge of every outline, float64[e, 4] (lon, lat, lon, lat), and its zone, ordered."""
    position = [n for n, zone in enumerate(zones) if zone.geometry is not None and not zone.reach_m]
    areas = np.array([zones[n].geometry for n in position], dtype=object)
    parts, area = shapely.get_parts(areas, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    joined = np.flatnonzero(ring[1:] == ring[:-1])
    edges = np.hstack([xy[joined], xy[joined + 1]])
    zone = np.array(position, np.int32)[area[part[ring[joined]]]] if joined.size else joined
    real = (edges[:, :2] != edges[:, 2:]).any(axis=1)
    return edges[real], zone[real].astype(np.int32)


def segments(zones: Sequence[Zone]) -> tuple[Float64, Float64, Int32]:
    """Circles' centres and corridors' segments: float64[c, 4], their reach and zone, ordered."""
    position = [n for n, zone in enumerate(zones) if zone.geometry is not None and zone.reach_m]
    lines = np.array([zones[n].geometry for n in position], dtype=object)
    xy, line = shapely.get_coordinates(lines, return_index=True)
    single = np.bincount(line, minlength=len(position)) == 1
    joined = np.flatnonzero(line[1:] == line[:-1])
    alone = np.flatnonzero(single[line]) if line.size else joined
    first = np.sort(np.concatenate([joined, alone]))
    second = np.where(single[line[first]], first, first + 1) if first.size else first
    reach_m = np.array([zones[n].reach_m for n in position], np.float64)
    which = line[first]
    ends = np.hstack([xy[first], xy[second]])
    return ends, reach_m[which], np.array(position, np.int32)[which]

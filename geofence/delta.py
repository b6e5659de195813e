"""What was edited since an index was built: laid over its answers, so that it need not be rebuilt.

The zones that are gone and the new ones share one small index.  The gone are asked again where
they were: what the big index answers for them is taken out, since both decide exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from geofence.grid import Changes
from geofence.index import ZoneIndex
from geofence.zone import Zone

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]
UInt64 = NDArray[np.uint64]
Bool = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Slot:
    """A zone that is gone from the big index, or new beside it; `key` is its key there or here."""

    position: int
    zone: Zone
    key: np.uint64
    gone: bool


@dataclass(frozen=True, slots=True, eq=False)
class Delta:
    """The d zones that are gone or new, ordered by position, gone before new.  Immutable.

    * `index`: over them, by their number here.
    * `position` int64[d]: of each in its set; `gone` bool[d].
    * `keys` uint64[d], `leaf_keys`: for signatures.
    * `bounds`: (west, south, east, north) of them all.
    """

    index: ZoneIndex
    position: Int64
    gone: Bool
    keys: UInt64
    leaf_keys: UInt64
    bounds: Float64

    @classmethod
    def over(cls, slots: Sequence[Slot]) -> Self | None:
        """The delta of `slots`, in any order; None when none of them covers anything."""
        real = [slot for slot in slots if slot.zone.bounds is not None]
        if not real:
            return None
        real.sort(key=lambda slot: (slot.position, not slot.gone))
        index = ZoneIndex.over([slot.zone for slot in real])
        keys = np.array([slot.key for slot in real], np.uint64)
        bounds = np.array([slot.zone.bounds for slot in real])
        return cls(
            index=index,
            position=np.array([slot.position for slot in real], np.int64),
            gone=np.array([slot.gone for slot in real]),
            keys=keys,
            leaf_keys=index.grid.folded(keys),
            bounds=np.r_[bounds[:, :2].min(0), bounds[:, 2:].max(0)],
        )

    def changes(self, lon: Float64, lat: Float64) -> Changes:
        """What the big index is to leave out and to put in for fixes float64[n]."""
        near, x, y = self._near(lon, lat)
        at, slot = self.index.match(x, y)
        return near[at], self.position[slot], self.gone[slot]

    def sign(self, lon: Float64, lat: Float64, signature: UInt64) -> None:
        """Correct the `signature` uint64[n] of the big index for the same fixes, in place."""
        near, x, y = self._near(lon, lat)
        signature[near] ^= self.index.signatures(x, y, self.keys, self.leaf_keys)

    def _near(self, lon: Float64, lat: Float64) -> tuple[Int64, Float64, Float64]:
        """The fixes within the bounds, and their degrees."""
        west, south, east, north = self.bounds
        near = np.flatnonzero((lon >= west) & (lon <= east) & (lat >= south) & (lat <= north))
        return near, lon[near], lat[near]

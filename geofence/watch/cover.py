"""Which places are near any of some zones at all: a coarse raster, asked before the index is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from geofence.grid.predicate import compiled
from geofence.zone import Zone

SIDE = 1024
"""Cells a side: a city's are some fifty metres wide, and the whole fits the nearer caches."""


class Cover(NamedTuple):
    """A raster over the bounds of zones.

    * `cells` bool[SIDE, SIDE], by row from the south and column from the west: whether the bounds
      of any of the zones touch the cell.
    * `west`, `south` degrees WGS-84, and `per_lon`, `per_lat` cells a degree.
    """

    cells: NDArray[np.bool_]
    west: float
    south: float
    per_lon: float
    per_lat: float

    @classmethod
    def of(cls, zones: Sequence[Zone]) -> Self:
        """The raster over the bounds of `zones`; refused ones have none."""
        held = [zone.bounds for zone in zones if zone.bounds is not None]
        if not held:
            return cls(np.zeros((SIDE, SIDE), np.bool_), 0.0, 0.0, 0.0, 0.0)
        bounds = np.array(held)
        west, south = bounds[:, :2].min(axis=0)
        # a little wider, so that the eastern and northern ends fall into the last cell
        per = SIDE / ((bounds[:, 2:].max(axis=0) - (west, south)) * (1 + 1e-9) + 1e-9)
        low = np.floor((bounds[:, :2] - (west, south)) * per).astype(np.int64)
        high = np.floor((bounds[:, 2:] - (west, south)) * per).astype(np.int64)
        low, high = np.clip(low, 0, SIDE - 1), np.clip(high, 0, SIDE - 1) + 1
        # summed along both axes, four corners fill a box
        corners = np.zeros((SIDE + 1, SIDE + 1), np.int32)
        for x, y, sign in ((low, low, 1), (high, low, -1), (low, high, -1), (high, high, 1)):
            np.add.at(corners, (y[:, 1], x[:, 0]), sign)
        cells = corners.cumsum(axis=0).cumsum(axis=1)[:SIDE, :SIDE] > 0
        return cls(cells, float(west), float(south), float(per[0]), float(per[1]))


@compiled
def touches(cover, lon, lat):
    """Whether a place may lie in any of the zones; never False of one that does."""
    column = (lon - cover.west) * cover.per_lon
    row = (lat - cover.south) * cover.per_lat
    if not (0.0 <= column < SIDE and 0.0 <= row < SIDE):
        return False
    return cover.cells[np.int64(row), np.int64(column)]

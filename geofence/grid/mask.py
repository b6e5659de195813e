"""A coarse mask of the earth: where anything was marked, told by one look a position.

Cells of 1/256 of a degree lie on a mask that repeats every two degrees.  So it says of some places
that something may be there when nothing is, and never the other way.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from geofence.grid.predicate import compiled

SIDE = 512
PER_DEG = 256.0  # a power of two: scaling rounds nothing, so the order of degrees is kept


def mark(mask: NDArray[np.bool_], bounds: tuple[float, float, float, float]) -> None:
    """Mark (west, south, east, north), in degrees, on `mask` bool[SIDE, SIDE]."""
    west, south, east, north = (math.floor(side * PER_DEG) for side in bounds)
    rows = np.arange(south, min(north, south + SIDE - 1) + 1) % SIDE
    columns = np.arange(west, min(east, west + SIDE - 1) + 1) % SIDE
    mask[np.ix_(rows, columns)] = True


@compiled
def near(mask, lon, lat):
    """int64[k]: which of the positions, degrees float64[n], lie where something is marked."""
    out = np.empty(lon.shape[0], np.int64)
    n = 0
    for i in range(lon.shape[0]):
        out[n] = i
        on_earth = abs(lon[i]) <= 180.0 and abs(lat[i]) <= 90.0
        x = int(np.floor(lon[i] * PER_DEG)) if on_earth else 0
        y = int(np.floor(lat[i] * PER_DEG)) if on_earth else 0
        n += int(on_earth and mask[y & (SIDE - 1), x & (SIDE - 1)])
    return out[:n].copy()

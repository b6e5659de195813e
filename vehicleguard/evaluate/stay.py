"""Stays: stretches of a track in which a vehicle did not leave a circle."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from vehicleguard.evaluate.fixes import METRES_PER_DEGREE, Float64

Int64 = NDArray[np.int64]


def stay_of(
    t: Float64, lon: Float64, lat: Float64, within_m: float, gap_s: float = math.inf
) -> Int64:
    """By fix, the position of the first fix of the stay that it belongs to: int64[n].

    `t` epoch s in order, `lon` and `lat` degrees, all of length n.  A stay ends with the first of
    two fixes further than `within_m` from where it began, so that a receiver's jump and return do
    not end it, or before a gap longer than `gap_s`.
    """
    n = len(t)
    begin, out = 0, np.zeros(n, np.int64)
    # each stay begins where the one before ended: there is nothing here to do at once for all
    at = list(zip(t.tolist(), lon.tolist(), lat.tolist(), strict=True))

    def outside(k: int) -> bool:
        east = (at[k][1] - at[begin][1]) * math.cos(math.radians(at[begin][2]))
        return math.hypot(east, at[k][2] - at[begin][2]) * METRES_PER_DEGREE > within_m

    for k in range(1, n):
        if at[k][0] - at[k - 1][0] > gap_s or (outside(k) and (k + 1 == n or outside(k + 1))):
            begin = k
        out[k] = begin
    return out

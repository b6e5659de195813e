"""How far, and how far off its course, a vehicle gets while nobody hears of it, as measured.

For knots of lag (seconds since the last known place) and pace (metres a second just before it) the
tables hold the smallest sector that held the stated share of true later places on half of the
vehicles of real trips; between knots it is interpolated.  Fitted by

    .venv/bin/python -m tests.bench.fit_pursuit

on San Francisco and Beijing taxis and Austin buses (../shared/data), each set with equal weight at
each knot; `tests/bench/test_pursuit.py` prints the shares on the other half.
"""

from __future__ import annotations

import numpy as np

from ingest.fix import Float64

NEAR_M = 50.0
"""Within this of the last known place bearings are the receiver's noise, and count for nothing."""

LAG_S: Float64 = np.array([60.0, 120.0, 180.0, 300.0, 480.0, 900.0])
PACE_MPS: Float64 = np.array([0.0, 2.0, 4.5, 8.0, 12.0, 16.0, 20.0, 27.0])

TABLES: dict[float, tuple[Float64, Float64, Float64]] = {
    0.5: (
        np.array([  # inner radius over lag, m/s
            [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 17.3],
            [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 14.5],
            [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
            [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
            [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
            [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        ], np.float64),
        np.array([  # outer radius over lag, m/s
            [2.3, 7.7, 8.3, 9.4, 11.9, 17.8, 23.4, 29.7],
            [1.4, 4.8, 6.5, 7.3, 10.6, 16.6, 21.3, 30.5],
            [2.6, 5.0, 5.6, 5.6, 7.7, 15.1, 18.0, 30.0],
            [2.8, 5.0, 5.0, 5.4, 6.3, 8.4, 15.0, 19.8],
            [2.9, 4.7, 4.9, 5.2, 6.0, 7.2, 14.8, 15.8],
            [2.7, 3.3, 4.9, 4.8, 5.8, 7.0, 9.9, 13.0],
        ], np.float64),
        np.array([  # half width, degrees
            [78, 32, 29, 24, 18, 13, 23, 24],
            [180, 88, 54, 49, 31, 20, 28, 28],
            [180, 88, 73, 87, 55, 23, 33, 28],
            [180, 83, 88, 83, 76, 64, 35, 54],
            [180, 91, 88, 84, 74, 67, 31, 40],
            [180, 180, 85, 93, 73, 67, 46, 38],
        ], np.float64),
    ),
    0.9: (
        np.array([  # inner radius over lag, m/s
            [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
            [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
            [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
            [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
            [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
            [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        ], np.float64),
        np.array([  # outer radius over lag, m/s
            [7.7, 9.4, 11.9, 12.9, 16.0, 21.6, 28.7, 35.3],
            [7.0, 8.3, 8.8, 11.3, 15.2, 20.8, 30.5, 34.8],
            [7.1, 7.8, 8.0, 8.8, 10.9, 18.9, 29.7, 32.9],
            [6.7, 7.3, 7.5, 8.2, 9.9, 14.7, 25.8, 31.9],
            [6.3, 6.7, 6.9, 7.5, 8.8, 13.7, 21.4, 30.0],
            [6.1, 6.4, 6.5, 6.9, 8.1, 13.0, 14.9, 16.9],
        ], np.float64),
        np.array([  # half width, degrees
            [180, 180, 119, 103, 100, 89, 76, 51],
            [180, 180, 180, 124, 107, 99, 79, 73],
            [180, 180, 180, 180, 180, 112, 77, 64],
            [180, 180, 180, 180, 180, 180, 104, 79],
            [180, 180, 180, 180, 180, 180, 121, 78],
            [180, 180, 180, 180, 180, 180, 180, 180],
        ], np.float64),
    ),
}  # fmt: skip
"""By probability; a row a lag, a column a pace."""


def hats(x: Float64, knots: Float64) -> Float64:
    """Weights of linear interpolation, float64[n, k], of x in ascending knots; clamped outside."""
    x = np.clip(x, knots[0], knots[-1])
    cell = np.clip(np.searchsorted(knots, x, side="right") - 1, 0, len(knots) - 2)
    part = (x - knots[cell]) / (knots[cell + 1] - knots[cell])
    out = np.zeros((len(x), len(knots)))
    row = np.arange(len(x))
    out[row, cell] = 1 - part
    out[row, cell + 1] = part
    return out


def spans(
    probability: float, lag_s: Float64, pace_mps: Float64
) -> tuple[Float64, Float64, Float64, Float64]:
    """Inner, outer and near radius (m) and half width (degrees) of the sectors, float64[n] each.

    `lag_s` and `pace_mps` are float64[n], a pace of NaN is unknown: the widest of all paces then.
    Below the first knot of lag its speeds are used, beyond the last one the radius goes on growing
    at the speeds of that.  Raises `KeyError` for a probability that was not fitted.
    """
    inner, outer, width = TABLES[probability]
    by_lag = hats(np.log(np.maximum(lag_s, 1.0)), np.log(LAG_S))
    by_pace = hats(np.nan_to_num(pace_mps), PACE_MPS)
    known = ~np.isnan(pace_mps)

    def at(table: Float64) -> Float64:
        found: Float64 = np.einsum("nl,lp,np->n", by_lag, table, by_pace)
        return found

    inner_m = np.where(known, at(inner), 0.0) * lag_s
    outer_m = np.where(known, at(outer), (by_lag @ outer).max(axis=1)) * lag_s
    width_deg = np.where(known, np.minimum(at(width), 180.0), 180.0)
    is_ring = inner_m >= 2 * NEAR_M
    return (
        np.where(is_ring, inner_m, 0.0),
        np.maximum(outer_m, NEAR_M),
        np.where(is_ring, 0.0, NEAR_M),
        width_deg,
    )

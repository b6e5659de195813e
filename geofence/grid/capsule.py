"""Circles and corridor segments ("capsules": all within a reach of a straight segment).

A capsule is a row of float64: see `COLUMNS`.  Near its own latitude the lengths of a degree are
linear in latitude to 2e-6; so the kernels decide without trigonometry, and leave the fixes within
`band_m` of the rim to the true geodesic (`geofence.metric`).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from geofence.grid.predicate import compiled
from geofence.metric import BAND, BAND_M, QUICK_LAT_DEG, QUICK_REACH_M, scale

Float64 = NDArray[np.float64]

COLUMNS = (
    "a_lon", "a_lat", "b_lon", "b_lat", "reach_m", "band_m", "middle_lat",
    "per_lon", "per_lon_slope", "per_lat", "per_lat_slope", "mode",
)  # fmt: skip
"""The segment in degrees, what lies within `reach_m` of it is inside; metres a degree at
`middle_lat` and their change a degree; `mode` one of those below."""

A_LON, A_LAT, B_LON, B_LAT, REACH, BAND_AT = range(6)
MIDDLE, PER_LON, PER_LON_SLOPE, PER_LAT, PER_LAT_SLOPE, MODE = range(6, 12)

NEAR, FAR, HARD = 0.0, 1.0, 2.0
"""`NEAR`: the linear lengths hold.  `FAR`: a circle that only the great circle can judge, to 0.6 %.
`HARD`: always left to the geodesic."""

OUT, IN, DOUBT = 0, 1, 2

_MAX_LAT_EXTENT_DEG = 0.25
_SPHERE_M = 6_371_008.8
_SPHERE_ERROR = 0.006  # great circle against geodesic, at most 0.56 %
_MOST_PER_DEGREE_M = 111_700.0
_LARGEST_JUDGED_CELL_DEG = 0.25


def capsules(ends: Float64, reach_m: Float64) -> Float64:
    """Rows of `COLUMNS` for segments float64[n, 4] (lon, lat, lon, lat) and their reach."""
    rows = np.zeros((len(ends), len(COLUMNS)))
    middle = 0.5 * (ends[:, 1] + ends[:, 3])
    step = 0.05
    low_lon, low_lat = scale(middle - step)
    high_lon, high_lat = scale(middle + step)
    rows[:, :4] = ends
    rows[:, REACH] = reach_m
    rows[:, BAND_AT] = BAND * reach_m + BAND_M
    rows[:, MIDDLE] = middle
    rows[:, PER_LON], rows[:, PER_LAT] = scale(middle)
    rows[:, PER_LON_SLOPE] = (high_lon - low_lon) / (2 * step)
    rows[:, PER_LAT_SLOPE] = (high_lat - low_lat) / (2 * step)
    extent = np.abs(ends[:, 3] - ends[:, 1]) + 2 * reach_m / _MOST_PER_DEGREE_M * 1.02
    length = np.abs(ends[:, 2] - ends[:, 0])
    most_lat = np.abs(middle) + extent
    widest = np.maximum(np.abs(ends[:, 0]), np.abs(ends[:, 2])) + length + extent * 4.0
    hard = (extent > _MAX_LAT_EXTENT_DEG) | (length > 1.0) | (most_lat > QUICK_LAT_DEG)
    hard |= (widest > 180.0) | (reach_m > QUICK_REACH_M)
    circle = (ends[:, 0] == ends[:, 2]) & (ends[:, 1] == ends[:, 3])
    rows[:, MODE] = np.where(hard, np.where(circle, FAR, HARD), NEAR)
    return rows


@compiled
def distance_m(row, lon, lat):
    """Metres from (lon, lat) to the segment of a `NEAR` capsule."""
    offset = lat - row[MIDDLE]
    per_lon = row[PER_LON] + row[PER_LON_SLOPE] * offset
    per_lat = row[PER_LAT] + row[PER_LAT_SLOPE] * offset
    ux = (row[B_LON] - row[A_LON]) * per_lon
    uy = (row[B_LAT] - row[A_LAT]) * per_lat
    vx = (lon - row[A_LON]) * per_lon
    vy = (lat - row[A_LAT]) * per_lat
    length2 = ux * ux + uy * uy
    along = 0.0
    if length2 > 0.0:
        along = min(1.0, max(0.0, (ux * vx + uy * vy) / length2))
    d_lon = lon - (row[A_LON] + along * (row[B_LON] - row[A_LON]))
    d_lat = lat - (row[A_LAT] + along * (row[B_LAT] - row[A_LAT]))
    offset -= 0.5 * d_lat
    x = d_lon * (row[PER_LON] + row[PER_LON_SLOPE] * offset)
    y = d_lat * (row[PER_LAT] + row[PER_LAT_SLOPE] * offset)
    return math.sqrt(x * x + y * y)


@compiled
def great_circle_m(lon1, lat1, lon2, lat2):
    """Great-circle distance on the mean sphere (haversine)."""
    phi1, phi2 = math.radians(lat1), math.radians(lat2)
    a = math.sin(0.5 * (phi2 - phi1)) ** 2
    a += math.cos(phi1) * math.cos(phi2) * math.sin(0.5 * math.radians(lon2 - lon1)) ** 2
    return 2.0 * _SPHERE_M * math.asin(min(1.0, math.sqrt(a)))


@compiled
def judge(row, lon, lat):
    """Whether a place lies in a capsule: `OUT`, `IN` or `DOUBT`."""
    reach = row[REACH]
    if row[MODE] == NEAR:
        d = distance_m(row, lon, lat)
        if d > reach + row[BAND_AT]:
            return OUT
        return IN if d < reach - row[BAND_AT] else DOUBT
    if row[MODE] == FAR:
        d = great_circle_m(row[A_LON], row[A_LAT], lon, lat)
        if d * (1.0 - _SPHERE_ERROR) > reach:
            return OUT
        return IN if d * (1.0 + _SPHERE_ERROR) < reach else DOUBT
    return DOUBT


@compiled
def judge_cell(row, box, west, south, width):
    """Whether all of a cell lies in a capsule, none of it, or neither is sure.

    `box` float64[4] (w, s, e, n) holds the capsule; the cell is square in degrees.
    """
    if west > box[2] or south > box[3] or west + width < box[0] or south + width < box[1]:
        return OUT
    half = 0.5 * width
    reach = row[REACH]
    if row[MODE] == FAR:
        d = great_circle_m(row[A_LON], row[A_LAT], west + half, south + half)
        diagonal = half * math.sqrt(2.0) * _MOST_PER_DEGREE_M
        if d * (1.0 - _SPHERE_ERROR) - diagonal > reach:
            return OUT
        return IN if d * (1.0 + _SPHERE_ERROR) + diagonal < reach else DOUBT
    if row[MODE] == HARD or width > _LARGEST_JUDGED_CELL_DEG:
        return DOUBT
    x = half * (row[PER_LON] + abs(row[PER_LON_SLOPE]) * _LARGEST_JUDGED_CELL_DEG)
    y = half * _MOST_PER_DEGREE_M
    diagonal = 1.001 * math.sqrt(x * x + y * y)
    d = distance_m(row, west + half, south + half)
    if d * 0.999 - diagonal > reach + row[BAND_AT]:
        return OUT
    return IN if d * 1.001 + diagonal < reach - row[BAND_AT] else DOUBT

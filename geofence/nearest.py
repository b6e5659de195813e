"""The zone nearest to a position that lies in none, for telling people."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from geofence.metric import GEOD, QUICK_REACH_M, nearest_on_segment, quick_distance_m
from geofence.zone import Zone

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]

_SURE = 1.001  # of a quick distance, far more than it errs


def nearest(zones: Sequence[Zone], lon: float, lat: float) -> tuple[int, float] | None:
    """The position of the zone nearest to (lon, lat) WGS-84 degrees, and metres to its edge.

    Negative inside of a circle or corridor.  Looks at every edge, and not across the antimeridian.
    None when there is nothing to be near to.
    """
    a, b, zone = _edges(zones)
    if not len(zone):
        return None
    x, y = np.full(len(zone), lon), np.full(len(zone), lat)
    foot = nearest_on_segment(x, y, (a[:, 0], a[:, 1]), (b[:, 0], b[:, 1]))
    reach = np.array([one.reach_m for one in zones], np.float64)[zone]
    far = quick_distance_m(x, y, *foot) - reach
    least = float(far.min())
    near = np.flatnonzero(far <= max(least * _SURE, least) + (_SURE - 1.0) * reach + 1.0)
    if least > QUICK_REACH_M:
        near = np.arange(len(zone))
    _, _, exact = GEOD.inv(x[near], y[near], foot[0][near], foot[1][near])
    exact = np.asarray(exact) - reach[near]
    first = int(np.argmin(exact))
    return int(zone[near[first]]), float(exact[first])


def _edges(zones: Sequence[Zone]) -> tuple[Float64, Float64, Int64]:
    """Both ends (float64[e, 2]) of every edge, and the zone (int64[e]) that it belongs to.

    A circle's centre is an edge from itself to itself.
    """
    part, of_zone = shapely.get_parts([one.geometry for one in zones], return_index=True)
    flat = shapely.get_dimensions(part) == 2
    rings, of_part = shapely.get_rings(part[flat], return_index=True)
    lines = np.concatenate([rings, part[~flat]])
    owner = np.concatenate([of_zone[flat][of_part], of_zone[~flat]])
    xy, line = shapely.get_coordinates(lines, return_index=True)
    same = line[1:] == line[:-1]
    alone = shapely.get_num_coordinates(lines)[line] == 1
    ends = np.concatenate([xy[:-1][same], xy[alone]]), np.concatenate([xy[1:][same], xy[alone]])
    return *ends, owner[np.concatenate([line[:-1][same], line[alone]])].astype(np.int64)

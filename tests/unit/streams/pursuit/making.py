"""Tracks and small road networks for the tests of pursuit."""

import math

import numpy as np

from streams.pursuit import RoadNetwork, Track
from tests.timeline import HOME, T0_MS, offset

NAN = math.nan


def eastwards(fixes: int = 4, pace_mps: float = 10.0, every_s: float = 30.0) -> Track:
    """A vehicle that rode east along a line and was last seen at `HOME` at `T0_MS`."""
    rows = []
    for n in range(fixes):
        ago_s = (fixes - 1 - n) * every_s
        lon, lat = offset(HOME, -ago_s * pace_mps, 0)
        rows.append((T0_MS - int(ago_s * 1000), lon, lat, pace_mps, 90.0, NAN))
    return Track.of(rows)


def network(
    places: list[tuple[float, float]], roads: list[tuple[int, int, int]], mps: float = 10.0
) -> RoadNetwork:
    """Nodes at (east, north) metres of `HOME`; roads (from, to, one way) as long as they are."""
    at = np.array(places, float)
    lon, lat = np.array([offset(HOME, *place) for place in places]).T
    table = np.array(roads, np.int32).reshape(-1, 3)
    length = np.hypot(*(at[table[:, 1]] - at[table[:, 0]]).T)
    ends = table[:, 0], table[:, 1]
    return RoadNetwork.of((lon, lat), ends, length, np.full(len(length), mps), table[:, 2])

"""Cameras on a stolen vehicle's way, those first that it can pass first."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from geofence.metric import GEOD
from ingest.cameras.register import Cameras
from ingest.fix import Float64, Int32
from streams.pursuit import law
from streams.pursuit.reach import Spread
from streams.pursuit.roads import RoadNetwork
from streams.pursuit.sector import Sector

ROADSIDE_M = 40.0
_STEP_S = 5.0


@dataclass(frozen=True, slots=True)
class CameraAhead:
    """A camera that the vehicle may pass.

    `earliest_s` is the least time from now, 0 = it may have passed already; `by` says what tells
    it: "road" for the network, "sector" for the law alone.
    """

    id: str
    lon: float
    lat: float
    direction_deg: float
    distance_m: float
    earliest_s: float
    by: str

    def to_wire(self) -> dict[str, object]:
        """As the API gives it."""
        known = not math.isnan(self.direction_deg)
        return {
            "id": self.id,
            "lon": round(self.lon, 6),
            "lat": round(self.lat, 6),
            "direction_deg": round(self.direction_deg, 1) if known else None,
            "distance_m": round(self.distance_m, 1),
            "earliest_s": round(self.earliest_s, 1),
            "by": self.by,
        }


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What is known of the place: cameras, roads, and which camera hangs at which road.

    Made once, since it looks up the road of every camera.
    """

    cameras: Cameras = field(default_factory=Cameras)
    network: RoadNetwork | None = None
    edge: Int32 = field(init=False)
    part: Float64 = field(init=False)

    def __post_init__(self) -> None:
        edge, part = np.full(len(self.cameras), -1, np.int32), np.zeros(len(self.cameras))
        if self.network is not None:
            places = zip(self.cameras.lon.tolist(), self.cameras.lat.tolist(), strict=True)
            for row, (lon, lat) in enumerate(places):
                found = self.network.nearest(lon, lat, ROADSIDE_M)
                if found is not None:
                    edge[row], part[row], _ = found
        object.__setattr__(self, "edge", edge)
        object.__setattr__(self, "part", part)


def ahead(
    around: Surroundings, widest: Sector, pace_mps: float, age_s: float, spread: Spread | None
) -> tuple[CameraAhead, ...]:
    """The cameras in the sector `widest` or on roads within reach, by the time to arrive.

    A camera at a road that cannot be reached in the time is not on the way.
    """
    cameras = around.cameras
    if not len(cameras):
        return ()
    origin = np.full(len(cameras), widest.lon), np.full(len(cameras), widest.lat)
    bearing, _, away_m = GEOD.inv(*origin, cameras.lon, cameras.lat)
    off_deg = np.abs((bearing - widest.bearing_deg + 180) % 360 - 180)
    turned = widest.is_round | (off_deg <= widest.half_width_deg)
    inside = (away_m <= widest.near_m) | (turned & (away_m <= widest.outer_m))
    earliest_s = _earliest_s(widest.probability, away_m, pace_mps, age_s + widest.horizon_s)
    by_road = np.zeros(len(cameras), np.bool_)
    if spread is not None:
        by_road = around.edge >= 0
        arrival = spread.arrival_s(np.maximum(around.edge, 0), around.part)
        inside = np.where(by_road, arrival <= spread.limit_s, inside)
        earliest_s = np.where(by_road, arrival, earliest_s)
    earliest_s = np.maximum(earliest_s - age_s, 0.0)
    at = np.flatnonzero(inside)
    at = at[np.lexsort((away_m[at], earliest_s[at]))]
    return tuple(
        CameraAhead(
            cameras.ids[row],
            float(cameras.lon[row]),
            float(cameras.lat[row]),
            float(cameras.direction_deg[row]),
            float(away_m[row]),
            float(earliest_s[row]),
            "road" if by_road[row] else "sector",
        )
        for row in at.tolist()
    )


def _earliest_s(probability: float, away_m: Float64, pace_mps: float, most_s: float) -> Float64:
    """Seconds after it was last seen at which the sector comes to hold a place so far away."""
    lag_s = np.arange(0.0, most_s + _STEP_S, _STEP_S)
    _, outer_m, _, _ = law.spans(probability, lag_s, np.full(len(lag_s), pace_mps))
    grown = np.maximum.accumulate(outer_m)
    grown[0] = 0.0
    earliest: Float64 = np.interp(away_m, grown, lag_s)
    return earliest

"""A part of a ring around the last known place, and the line that draws it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from geofence.metric import GEOD
from ingest.fix import Float64

_STEP_DEG = 6.0  # between the corners of an arc


@dataclass(frozen=True, slots=True)
class Sector:
    """Where the vehicle is `horizon_s` from now, with this probability.

    Between `inner_m` and `outer_m` from (lon, lat), within `half_width_deg` of `bearing_deg` (180
    = all around; the bearing then means nothing), or anywhere within `near_m`: it may have stopped
    at once, and around a place as vague as a fix there is no direction.
    """

    lon: float
    lat: float
    horizon_s: float
    probability: float
    bearing_deg: float
    half_width_deg: float
    inner_m: float
    outer_m: float
    near_m: float

    @property
    def is_round(self) -> bool:
        """Whether it goes all around the last known place."""
        return self.half_width_deg >= 180

    def contains(self, lon: float, lat: float) -> bool:
        """Whether a place (WGS-84 degrees) lies in it."""
        azimuth, _, away_m = GEOD.inv(self.lon, self.lat, lon, lat)
        if 0 < self.near_m >= away_m:
            return True
        off_deg = abs((azimuth - self.bearing_deg + 180) % 360 - 180)
        turned = self.is_round or off_deg <= self.half_width_deg
        return bool(turned and self.inner_m <= away_m <= self.outer_m)

    def ring(self) -> Float64:
        """Its outline, closed, float64[k, 2] of lon, lat (degrees); counter-clockwise."""
        # clockwise from the left edge, so that the turned-around line has the area on its left
        left, right = self.bearing_deg - self.half_width_deg, self.bearing_deg + self.half_width_deg
        if self.is_round:
            bearing = _arc(0, 360)
            away = np.full(len(bearing), self.outer_m)
        elif self.near_m > 0:
            front, back = _arc(left, right), _arc(right, left + 360)
            bearing = np.concatenate([front, back])
            away = np.repeat([self.outer_m, self.near_m], [len(front), len(back)])
        else:
            front, back = _arc(left, right), _arc(right, left)
            bearing = np.concatenate([front, back])
            away = np.repeat([self.outer_m, self.inner_m], [len(front), len(back)])
        origin = np.full(len(bearing), self.lon), np.full(len(bearing), self.lat)
        lon, lat, _ = GEOD.fwd(*origin, bearing, away)
        corners = np.column_stack([lon, lat])[::-1]
        return np.concatenate([corners, corners[:1]])

    def to_wire(self) -> dict[str, object]:
        """As the API gives it; lengths in metres, angles in degrees."""
        return {
            "horizon_s": self.horizon_s,
            "probability": self.probability,
            "bearing_deg": None if self.is_round else round(self.bearing_deg % 360, 1),
            "half_width_deg": round(self.half_width_deg, 1),
            "inner_m": round(self.inner_m, 1),
            "outer_m": round(self.outer_m, 1),
            "near_m": round(self.near_m, 1),
            "ring": np.round(self.ring(), 6).tolist(),
        }


def _arc(start_deg: float, end_deg: float) -> Float64:
    """Bearings from one to the other, both included."""
    steps = max(math.ceil(abs(end_deg - start_deg) / _STEP_DEG), 1)
    return np.linspace(start_deg, end_deg, steps + 1)

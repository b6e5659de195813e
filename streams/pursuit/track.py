"""The end of a track: last known place, and pace and course over the ground just before it.

A camera that read the plate after the last fix is a fix like any other, only vaguer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geofence.metric import GEOD
from ingest.fix import Float32, Float64, Int64

FROM_BACK_MS, TO_BACK_MS = 30_000, 180_000
"""Pace and course are those since the newest fix so long before the last one.

The law was fitted on this reach: seconds alone would show one bend, longer ago says little.
"""

UNKNOWN_ACCURACY_M = 25.0
CAMERA_REACH_M = 50.0  # a reader sees plates this far from the pole that it hangs on


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """The last believed fixes of one vehicle, oldest first; a handful is enough.

    `t_ms` int64[n] UTC; `lon`, `lat` float64[n] WGS-84 degrees; `speed_mps`, `heading_deg` (0 =
    north, clockwise) and `accuracy_m` float32[n], NaN = unknown.
    """

    t_ms: Int64
    lon: Float64
    lat: Float64
    speed_mps: Float32
    heading_deg: Float32
    accuracy_m: Float32

    def __post_init__(self) -> None:
        if np.any(np.diff(self.t_ms) <= 0):
            raise ValueError("the fixes of a track are in order of time, each newer than the last")

    def __len__(self) -> int:
        return len(self.t_ms)

    @classmethod
    def of(cls, fixes: Sequence[tuple[int, float, float, float, float, float]]) -> Track:
        """The track of rows `(t_ms, lon, lat, speed_mps, heading_deg, accuracy_m)` in any order.

        Of rows of one time the last one counts.
        """
        rows = [row for _, row in sorted({row[0]: row for row in fixes}.items())]
        columns = np.array(rows, np.float64).reshape(-1, 6)
        single = columns[:, 3:].astype(np.float32)
        return cls(
            np.array([row[0] for row in rows], np.int64),
            columns[:, 1],
            columns[:, 2],
            *(single[:, n] for n in range(3)),
        )


@dataclass(frozen=True, slots=True)
class Sighted:
    """A reader saw the vehicle's plate: when, where, and which way it went (NaN = unknown)."""

    t_ms: int
    lon: float
    lat: float
    camera: str
    direction_deg: float = math.nan


@dataclass(frozen=True, slots=True)
class LastSeen:
    """The newest thing known: where, when, and how the vehicle moved just before it.

    `pace_mps` and `course_deg` are those of the straight line since about a minute before, NaN
    where nothing tells them; `speed_mps` is what the receiver itself said last, else the pace.
    `camera` is the reader that saw it, or None for a fix.
    """

    t_ms: int
    lon: float
    lat: float
    accuracy_m: float
    speed_mps: float
    pace_mps: float
    course_deg: float
    camera: str | None

    @classmethod
    def of(cls, track: Track, sightings: Sequence[Sighted] = (), now_ms: int = 2**62) -> LastSeen:
        """The end of `track` and `sightings` together, of what had happened by `now_ms`.

        Raises `ValueError` when that is nothing.
        """
        rows = [
            (int(t), float(lon), float(lat), float(v), float(course), float(accuracy), "")
            for t, lon, lat, v, course, accuracy in zip(
                track.t_ms, track.lon, track.lat, track.speed_mps, track.heading_deg,
                track.accuracy_m, strict=True,
            )
        ]  # fmt: skip
        rows += [
            (s.t_ms, s.lon, s.lat, math.nan, s.direction_deg, CAMERA_REACH_M, s.camera)
            for s in sightings
        ]
        rows = sorted(row for row in rows if row[0] <= now_ms)
        if not rows:
            raise ValueError("no place of the vehicle is known")
        t_ms, lon, lat, speed, heading, accuracy, camera = rows[-1]
        pace, course = speed, heading
        for back in reversed(rows[:-1]):
            age_ms = t_ms - back[0]
            if age_ms > TO_BACK_MS:
                break
            if age_ms > 0:
                azimuth, _, way_m = GEOD.inv(back[1], back[2], lon, lat)
                pace, course = way_m * 1000 / age_ms, azimuth % 360
            if age_ms >= FROM_BACK_MS:
                break
        return cls(
            t_ms=t_ms,
            lon=lon,
            lat=lat,
            accuracy_m=UNKNOWN_ACCURACY_M if math.isnan(accuracy) else accuracy,
            speed_mps=pace if math.isnan(speed) else speed,
            pace_mps=pace,
            course_deg=course,
            camera=camera or None,
        )

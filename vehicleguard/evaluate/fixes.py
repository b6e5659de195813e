"""Columns over the fixes of one vehicle, some of them made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]
METRES_PER_DEGREE = 6_371_008.8 * np.pi / 180


@dataclass(frozen=True, eq=False)
class Fixes:
    """Columns of length n, in order of event time.

    `t` and `received` epoch s, `lon`, `lat` degrees WGS-84, `speed` m/s and `accuracy` m (NaN =
    unknown), `ignition` and `armed` int64 (-1 unknown, 0 no, 1 yes), `alarms` bits,
    `located` and `back_fill` bool.
    """

    t: Float64
    received: Float64
    lon: Float64
    lat: Float64
    speed: Float64
    accuracy: Float64
    ignition: Int64
    armed: Int64
    alarms: Int64
    located: Bool
    back_fill: Bool

    @classmethod
    def at(cls, t: Float64, lon: Float64, lat: Float64, speed: Float64 | None = None) -> Self:
        """Fixes that say nothing but time and place, and come at once."""
        n = len(t)
        return cls(
            t=np.asarray(t, np.float64),
            received=np.asarray(t, np.float64).copy(),
            lon=np.asarray(lon, np.float64),
            lat=np.asarray(lat, np.float64),
            speed=np.full(n, np.nan) if speed is None else np.asarray(speed, np.float64),
            accuracy=np.full(n, np.nan),
            ignition=np.full(n, -1, np.int64),
            armed=np.full(n, -1, np.int64),
            alarms=np.zeros(n, np.int64),
            located=np.ones(n, np.bool_),
            back_fill=np.zeros(n, np.bool_),
        )

    @classmethod
    def concat(cls, parts: Sequence[Self]) -> Self:
        """All of `parts`, one behind the other."""
        return cls(
            **{f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(cls)}
        )

    def __len__(self) -> int:
        return len(self.t)

    def take(self, index: Any) -> Self:
        """The fixes that `index` selects."""
        return type(self)(**{f.name: getattr(self, f.name)[index] for f in fields(self)})

    def but(self, **columns: Any) -> Self:
        """With other columns; a scalar counts for all fixes."""
        n = len(self)
        full = {
            name: np.broadcast_to(np.asarray(value, getattr(self, name).dtype), (n,)).copy()
            for name, value in columns.items()
        }
        return replace(self, **full)


def moved(lon: Any, lat: Any, east_m: Any, north_m: Any) -> tuple[Float64, Float64]:
    """Degrees of places so many metres east and north of others."""
    return (
        np.asarray(lon + east_m / (METRES_PER_DEGREE * np.cos(np.radians(lat)))),
        np.asarray(lat + north_m / METRES_PER_DEGREE),
    )


def apart_m(lon: Any, lat: Any, lon2: Any, lat2: Any) -> Float64:
    """Metres between places; equirectangular."""
    x = (lon2 - lon) * np.cos(np.radians(0.5 * (lat + lat2)))
    return np.asarray(np.hypot(x, lat2 - lat) * METRES_PER_DEGREE)

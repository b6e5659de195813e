"""Later places of vehicles on real trips, by which the law of pursuit is fitted and judged."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geofence.metric import quick_distance_m, scale
from streams.pursuit.track import FROM_BACK_MS, TO_BACK_MS
from tests.unit.geofence.test_real_outlines import SAMPLE, SHARED
from tests.unit.geofence.watch import recorded

SETS = ("traj_sf_cabs", "traj_austin_bus", "traj_beijing_taxi_hour")
LATEST_S = 1000.0
LATER = 24  # later fixes looked at from one origin
ORIGINS = 40_000
FASTEST_MPS = 50.0
TRIP_MS, TRIP_M = 600_000, 200.0


@dataclass(frozen=True)
class Later:
    """Pairs of a fix on a trip and a later place of the same vehicle.

    `origin` and `later` are positions in `batch`; `lag_s`, `pace_mps`, `away_m`, `turn_deg` (0-180,
    off the course just before) float64[k]; `held_out` bool[k]: the vehicle is of the other half.
    """

    batch: object
    origin: np.ndarray
    later: np.ndarray
    lag_s: np.ndarray
    pace_mps: np.ndarray
    away_m: np.ndarray
    turn_deg: np.ndarray
    held_out: np.ndarray

    def take(self, index) -> Later:
        rest = {
            name: getattr(self, name)[index]
            for name in self.__dataclass_fields__
            if name != "batch"
        }
        return Later(self.batch, **rest)


def traces() -> list[Path]:
    """Those of the sets that lie here; at least the sample that is shipped."""
    found = [SHARED / f"{name}.parquet" for name in SETS]
    return [path for path in found if path.exists()] or [SAMPLE / "austin_bus.parquet"]


def is_held_out(vehicle_id: str) -> bool:
    return bool(zlib.crc32(vehicle_id.encode()) & 1)


def later_places(path: Path, origins: int = ORIGINS, seed: int = 1) -> Later:
    batch = recorded.read(path)
    batch = recorded.believed(batch.take((batch.lon != 0) | (batch.lat != 0)))
    at = recorded.starts(batch)
    n = len(batch)
    first = at[batch.vehicle]
    # one number line on which vehicles lie far apart, so that one search serves all
    line = batch.t_ms - batch.t_ms.min() + batch.vehicle.astype(np.int64) * 2**42
    back = np.searchsorted(line, line - FROM_BACK_MS, "right") - 1
    begin = np.searchsorted(line, line - TRIP_MS)
    back = np.where(back < first, first, back)
    own = np.arange(n)
    since_ms = batch.t_ms - batch.t_ms[back]
    way_m, course = _between(batch, back, own)
    made_m = quick_distance_m(batch.lon[begin], batch.lat[begin], batch.lon, batch.lat)
    fit = (back < own) & (since_ms <= TO_BACK_MS) & (made_m >= TRIP_M) & (own < n - LATER)
    chosen = np.flatnonzero(fit)
    random = np.random.default_rng(seed)
    chosen = np.sort(random.choice(chosen, min(origins, len(chosen)), replace=False))
    origin = np.repeat(chosen, LATER)
    later = origin + np.tile(np.arange(1, LATER + 1), len(chosen))
    lag_s = (batch.t_ms[later] - batch.t_ms[origin]) / 1000
    good = (batch.vehicle[later] == batch.vehicle[origin]) & (lag_s >= 50) & (lag_s <= LATEST_S)
    away_m, bearing = _between(batch, origin, later)
    # three wrong fixes in a row are believed; no vehicle was there
    good &= away_m <= FASTEST_MPS * np.maximum(lag_s, 0)
    origin, later, lag_s, away_m = origin[good], later[good], lag_s[good], away_m[good]
    bearing = bearing[good]
    held_out = np.array([is_held_out(i) for i in batch.ids])
    return Later(
        batch=batch,
        origin=origin,
        later=later,
        lag_s=lag_s,
        pace_mps=way_m[origin] * 1000 / since_ms[origin],
        away_m=away_m,
        turn_deg=np.abs((bearing - course[origin] + 180) % 360 - 180),
        held_out=held_out[batch.vehicle[origin]],
    )


def _between(batch, a, b):
    """Metres and bearing (degrees) from fixes `a` to fixes `b`."""
    per_lon, per_lat = scale((batch.lat[a] + batch.lat[b]) / 2)
    east, north = (batch.lon[b] - batch.lon[a]) * per_lon, (batch.lat[b] - batch.lat[a]) * per_lat
    return np.hypot(east, north), np.degrees(np.arctan2(east, north)) % 360

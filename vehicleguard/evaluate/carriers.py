"""Real fixes that thefts are put into: vehicles that stood, and journeys that were driven.

Nothing is cleaned: jumps and gaps are as recorded.  A carrier belongs to the half that thresholds
may be tuned on or to the half that is held back, by a hash of its vehicle.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from vehicleguard import sample
from vehicleguard.evaluate.fixes import METRES_PER_DEGREE, apart_m

Float64 = NDArray[np.float64]
PARKED_WITHIN_M, PARKED_S, PARKED_FIXES = 100.0, 3600.0, 20
_TRIP_FIXES, _TRIP_GAP_S = 8, 150.0


@dataclass(frozen=True, eq=False)
class Parked:
    """A vehicle that stood at `place`: t epoch s, degrees."""

    name: str
    t: Float64
    lon: Float64
    lat: Float64
    place: tuple[float, float]

    def elsewhere(self, rng: np.random.Generator) -> Self:
        """The same stay somewhere else: cases of one carrier are no neighbours of each other."""
        east, north = rng.uniform(-0.4, 0.4, 2)
        place = self.place[0] + east, self.place[1] + north
        return replace(self, lon=self.lon + east, lat=self.lat + north, place=place)


@dataclass(frozen=True, eq=False)
class Way:
    """A journey: seconds and metres east and north since its start, and the whole way in metres."""

    t: Float64
    east_m: Float64
    north_m: Float64
    along_m: Float64


@dataclass(frozen=True, eq=False)
class Driven:
    """A vehicle's whole recorded track: t epoch s, degrees, m/s by its receiver (NaN = unknown)."""

    name: str
    t: Float64
    lon: Float64
    lat: Float64
    speed: Float64


@dataclass(frozen=True)
class Carriers:
    """What there is of one half."""

    parked: list[Parked]
    ways: list[Way]
    driven: list[Driven]


def half_of(name: str) -> str:
    """`tune` or `held`."""
    return "tune" if zlib.crc32(name.encode()) & 1 else "held"


def load(folder: Path | None, half: str) -> Carriers:
    """The carriers of one half ("tune", "held", or "all") in `folder`; None: the shipped buses."""
    tracks: list[Driven] = []
    parked: list[Parked] = []
    if folder is None:
        tracks = list(_tracks(Path(str(sample.path(sample.AUSTIN_BUS)))))
    else:
        for name in ("traj_sf_cabs", "traj_austin_bus", "traj_beijing_taxi_day"):
            if (path := folder / f"{name}.parquet").exists():
                tracks += _tracks(path)
        for name, key in (("parked_sf_cabs", "segment"), ("stationary_receivers", "vehicle_id")):
            if (path := folder / f"{name}.parquet").exists():
                parked += _episodes(path, key)
    tracks = [one for one in tracks if half in ("all", half_of(one.name))]
    if folder is None:
        parked = [stay for one in tracks for stay in _stays(one)]
    else:
        parked = [one for one in parked if half in ("all", half_of(one.name.split("-p")[0]))]
    ways = [way for one in tracks for way in _ways(one)]
    return Carriers(parked, ways, tracks)


def _columns(path: Path, key: str) -> Iterator[tuple[str, dict[str, Float64]]]:
    table = pq.read_table(path)
    names = np.array(table.column(key).to_pylist())
    columns = {
        name: np.asarray(table.column(name).to_numpy(zero_copy_only=False), np.float64)
        for name in ("t", "lon", "lat", "speed_mps")
        if name in table.column_names
    }
    columns.setdefault("speed_mps", np.full(len(names), np.nan))
    order = np.lexsort((columns["t"], names))
    names = names[order]
    first = np.flatnonzero(np.r_[True, names[1:] != names[:-1]])
    for a, b in zip(first, np.r_[first[1:], len(names)], strict=True):
        yield str(names[a]), {name: column[order[a:b]] for name, column in columns.items()}


def _tracks(path: Path) -> Iterator[Driven]:
    for name, held in _columns(path, "vehicle_id"):
        real = (np.abs(held["lon"]) > 1) & np.isfinite(held["lon"])
        yield Driven(
            name, *(held[key][real] for key in ("t", "lon", "lat", "speed_mps"))
        )


def _episodes(path: Path, key: str) -> Iterator[Parked]:
    for name, held in _columns(path, key):
        t, lon, lat = held["t"], held["lon"], held["lat"]
        if len(t) >= PARKED_FIXES and t[-1] - t[0] >= PARKED_S:
            yield Parked(name, t, lon, lat, (float(np.median(lon)), float(np.median(lat))))


def _stays(track: Driven) -> Iterator[Parked]:
    """Stretches of a track in which the vehicle stayed within 100 m."""
    t, lon, lat = track.t, track.lon, track.lat
    begin = 0
    for k in range(1, len(t) + 1):
        ends = k == len(t) or t[k] - t[k - 1] > 1800 or (
            apart_m(lon[begin], lat[begin], lon[k], lat[k]) > PARKED_WITHIN_M
        )
        if not ends:
            continue
        if k - begin >= PARKED_FIXES and t[k - 1] - t[begin] >= PARKED_S:
            part = slice(begin, k)
            place = float(np.median(lon[part])), float(np.median(lat[part]))
            yield Parked(f"{track.name}-p{begin}", t[part], lon[part], lat[part], place)
        begin = k


def _ways(track: Driven) -> Iterator[Way]:
    """Journeys of at least eight fixes and 2 km in which each fix goes on from the one before."""
    t, lon, lat = track.t, track.lon, track.lat
    if len(t) < _TRIP_FIXES:
        return
    step_m = apart_m(lon[:-1], lat[:-1], lon[1:], lat[1:])
    step_s = np.diff(t)
    with np.errstate(divide="ignore", invalid="ignore"):
        pace = step_m / step_s
    goes = (pace > 2.0) & (pace < 35.0) & (step_s > 0) & (step_s <= _TRIP_GAP_S)
    edges = np.flatnonzero(np.diff(np.r_[False, goes, False].astype(np.int8)))
    for a, b in zip(edges[::2], edges[1::2], strict=True):
        along = np.r_[0.0, np.cumsum(step_m[a:b])]
        if b - a + 1 < _TRIP_FIXES or along[-1] < 2000.0:
            continue
        part = slice(a, b + 1)
        scale = METRES_PER_DEGREE * np.cos(np.radians(lat[a]))
        yield Way(
            t=t[part] - t[a],
            east_m=(lon[part] - lon[a]) * scale,
            north_m=(lat[part] - lat[a]) * METRES_PER_DEGREE,
            along_m=along,
        )

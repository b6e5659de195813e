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
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from vehicleguard import sample
from vehicleguard.evaluate.fixes import METRES_PER_DEGREE, apart_m
from vehicleguard.evaluate.stay import stay_of

Float64 = NDArray[np.float64]
PARKED_S, PARKED_FIXES = 3600.0, 20
_STAY_WITHIN_M, _STAY_GAP_S, _STAY_S, _STAY_FIXES = 50.0, 1800.0, 900.0, 5
_LENGTHENED_S = 2.6 * 3600
_TRIP_FIXES, _TRIP_GAP_S = 8, 150.0


class CarrierError(ValueError):
    """There is nothing to put thefts into; the text is one line."""


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
    """The carriers of one half ("tune", "held", or "all") in `folder`; None: the shipped buses.

    Of a folder, `traj_*.parquet` are tracks by `vehicle_id`, `parked_*.parquet` stays by `segment`
    (named after the vehicle up to "-p"), `stationary_*.parquet` receivers that never moved.
    Raises `CarrierError`.
    No shipped bus stood for an hour: their stays of a quarter of one are lengthened by going
    through their fixes forth and back.
    """
    if folder is None:
        tracks = _tracks(sample.path(sample.AUSTIN_BUS), half)
        parked = [_lengthened(stay) for one in tracks for stay in _stays(one)]
    else:
        tracks = [
            one for path in sorted(folder.glob("traj_*.parquet")) for one in _tracks(path, half)
        ]
        parked = [
            one
            for pattern, key in (("parked_*", "segment"), ("stationary_*", "vehicle_id"))
            for path in sorted(folder.glob(f"{pattern}.parquet"))
            for one in _episodes(path, key, half)
        ]
    ways = [way for one in tracks for way in _ways(one)]
    if not parked or not ways:
        where = folder or "the sample"
        msg = f"{where}: {len(parked)} stays, {len(ways)} journeys in the set {half!r}; need both"
        raise CarrierError(msg)
    return Carriers(parked, ways, tracks)


def _columns(path: Path, key: str) -> Iterator[tuple[str, dict[str, Float64]]]:
    """The columns of each vehicle or episode, in order of name, and then of time."""
    try:
        table = pq.read_table(path)
    except (pa.ArrowInvalid, OSError) as error:
        msg = f"{path}: expected a Parquet file: {str(error).splitlines()[0]}"
        raise CarrierError(msg) from error
    missing = [name for name in (key, "t", "lon", "lat") if name not in table.column_names]
    if missing:
        msg = f"{path}: column {missing[0]}: missing; found {', '.join(table.column_names)}"
        raise CarrierError(msg)
    encoded = pc.dictionary_encode(table.column(key)).unify_dictionaries().combine_chunks()
    names = np.array(encoded.dictionary.to_pylist())
    rank = np.argsort(np.argsort(names))[encoded.indices.to_numpy()]
    columns = {
        name: np.asarray(table.column(name).to_numpy(zero_copy_only=False), np.float64)
        for name in ("t", "lon", "lat", "speed_mps")
        if name in table.column_names
    }
    columns.setdefault("speed_mps", np.full(len(rank), np.nan))
    order = np.lexsort((columns["t"], rank))
    columns = {name: column[order] for name, column in columns.items()}
    edges = np.searchsorted(rank[order], np.arange(len(names) + 1))
    for name, a, b in zip(np.sort(names), edges, edges[1:], strict=False):
        yield str(name), {key: column[a:b] for key, column in columns.items()}


def _tracks(path: Path, half: str) -> list[Driven]:
    out = []
    for name, held in _columns(path, "vehicle_id"):
        if half in {"all", half_of(name)}:
            real = (np.abs(held["lon"]) > 1) & np.isfinite(held["lon"])
            out.append(Driven(name, *(held[key][real] for key in ("t", "lon", "lat", "speed_mps"))))
    return out


def _episodes(path: Path, key: str, half: str) -> Iterator[Parked]:
    for name, held in _columns(path, key):
        t, lon, lat = held["t"], held["lon"], held["lat"]
        if half not in {"all", half_of(name.split("-p")[0])}:
            continue
        if len(t) >= PARKED_FIXES and t[-1] - t[0] >= PARKED_S:
            yield Parked(name, t, lon, lat, (float(np.median(lon)), float(np.median(lat))))


def _stays(track: Driven) -> Iterator[Parked]:
    """Stretches of a track in which the vehicle stayed within 50 m for a quarter of an hour."""
    begins = stay_of(track.t, track.lon, track.lat, _STAY_WITHIN_M, _STAY_GAP_S)
    for begin, count in zip(*np.unique(begins, return_counts=True), strict=True):
        part = slice(begin, begin + count)
        t, lon, lat = track.t[part], track.lon[part], track.lat[part]
        if count >= _STAY_FIXES and t[-1] - t[0] >= _STAY_S:
            place = float(np.median(lon)), float(np.median(lat))
            yield Parked(f"{track.name}-p{begin}", t, lon, lat, place)


def _lengthened(stay: Parked) -> Parked:
    """The stay forth and back until it has lasted `_LENGTHENED_S`."""
    step = np.diff(stay.t)
    times = int(np.ceil(_LENGTHENED_S / (stay.t[-1] - stay.t[0])))
    forth, back = np.arange(len(stay.t)), np.arange(len(stay.t))[::-1]
    way = [forth, *((back if n % 2 else forth)[1:] for n in range(1, times))]
    steps = np.concatenate([step[::-1] if n % 2 else step for n in range(times)])
    index = np.concatenate(way)
    t = stay.t[0] + np.r_[0.0, np.cumsum(steps)]
    return replace(stay, t=t, lon=stay.lon[index], lat=stay.lat[index])


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

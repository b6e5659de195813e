"""Sightings against trackers: what two places at one time prove, and what they only tell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Self

import numpy as np
from numpy.typing import NDArray

from geofence.metric import quick_distance_m
from ingest import plate
from ingest.fix import Float32, Float64, Int32, Int64
from ingest.sighting import SightingBatch
from streams.plates.book import PlateBook
from streams.plates.seen import LastSightings
from streams.state import FleetState


class Kind(IntEnum):
    """What a sighting of a guarded vehicle's plate says."""

    HERE = 1
    """Where the tracker is: both say the same."""
    POINT = 2
    """The tracker is silent or cannot contradict: a place to pursue from."""
    ELSEWHERE = 3
    """Farther from the tracker than any road allows."""
    TWO_PLACES = 4
    """Farther from where it was last read than any road allows."""


class Cause(IntEnum):
    """What is behind a contradiction, as far as colour and class tell."""

    UNCLEAR = 0
    TRACKER_REMOVED = 1
    """Colour and class are the vehicle's own."""
    CLONED = 2
    """Colour or class is another's."""


@dataclass(frozen=True, slots=True)
class PlateParameters:
    """When a read counts, and when two places contradict each other.

    A place is allowed within `slack_m` + `max_mps` x (seconds between + `clock_s`): cameras see far
    and keep their own time.  It agrees within `slack_m` + the tracker's own pace x 2 x seconds.  A
    tracker heard of within `heard_s` is not silent.  Within `quiet_s` it is one episode.  A read
    that arrives later than `late_s` is history, and proves nothing; one from further than `ahead_s`
    ahead of its arrival is a wrong clock's.
    """

    least_confidence: float = 0.8
    slack_m: float = 300.0
    max_mps: float = 50.0
    clock_s: float = 15.0
    heard_s: float = 600.0
    agree_s: float = 120.0
    between_s: float = 3600.0
    quiet_s: float = 3600.0
    late_s: float = 300.0
    ahead_s: float = 120.0


@dataclass(frozen=True, slots=True, eq=False)
class LastFixes:
    """The trackers' last believed fixes, columns of n; `fix_ms` 0 = no place known.

    `fix_ms` int64[n]; `lon`, `lat` float64[n] WGS-84; `speed_mps` float32[n], NaN = unknown.
    """

    fix_ms: Int64
    lon: Float64
    lat: Float64
    speed_mps: Float32

    @classmethod
    def of(cls, state: FleetState, vehicles: Sequence[str]) -> Self:
        """Those of some vehicles, as the fleet's state holds them."""
        row = np.array([state.row_of(vehicle) for vehicle in vehicles], np.float64)
        known = ~np.isnan(row)  # None: never heard of
        out = cls(
            np.zeros(len(row), np.int64),
            np.full(len(row), np.nan),
            np.full(len(row), np.nan),
            np.full(len(row), np.nan, np.float32),
        )
        held = state.rows[row[known].astype(np.int64)]
        for name in ("fix_ms", "lon", "lat", "speed_mps"):
            getattr(out, name)[known] = held[name]
        return out


FOUND = np.dtype(
    [
        ("sighting", "i8"),  # position in the batch
        ("vehicle", "i8"),  # row in the plate book
        ("t_ms", "i8"),
        ("episode_ms", "i8"),  # of contradictions: when it began
        ("lon", "f8"),
        ("lat", "f8"),
        # the other place: the tracker's, or the read before; NaN and 0 where there is none
        ("other_ms", "i8"),
        ("other_lon", "f8"),
        ("other_lat", "f8"),
        ("apart_m", "f8"),
        ("allowed_m", "f8"),
        ("needed_mps", "f8"),  # to be in both; infinite when at one time
        ("confidence", "f4"),  # NaN = the reader did not say
        ("kind", "u1"),
        ("cause", "u1"),
        ("cost", "u1"),  # characters that had to be taken for others
        ("is_new", "u1"),  # of contradictions: the first of its episode
    ],
    align=True,
)
"""One thing found; of one sighting at most one about the tracker and one about two places."""


class PlateWatch:
    """The plates of a fleet under watch.  `step` advances the state handed in, and nothing else."""

    def __init__(self, book: PlateBook, parameters: PlateParameters | None = None) -> None:
        self.book = book
        self.parameters = parameters or PlateParameters()
        self._color = np.array([p.color or "" for p in book.plates], np.str_)
        self._class = np.array([p.vehicle_class or "" for p in book.plates], np.str_)

    def step(
        self,
        seen: SightingBatch,
        places: tuple[Float64, Float64],
        fixes_of: Callable[[Int64], LastFixes],
        state: LastSightings,
    ) -> NDArray[np.void]:
        """What the sightings say, `FOUND`[k] in their order; `state` is advanced.

        `places` are lon, lat of each sighting, float64[n], NaN = unknown (`Cameras.places`);
        `fixes_of` gives the trackers' last fixes of rows of the book, int64[k] (`LastFixes.of`).
        """
        p = self.parameters
        row, cost = self.book.match(seen.plate)
        lon, lat = places
        sure = ~(seen.confidence < p.least_confidence)  # NaN: most readers say nothing
        sure &= seen.t_ms - seen.received_ms <= p.ahead_s * 1000
        at = np.flatnonzero((row >= 0) & sure & np.isfinite(lon) & np.isfinite(lat))
        found = [np.empty(0, FOUND)]
        while len(at):
            # one read of each vehicle at a time, so that no cut of batches can change an answer
            _, first = np.unique(row[at], return_index=True)
            turn = np.sort(at[first])
            reads = _Reads(seen, turn, row[turn].astype(np.int64), cost[turn], lon[turn], lat[turn])
            found += self._look(reads, fixes_of(reads.rows), state)
            at = np.setdiff1d(at, turn, assume_unique=True)
        out = np.concatenate(found)
        return out[np.argsort(out["sighting"], kind="stable")]

    def _look(
        self, reads: _Reads, fixes: LastFixes, state: LastSightings
    ) -> list[NDArray[np.void]]:
        """What is found about trackers, and about reads before."""
        p = self.parameters
        held = state.rows[reads.rows]
        cause = self._cause(reads)

        by_tracker = self._findings(reads, cause, fixes.fix_ms, (fixes.lon, fixes.lat))
        between_s = np.abs(reads.t_ms - fixes.fix_ms) / 1000
        heard = (fixes.fix_ms > 0) & (between_s <= p.heard_s)
        too_far = heard & (by_tracker["apart_m"] > by_tracker["allowed_m"])
        agree_m = p.slack_m + 2 * np.nan_to_num(fixes.speed_mps) * between_s
        agrees = heard & (between_s <= p.agree_s) & (by_tracker["apart_m"] <= agree_m)
        kind = np.where(agrees, Kind.HERE, np.where(reads.t_ms > fixes.fix_ms, Kind.POINT, 0))
        # a read that is only nearly its plate, or late, may point the way, and proves nothing
        proves = (reads.cost == 0) & (reads.late_s <= p.late_s)
        proved = np.where(proves, Kind.ELSEWHERE, 0)
        by_tracker["kind"] = np.where(too_far, proved, kind)
        self._episodes(by_tracker, Kind.ELSEWHERE, state, "elsewhere")

        by_read = self._findings(reads, cause, held["t_ms"], (held["lon"], held["lat"]))
        between_s = np.abs(reads.t_ms - held["t_ms"]) / 1000
        twice = (held["t_ms"] > 0) & (between_s <= p.between_s) & proves
        twice &= by_read["apart_m"] > by_read["allowed_m"]
        by_read["kind"] = np.where(twice, Kind.TWO_PLACES, 0)
        self._episodes(by_read, Kind.TWO_PLACES, state, "two_places")

        # another vehicle under this plate leads away from the one that is looked for
        own = (by_tracker["kind"] > 0) & (cause != Cause.CLONED)
        _remember(reads, np.flatnonzero(own & (reads.t_ms > held["t_ms"])), state)
        return [by_tracker[by_tracker["kind"] > 0], by_read[by_read["kind"] > 0]]

    def _findings(
        self, reads: _Reads, cause: NDArray[np.uint8], other_ms: Int64,
        other: tuple[Float64, Float64],
    ) -> NDArray[np.void]:  # fmt: skip
        """The reads against another place and time, 0 = none; of no kind yet."""
        p = self.parameters
        out = np.zeros(len(reads.at), FOUND)
        out["sighting"], out["vehicle"], out["t_ms"] = reads.at, reads.rows, reads.t_ms
        out["lon"], out["lat"], out["cost"], out["cause"] = reads.lon, reads.lat, reads.cost, cause
        out["confidence"] = reads.seen.confidence[reads.at]
        known = other_ms > 0
        out["other_ms"] = np.where(known, other_ms, 0)
        out["other_lon"], out["other_lat"] = np.where(known, other, np.nan)
        away_m = quick_distance_m(reads.lon, reads.lat, out["other_lon"], out["other_lat"])
        between_s = np.where(known, np.abs(reads.t_ms - other_ms) / 1000, np.nan)
        out["apart_m"] = away_m
        out["allowed_m"] = p.slack_m + p.max_mps * (between_s + p.clock_s)
        at_once = np.full(len(away_m), np.inf)
        out["needed_mps"] = np.divide(away_m, between_s, out=at_once, where=between_s != 0)
        return out

    def _cause(self, reads: _Reads) -> NDArray[np.uint8]:
        seen, chosen = reads.seen, reads.at.tolist()
        color = np.array([plate.color_of(seen.plate_color[i]) or "" for i in chosen], np.str_)
        kind = np.array([plate.class_of(seen.vehicle_class[i]) or "" for i in chosen], np.str_)
        own_color, own_kind = self._color[reads.rows], self._class[reads.rows]
        color_known, kind_known = (color != "") & (own_color != ""), (kind != "") & (own_kind != "")
        other = (color_known & (color != own_color)) | (kind_known & (kind != own_kind))
        same = color_known & kind_known & ~other
        out: NDArray[np.uint8] = np.where(
            other, Cause.CLONED, np.where(same, Cause.TRACKER_REMOVED, Cause.UNCLEAR)
        ).astype(np.uint8)
        return out

    def _episodes(
        self, found: NDArray[np.void], kind: Kind, state: LastSightings, name: str
    ) -> None:
        """Say of the contradictions of this kind which episode they are of."""
        which = np.flatnonzero(found["kind"] == kind)
        rows, t_ms = found["vehicle"][which], found["t_ms"][which]
        began, last = state.rows[f"{name}_ms"][rows], state.rows[f"{name}_last_ms"][rows]
        fresh = (began == 0) | (t_ms > last + int(self.parameters.quiet_s * 1000))
        began = np.where(fresh, t_ms, began)
        found["is_new"][which], found["episode_ms"][which] = fresh, began
        state.rows[f"{name}_ms"][rows] = began
        state.rows[f"{name}_last_ms"][rows] = np.maximum(last, t_ms)


@dataclass(frozen=True, slots=True, eq=False)
class _Reads:
    """Sightings `at` of as many vehicles `rows`, one each."""

    seen: SightingBatch
    at: Int64
    rows: Int64
    cost: Int32
    lon: Float64
    lat: Float64

    @property
    def t_ms(self) -> Int64:
        return self.seen.t_ms[self.at]

    @property
    def late_s(self) -> Float64:
        return (self.seen.received_ms[self.at] - self.t_ms) / 1000


def _remember(reads: _Reads, which: Int64, state: LastSightings) -> None:
    at, rows, seen = reads.at[which], reads.rows[which], reads.seen
    state.rows["t_ms"][rows] = seen.t_ms[at]
    state.rows["lon"][rows], state.rows["lat"][rows] = reads.lon[which], reads.lat[which]
    state.rows["direction_deg"][rows] = seen.direction_deg[at]
    state.rows["camera"][rows] = [state.camera(seen.camera[i]) for i in at.tolist()]

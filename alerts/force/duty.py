"""What units do now and where they are: told by events, in whatever order these come.

A position is as old as its own time says.  One that is old is known to be old, and one too old to
mean anything gives way to the unit's home.  Owned by one thread; one entry a unit, so bounded.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal, NamedTuple

from alerts.force.member import Status, Unit

AHEAD_MS = 60_000
"""A position may be of so much later than now: clocks differ."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A unit was at (lon, lat) WGS-84 degrees at `t_ms`, epoch ms."""

    unit: str
    t_ms: int
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Told:
    """A unit, or whoever speaks for it, said at `t_ms` what it does."""

    unit: str
    t_ms: int
    status: Status


class Unheard(StrEnum):
    """Why an event about a unit changed nothing."""

    UNKNOWN_UNIT = "unknown_unit"
    OLDER = "older"
    IN_FUTURE = "in_future"
    NO_PLACE = "no_place"


class Whereabouts(NamedTuple):
    """Where a unit is reckoned to be, and on what grounds.

    `fresh`, `stale`: its last position, `age_s` old; `home`: nothing newer is known.
    """

    lon: float
    lat: float
    by: Literal["fresh", "stale", "home"]
    age_s: float | None = None


@dataclass(frozen=True, slots=True)
class _Standing:
    moved: Moved | None = None
    told: Told | None = None


class Duty:
    """The standing of every unit; `fresh_s` and `lost_s` are ages at which a position turns."""

    def __init__(
        self, units: Mapping[str, Unit], fresh_s: float = 120, lost_s: float = 1800
    ) -> None:
        self.units = units
        self._fresh_s = fresh_s
        self._lost_s = lost_s
        self._standing: dict[str, _Standing] = {}

    def hear(self, event: Moved | Told, now_ms: int) -> Unheard | None:
        """Take in an event; why it changes nothing, None where it counts."""
        if event.unit not in self.units:
            return Unheard.UNKNOWN_UNIT
        if event.t_ms > now_ms + AHEAD_MS:
            return Unheard.IN_FUTURE
        held = self._standing.get(event.unit, _Standing())
        before = held.told if isinstance(event, Told) else held.moved
        if before is not None and event.t_ms <= before.t_ms:
            return Unheard.OLDER
        if isinstance(event, Told):
            self._standing[event.unit] = replace(held, told=event)
        elif not _is_place(event.lon, event.lat):
            return Unheard.NO_PLACE
        else:
            self._standing[event.unit] = replace(held, moved=event)
        return None

    def status(self, unit: str) -> Status:
        """What it said last; free where it said nothing."""
        told = self._standing.get(unit, _Standing()).told
        return Status.FREE if told is None else told.status

    def whereabouts(self, unit: str, now_ms: int) -> Whereabouts:
        """Where it is reckoned to be at `now_ms`.  Raises `KeyError` for an unknown unit."""
        home = self.units[unit].home
        moved = self._standing.get(unit, _Standing()).moved
        if moved is None:
            return Whereabouts(*home, "home")
        age_s = max(now_ms - moved.t_ms, 0) / 1000
        if age_s > self._lost_s:
            return Whereabouts(*home, "home", age_s)
        return Whereabouts(
            moved.lon, moved.lat, "fresh" if age_s <= self._fresh_s else "stale", age_s
        )


def _is_place(lon: float, lat: float) -> bool:
    """Whether it is a place on the earth; 0, 0 is what a receiver without a fix says."""
    finite = math.isfinite(lon) and math.isfinite(lat)
    return finite and abs(lon) <= 180 and abs(lat) <= 90 and (lon, lat) != (0, 0)

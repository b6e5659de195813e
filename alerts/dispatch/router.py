"""How long units take to places: the port, and straight lines as its default.

Times are what decides, so whoever has a road network puts a router of it behind this port
(`alerts.dispatch.osrm`, `alerts.dispatch.valhalla`); where that fails the straight line answers and
says so.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from alerts.force.member import Mode
from alerts.points import Position
from geofence.metric import GEOD

NO_WAY = math.inf


class RouterError(RuntimeError):
    """A router gave no usable answer; the text says why, in one line."""


class Start(NamedTuple):
    """Where a unit is (WGS-84 degrees) and how it moves."""

    lon: float
    lat: float
    mode: Mode = Mode.CAR


@dataclass(frozen=True, slots=True)
class Times:
    """`s[i][j]`: seconds from start i to end j, infinite where there is no way.

    `by` names the router; `trouble` is why another one did not answer, empty where none was asked.
    """

    s: list[list[float]]
    by: str
    trouble: str = ""


class Router(Protocol):
    """Times of all starts to all ends."""

    def times(self, starts: Sequence[Start], ends: Sequence[Position]) -> Times:
        """Seconds from each start to each end.  Raises `RouterError`."""
        ...


class StraightLine:
    """The geodesic, `road_factor` times as long, at one speed a mode; never raises."""

    def __init__(self, kmh: Mapping[Mode, float], road_factor: float = 1.4) -> None:
        self._s_per_m = {mode: road_factor * 3.6 / kmh[mode] for mode in Mode}

    def times(self, starts: Sequence[Start], ends: Sequence[Position]) -> Times:
        """Seconds from each start to each end."""
        count = len(ends)
        if not starts or not ends:
            return Times([[] for _ in starts], "straight")
        from_lon = [start.lon for start in starts for _ in ends]
        from_lat = [start.lat for start in starts for _ in ends]
        to_lon, to_lat = ([end[axis] for end in ends] * len(starts) for axis in (0, 1))
        _, _, away = GEOD.inv(from_lon, from_lat, to_lon, to_lat)
        rows = []
        for n, start in enumerate(starts):
            s_per_m = self._s_per_m[start.mode]
            rows.append([float(m) * s_per_m for m in away[n * count : (n + 1) * count]])
        return Times(rows, "straight")


class Fallback:
    """`first`, and `then` while it fails."""

    def __init__(self, first: Router, then: Router) -> None:
        self._first = first
        self._then = then

    def times(self, starts: Sequence[Start], ends: Sequence[Position]) -> Times:
        """As `first` says, else as `then` does, with the trouble."""
        try:
            return self._first.times(starts, ends)
        except RouterError as error:
            answer = self._then.times(starts, ends)
            return Times(answer.s, answer.by, str(error))

"""A fleet to measure detection on, and the zones and rules about it: a city's, of any size.

Four vehicles in five are parked, locked and wander by some metres; the others drive in circles.
All report every 30 s, each at a second of its own, so a batch names vehicles from all over memory.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from geofence import ZoneSet
from geofence.rules.book import RuleBook
from geofence.rules.model import When
from ingest.fix import NO_SEQ, FixBatch, Flag
from streams.rules import Rules
from vehicleguard.bench.scene import scene, zones_of

Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]

EVERY_S = 30
FIRST_LAPS, FIRST_EVERY_S = 2, 200
"""Laps after which all are known and the parked ones parked, and how far these lie apart."""
BEGIN_MS = 1_790_000_000_000
_MIDDLE, _SPREAD = (112.35, 28.58), (0.2, 0.12)
_DRIVING = 0.2
_NOISE_DEG = 4 / 111_000
_CIRCLE_M = 1_500.0
_DRIVEN_OFF_MPS, _DRIVEN_OFF_S = 8.0, 120.0
WATCHED = 20
"""One vehicle in so many is of the group that rules are about: were they about all, more alerts
would come than anybody reads."""
_NUMBERS: dict[When, dict[str, float]] = {
    When.DWELL: {"dwell_s": 14_400},
    When.APPROACH: {"approach_m": 100},
    When.SPEEDING: {"speed_kmh": 40},
}


class Fleet:
    """`vehicles` of them.  Their fixes are counted by lap: one of each vehicle, 30 s long."""

    def __init__(self, vehicles: int, seed: int = 1) -> None:
        rng = np.random.default_rng(seed)
        self.vehicles = vehicles
        self._rng = rng
        self._lon, self._lat = (rng.normal(_MIDDLE[k], _SPREAD[k], vehicles) for k in (0, 1))
        self.driving = rng.random(vehicles) < _DRIVING
        self._phase = rng.uniform(0, 2 * np.pi, vehicles).astype(np.float32)
        self._mps = np.where(self.driving, rng.uniform(4, 14, vehicles), 0).astype(np.float32)
        self._stolen_ms = np.zeros(vehicles, np.int64)
        # heard of in one order, and then reporting in another: as memory meets it
        self._order = rng.permutation(vehicles).astype(np.int32)
        self._at = 0

    @property
    def clock_ms(self) -> int:
        """Event time of the fix that comes next."""
        return int(self._times(np.array([self._at]))[0])

    def drive_off(self, count: int) -> None:
        """Have so many parked vehicles driven off from now on, for two minutes each."""
        parked = np.flatnonzero(~self.driving & (self._stolen_ms == 0))
        self._stolen_ms[self._rng.choice(parked, count, replace=False)] = self.clock_ms

    def first_laps(self, size: int) -> Iterator[FixBatch]:
        """The laps by which the fleet becomes known, in batches of `size`."""
        left = FIRST_LAPS * self.vehicles - self._at
        while left > 0:
            yield self.batch(min(size, left))
            left -= size

    def batch(self, size: int) -> FixBatch:
        """The next `size` fixes."""
        n = np.arange(self._at, self._at + size)
        self._at += size
        place = n % self.vehicles
        who = np.where(n < self.vehicles, place, self._order[place])
        named, code = who, np.arange(size)
        if size > self.vehicles - place[0]:  # some come twice
            named, code = np.unique(who, return_inverse=True)
        t_ms = self._times(n)
        lon, lat = self._places(who, t_ms)
        driving = self.driving[who]
        state = Flag.LOCATED | Flag.ARMED_KNOWN | Flag.IGNITION_KNOWN
        return FixBatch(
            ids=tuple([name_of(k) for k in named.tolist()]),
            vehicle=code.astype(np.int32),
            t_ms=t_ms,
            received_ms=t_ms + 200,
            lon=lon,
            lat=lat,
            speed_mps=self._speeds(who, t_ms),
            heading_deg=np.zeros(size, np.float32),
            accuracy_m=np.full(size, 5, np.float32),
            altitude_m=np.full(size, np.nan, np.float32),
            flags=np.where(driving, state | Flag.IGNITION, state | Flag.ARMED).astype(np.uint32),
            alarms=np.zeros(size, np.uint32),
            seq=np.full(size, NO_SEQ, np.int64),
        )

    def _times(self, n: Int64) -> Int64:
        lap, place = n // self.vehicles, n % self.vehicles
        early = np.minimum(lap, FIRST_LAPS)
        seconds = early * FIRST_EVERY_S + (lap - early) * EVERY_S
        return BEGIN_MS + seconds * 1000 + place * (EVERY_S * 1000) // self.vehicles

    def _gone_s(self, who: Int64, t_ms: Int64) -> Float64:
        since_ms = self._stolen_ms[who]
        return np.where(since_ms > 0, np.clip((t_ms - since_ms) / 1000, 0, _DRIVEN_OFF_S), 0)

    def _places(self, who: Int64, t_ms: Int64) -> tuple[Float64, Float64]:
        turned = self._phase[who] + self._mps[who] * ((t_ms - BEGIN_MS) / 1000) / _CIRCLE_M
        out_m = np.where(self.driving[who], _CIRCLE_M, 0.0)
        out_m += _DRIVEN_OFF_MPS * self._gone_s(who, t_ms)
        lon, lat = self._rng.normal(0, _NOISE_DEG, (2, len(who)))
        lon += self._lon[who] + out_m * np.cos(turned) / 97_700
        lat += self._lat[who] + out_m * np.sin(turned) / 111_200
        return lon, lat

    def _speeds(self, who: Int64, t_ms: Int64) -> NDArray[np.float32]:
        gone_s = self._gone_s(who, t_ms)
        stolen = (gone_s > 0) & (gone_s < _DRIVEN_OFF_S)
        return np.where(stolen, _DRIVEN_OFF_MPS, self._mps[who]).astype(np.float32)


def name_of(vehicle: int) -> str:
    """The id of a vehicle, by its number."""
    return f"V{vehicle:07d}"


def rules_over(fleet: int, zones: int, rules: int, one_in: int = WATCHED) -> Rules:
    """`zones` fences around the homes, all guarding what is parked in them, and `rules` about them.

    The rules are of all kinds in turn, each about ten zones where there are ten times as many, and
    about one vehicle in `one_in`.  Being outside is asked of one vehicle each.
    """
    rng = np.random.default_rng(2)
    middles = rng.normal(_MIDDLE, _SPREAD, (zones, 2))
    rings, _, _ = scene(zones, 0)
    around = [
        ring - ring.mean(axis=0) + middle for ring, middle in zip(rings, middles, strict=True)
    ]
    tags = [{"tags": [f"t{n % rules}"]} for n in range(zones)]
    group = {name_of(n): ("watched",) for n in range(0, fleet, one_in)}
    return Rules(zones=_closed(around, tags), book=_book(rules, fleet), groups=group)


def _closed(rings: list[Float64], tags: list[dict[str, list[str]]]) -> ZoneSet:
    for ring in rings:
        ring[-1] = ring[0]
    return zones_of(rings, tags)


def _book(rules: int, fleet: int) -> RuleBook:
    kinds = tuple(When)
    found: list[dict[str, object]] = []
    for n in range(rules):
        when = kinds[n % len(kinds)]
        who: object = {"ids": [name_of(n % fleet)]} if when is When.OUTSIDE else ["watched"]
        own = {"id": f"r{n}", "zones": [f"t{n}"], "vehicles": who, "when": when}
        found.append({**own, "cool_down_s": 3_600, **_NUMBERS.get(when, {})})
    return RuleBook.of({"zone_rule": found})

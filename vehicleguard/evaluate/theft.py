"""Thefts of every kind, put behind real parked fixes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ingest.fix import Alarm
from vehicleguard.evaluate.carriers import MOST_M, Carriers, Parked, Way
from vehicleguard.evaluate.case import Case
from vehicleguard.evaluate.fixes import Fixes, moved
from vehicleguard.evaluate.terminal import Terminal, end_of, journey, parked, resting, standing

MUST_BE_RED = ("drive_off", "tow", "cut_then_move")


@dataclass
class Scene:
    """What one theft is made of: the parked fixes so far, a real way, and the terminal."""

    carrier: Parked
    before: Fixes
    way: Way
    terminal: Terminal
    rng: np.random.Generator

    @cached_property
    def start(self) -> tuple[float, float, float]:
        """When and where the theft begins: at the true place, some time after the last fix."""
        t = float(self.before.t[-1]) + float(self.rng.uniform(5, 60))
        return t, *self.carrier.place

    def beside(self, other: Scene) -> Scene:
        """The same vehicle a few metres from the other one and at its time, taken the same way.

        Its stay stays its own: receivers side by side do not jump together.
        """
        east, north = self.rng.uniform(-40, 40, 2)
        lon, lat = (float(one) for one in moved(*other.carrier.place, east, north))
        later = other.before.t[-1] - self.before.t[-1]
        was_lon, was_lat = self.carrier.place
        narrower = np.cos(np.radians(was_lat)) / np.cos(np.radians(lat))  # metres stay metres
        before = self.before.but(
            t=self.before.t + later,
            received=self.before.received + later,
            lon=lon + (self.before.lon - was_lon) * narrower,
            lat=lat + (self.before.lat - was_lat),
        )
        carrier = Parked(self.carrier.name, before.t, before.lon, before.lat, (lon, lat))
        return Scene(carrier, before, other.way, self.terminal, self.rng)

    def drives(
        self, begins: tuple[float, float, float], mps: float, *, key: bool = False,
        most_m: float = MOST_M,
    ) -> Fixes:  # fmt: skip
        """A journey from there, as its terminal tells it; the key off unless the thief turns it."""
        made = journey(self.way, begins, self.terminal, self.rng, mps=mps, most_m=most_m)
        return self.terminal.says(made, armed=True, key=key)

    def says_at(self, t: float, alarms: Alarm) -> Fixes:
        """One fix at the true place, with alarm bits."""
        lon, lat = moved(*self.carrier.place, *self.rng.normal(0, 3, 2))
        one = Fixes.at(np.array([t]), np.atleast_1d(lon), np.atleast_1d(lat), np.zeros(1))
        return self.terminal.says(one, armed=True, key=False).but(alarms=int(alarms))

    def speed(self, low: float, high: float) -> float:
        """A speed, m/s."""
        return float(self.rng.uniform(low, high))


Made = tuple[list[Fixes], float]
"""The fixes of the theft, and when it begins."""


def _drive_off(s: Scene) -> Made:
    return [s.drives(s.start, s.speed(6, 14))], s.start[0]


def _tow(s: Scene) -> Made:
    return [s.drives(s.start, s.speed(5, 12))], s.start[0]


def _push(s: Scene) -> Made:
    return [s.drives(s.start, s.speed(1.0, 1.6), most_m=900.0)], s.start[0]


def _alarm_then_drive(alarms: Alarm, *, key: bool = False) -> Callable[[Scene], Made]:
    def made(s: Scene) -> Made:
        t, lon, lat = s.start
        waits = float(s.rng.uniform(10, 240))
        held = s.drives((t + waits, lon, lat), s.speed(6, 14), key=key)
        if alarms & (Alarm.STOLEN | Alarm.POWER_CUT | Alarm.ANTENNA | Alarm.TAMPER):
            held = held.but(alarms=int(alarms))  # a level, held while the condition lasts
        return [s.says_at(t, alarms), held], t

    return made


def _cut_then_silence(s: Scene) -> Made:
    t = s.start[0]
    words = [s.says_at(t + 20.0 * n, Alarm.POWER_CUT) for n in range(int(s.rng.integers(1, 4)))]
    return words, t


def _jam_then_reappear(s: Scene) -> Made:
    t, lon, lat = s.start
    far = float(s.rng.uniform(3000, 30_000))
    turn = float(s.rng.uniform(0, 2 * np.pi))
    away = moved(lon, lat, far * np.cos(turn), far * np.sin(turn))
    gone_s = max(float(s.rng.uniform(600, 3600)), far / 25.0)
    return [s.drives((t + gone_s, float(away[0]), float(away[1])), s.speed(6, 14))], t


def _creep(s: Scene) -> Made:
    t, lon, lat = s.start
    turn = float(s.rng.uniform(0, 2 * np.pi))
    parts = []
    for step in range(1, 13):
        at = moved(lon, lat, 50.0 * step * np.cos(turn), 50.0 * step * np.sin(turn))
        here = t + 240.0 * (step - 1), float(at[0]), float(at[1])
        parts.append(standing(here, 241 / 3600, 60.0, s.rng))
    return [s.terminal.says(Fixes.concat(parts), armed=True, key=False)], t


def _in_two_goes(hours: float) -> Callable[[Scene], Made]:
    def made(s: Scene) -> Made:
        start = s.start
        first = s.drives(start, s.speed(6, 14), most_m=2000.0)
        rest = s.terminal.says(standing(end_of(first), hours, 60.0, s.rng), armed=True, key=False)
        return [first, rest, s.drives(end_of(rest), s.speed(6, 14))], start[0]

    return made


KINDS: dict[str, Callable[[Scene], Made]] = {
    "drive_off": _drive_off,
    "tow": _tow,
    "push": _push,
    "cut_then_move": _alarm_then_drive(Alarm.POWER_CUT),
    "cut_then_silence": _cut_then_silence,
    "jam_then_reappear": _jam_then_reappear,
    "vibration_then_move": _alarm_then_drive(Alarm.VIBRATION),
    "started_without_key": _alarm_then_drive(Alarm.ILLEGAL_IGNITION, key=True),
    "terminal_stolen": _alarm_then_drive(Alarm.STOLEN),
    "terminal_displaced": _alarm_then_drive(Alarm.ILLEGAL_DISPLACEMENT),
    "tamper_then_move": _alarm_then_drive(Alarm.TAMPER),
    "antenna_then_move": _alarm_then_drive(Alarm.ANTENNA),
    "creep": _creep,
    "stop_and_go": _in_two_goes(1 / 3),
    "stash_and_move": _in_two_goes(3.0),
    "drive_off_badly_heard": _drive_off,
}
STOPS_SHORT = ("cut_then_silence", "creep")
BADLY_HEARD = ("drive_off_badly_heard",)
_LOST, _TWICE, _LATE_S = 0.15, 0.1, 30.0
GANG = 4


def thefts(carriers: Carriers, each: int, rng: np.random.Generator) -> list[Case]:
    """`each` thefts of every kind, and of gangs that take four vehicles of one place."""
    cases = []
    # a generator a kind, so that one kind more or less leaves the others as they are
    for (kind, make), own in zip(KINDS.items(), rng.spawn(len(KINDS)), strict=True):
        for nth in range(each):
            scene = _scene(carriers, Terminal.draw(own, nth), own)
            parts, began = make(scene)
            cases.append(_case(kind, scene, parts, began))
    for nth in range(max(1, each // GANG)):
        first = _scene(carriers, Terminal.draw(rng, GANG * nth), rng)
        others = [
            _scene(carriers, Terminal.draw(rng, GANG * nth + n), rng).beside(first)
            for n in range(1, GANG)
        ]
        for scene in (first, *others):
            parts, began = _drive_off(scene)
            cases.append(_case("gang", scene, parts, began))
    return cases


def _scene(carriers: Carriers, terminal: Terminal, rng: np.random.Generator) -> Scene:
    carrier = carriers.parked[int(rng.integers(len(carriers.parked)))].elsewhere(rng)
    way = carriers.ways[int(rng.integers(len(carriers.ways)))]
    before = resting(parked(carrier, terminal, rng), terminal, rng)
    return Scene(carrier, before, way, terminal, rng)


def _then_stands(scene: Scene, last: Fixes) -> Fixes:
    """It stands where it was brought to, and is heard for a third of an hour more."""
    made = standing(end_of(last), 1 / 3, 60.0, scene.rng)
    return scene.terminal.says(made, armed=True, key=False).but(alarms=int(last.alarms[-1]))


def _badly_heard(fixes: Fixes, rng: np.random.Generator) -> Fixes:
    """Some fixes are lost, some come twice, and they overtake each other."""
    often = np.where(rng.random(len(fixes)) < _LOST, 0, 1 + (rng.random(len(fixes)) < _TWICE))
    held = fixes.take(np.repeat(np.arange(len(fixes)), often))
    return held.but(received=held.t + rng.exponential(_LATE_S, len(held)))


def _case(kind: str, scene: Scene, parts: list[Fixes], began: float) -> Case:
    if kind not in STOPS_SHORT:
        parts = [*parts, _then_stands(scene, parts[-1])]
    fixes = scene.terminal.sends(Fixes.concat([scene.before, *parts]), scene.rng)
    return Case(
        kind=kind,
        fixes=_badly_heard(fixes, scene.rng) if kind in BADLY_HEARD else fixes,
        place=scene.carrier.place,
        theft_t=began,
        must_be_red=kind in MUST_BE_RED,
        terminal=scene.terminal,
    )

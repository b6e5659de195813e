"""What receivers and terminals do wrong while a vehicle stands: changes to real parked fixes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ingest.fix import Alarm
from vehicleguard.evaluate.fixes import Fixes, moved

Rng = np.random.Generator
Change = Callable[[Fixes, Rng], Fixes]
ASLEEP_S = 7200.0
AHEAD_S = 8 * 3600.0
_EVENING_S, _NIGHT_S = 3 * 3600.0, 11 * 3600.0
_OFTEN_S, _SELDOM_S = 300.0, 1800.0


def _with(fixes: Fixes, at: Any, **columns: object) -> Fixes:
    """The fixes with some columns of the fixes `at` changed."""
    changed = {}
    for name, value in columns.items():
        column = getattr(fixes, name).copy()
        column[at] = value
        changed[name] = column
    return fixes.but(**changed)


def _jump(far_m: tuple[float, float], times: int, before: Alarm | None = None) -> Change:
    """A, B, A: so many fixes far off, B frozen, the receiver as sure as ever.

    With an alarm it is held from the fix before to the end of the jump, well before the last fix:
    the end of a recording is no silence.
    """

    def made(fixes: Fixes, rng: Rng) -> Fixes:
        until = len(fixes) - times if before is None else 2 * len(fixes) // 3
        begins = np.arange(len(fixes) // 3, until, times + 3)
        for at in rng.choice(begins, min(3, len(begins)), replace=False).tolist():
            far = float(np.exp(rng.uniform(*np.log(far_m))))
            turn = float(rng.uniform(0, 2 * np.pi))
            lon, lat = moved(fixes.lon[at], fixes.lat[at], far * np.cos(turn), far * np.sin(turn))
            for k in range(at, at + times):
                fixes = _with(fixes, k, lon=float(lon), lat=float(lat), accuracy=1.9)
            if before is not None:
                fixes = _with(fixes, slice(at - 1, at + times), alarms=int(before))
        return fixes

    return made


def _drift(fixes: Fixes, rng: Rng) -> Fixes:
    """The receiver wanders slowly by up to 90 m and back, as under a roof."""
    t = fixes.t - fixes.t[0]
    turn, period = float(rng.uniform(0, 2 * np.pi)), float(rng.uniform(1800, 7200))
    off = float(rng.uniform(40, 90)) * np.sin(2 * np.pi * t / period) ** 2
    lon, lat = moved(fixes.lon, fixes.lat, off * np.cos(turn), off * np.sin(turn))
    return fixes.but(lon=lon, lat=lat)


def _zeros(fixes: Fixes, rng: Rng) -> Fixes:
    """Some fixes at 0,0 that say they are located."""
    at = rng.choice(len(fixes), 5, replace=False)
    return _with(fixes, at, lon=0.0, lat=0.0)


def _half_zeros(fixes: Fixes, rng: Rng) -> Fixes:
    """One coordinate is lost, then the other: (0, B), (A, 0)."""
    at = int(rng.integers(1, len(fixes) - 1))
    return _with(_with(fixes, at, lon=0.0), at + 1, lat=0.0)


def _frozen(fixes: Fixes, rng: Rng) -> Fixes:
    """A receiver that hangs: for a third of the time one place, and one speed, of a car."""
    begin = int(rng.integers(1, 2 * len(fixes) // 3))
    part = slice(begin, begin + len(fixes) // 3)
    return _with(
        fixes, part, lon=fixes.lon[begin], lat=fixes.lat[begin], speed=float(rng.uniform(5, 15))
    )


def _repeated(fixes: Fixes, rng: Rng) -> Fixes:
    """Fixes that come twice."""
    return fixes.take(np.sort(np.r_[np.arange(len(fixes)), rng.integers(0, len(fixes), 40)]))


def _shuffled(fixes: Fixes, rng: Rng) -> Fixes:
    """Arrivals out of order by some minutes."""
    return fixes.but(received=fixes.t + rng.exponential(60, len(fixes)))


def _clock_ahead(fixes: Fixes, rng: Rng) -> Fixes:
    """Local time sent as UTC: eight hours ahead."""
    del rng
    return fixes.but(t=fixes.t + AHEAD_S)


def _alarms(alarms: Alarm, share: float) -> Change:
    """Alarms at times, and no movement."""

    def made(fixes: Fixes, rng: Rng) -> Fixes:
        return fixes.but(alarms=np.where(rng.random(len(fixes)) < share, int(alarms), 0))

    return made


def _dies(fixes: Fixes, rng: Rng) -> Fixes:
    """Its battery runs low, and nothing is heard of it again."""
    del rng
    kept = fixes.take(slice(2 * len(fixes) // 3))
    low = np.arange(len(kept)) >= len(kept) - 10
    return kept.but(alarms=np.where(low, int(Alarm.LOW_BATTERY), 0))


def _garage(fixes: Fixes, rng: Rng) -> Fixes:
    """Hours of silence, and a receiver that wakes up 100 to 300 m off."""
    third = len(fixes) // 3
    after = fixes.take(slice(third, None))
    turn, n = float(rng.uniform(0, 2 * np.pi)), int(rng.integers(1, 3))
    off = np.zeros(len(after))
    off[:n] = rng.uniform(100, 300, n)
    lon, lat = moved(after.lon, after.lat, off * np.cos(turn), off * np.sin(turn))
    hours = float(rng.uniform(1, 6)) * 3600
    after = after.but(lon=lon, lat=lat, t=after.t + hours, received=after.received + hours)
    return Fixes.concat([fixes.take(slice(third)), after])


def _retimed(fixes: Fixes, t: np.ndarray, rng: Rng) -> Fixes:
    """Its places, drawn anew, at other times, s since its first fix.

    In turn they would stretch minutes of drift to hours.
    """
    n = len(t)
    t = fixes.t[0] + t + rng.uniform(-20, 20, n)
    return fixes.take(rng.integers(len(fixes), size=n)).but(
        t=t, received=t + rng.uniform(0.5, 4, n)
    )


def _asleep(fixes: Fixes, rng: Rng) -> Fixes:
    """It says a word every two hours, for a day."""
    return _retimed(fixes, ASLEEP_S * np.arange(13), rng)


def _battery_out(every_s: float) -> Change:
    """The owner takes the battery upstairs for a night, which cuts the main power.

    The terminal goes on by its own one, with a fix at this interval.
    """

    def made(fixes: Fixes, rng: Rng) -> Fixes:
        ends = _EVENING_S + _NIGHT_S
        t = np.r_[
            np.arange(0, _EVENING_S, _OFTEN_S),
            np.arange(_EVENING_S, ends, every_s),
            np.arange(ends, 86_400, _OFTEN_S),
        ]
        out = (t >= _EVENING_S) & (t < ends)
        return _retimed(fixes, t, rng).but(alarms=np.where(out, int(Alarm.POWER_CUT), 0))

    return made


KINDS: dict[str, Change] = {
    "jump_once": _jump((200.0, 50_000.0), 1),
    "jump_twice": _jump((200.0, 50_000.0), 2),
    "drift": _drift,
    "zero_zero": _zeros,
    "repeated": _repeated,
    "out_of_order": _shuffled,
    "clock_ahead": _clock_ahead,
    "vibration": _alarms(Alarm.VIBRATION, 0.05),
    "low_battery": _dies,
    "garage": _garage,
    "asleep": _asleep,
    "battery_out": _battery_out(_OFTEN_S),
    "half_zero": _half_zeros,
    "frozen": _frozen,
    "vibration_and_jump": _jump((200.0, 5000.0), 1, Alarm.VIBRATION),
    "cut_and_jump": _jump((200.0, 5000.0), 1, Alarm.POWER_CUT),
    "battery_out_asleep": _battery_out(_SELDOM_S),
}
NOT_COUNTED = ("battery_out_asleep",)
"""What cannot be told from a theft (here: `cut_then_silence`) the first time."""

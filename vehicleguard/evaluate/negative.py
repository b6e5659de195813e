"""Hard negatives: what looks like a theft, or breaks detectors, and is none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ingest.fix import Alarm
from vehicleguard.evaluate.carriers import Carriers, Driven, Parked, Way
from vehicleguard.evaluate.case import Case
from vehicleguard.evaluate.fixes import Fixes, moved
from vehicleguard.evaluate.terminal import T0, Terminal, end_of, journey, parked, standing

Rng = np.random.Generator
ASLEEP_S = 7200.0


def _late(fixes: Fixes, rng: Rng) -> Fixes:
    return fixes.but(received=fixes.t + rng.uniform(0.5, 4.0, len(fixes)))


def _with(fixes: Fixes, at: int, **columns: object) -> Fixes:
    """The fixes with some columns of fix `at` changed."""
    changed = {}
    for name, value in columns.items():
        column = getattr(fixes, name).copy()
        column[at] = value
        changed[name] = column
    return fixes.but(**changed)


def _jump(far_m: tuple[float, float], times: int) -> Callable[[Fixes, Terminal, Rng], Fixes]:
    """A, B, A: so many fixes far off, B frozen, and the receiver as sure as ever."""

    def made(fixes: Fixes, terminal: Terminal, rng: Rng) -> Fixes:
        del terminal
        for _ in range(3):
            at = int(rng.integers(len(fixes) // 3, len(fixes) - times))
            far = float(np.exp(rng.uniform(*np.log(far_m))))
            turn = float(rng.uniform(0, 2 * np.pi))
            lon, lat = moved(fixes.lon[at], fixes.lat[at], far * np.cos(turn), far * np.sin(turn))
            for k in range(at, at + times):
                fixes = _with(fixes, k, lon=float(lon), lat=float(lat), accuracy=1.9)
        return fixes

    return made


def _drift(fixes: Fixes, terminal: Terminal, rng: Rng) -> Fixes:
    """The receiver wanders slowly by up to 90 m and back, as under a roof."""
    del terminal
    t = fixes.t - fixes.t[0]
    turn, period = float(rng.uniform(0, 2 * np.pi)), float(rng.uniform(1800, 7200))
    off = float(rng.uniform(40, 90)) * np.sin(2 * np.pi * t / period) ** 2
    lon, lat = moved(fixes.lon, fixes.lat, off * np.cos(turn), off * np.sin(turn))
    return fixes.but(lon=lon, lat=lat)


def _zeros(fixes: Fixes, terminal: Terminal, rng: Rng) -> Fixes:
    del terminal
    for at in rng.choice(len(fixes), 5, replace=False):
        fixes = _with(fixes, int(at), lon=0.0, lat=0.0)
    return fixes


def _repeated(fixes: Fixes, terminal: Terminal, rng: Rng) -> Fixes:
    del terminal
    return fixes.take(np.sort(np.r_[np.arange(len(fixes)), rng.integers(0, len(fixes), 40)]))


def _shuffled(fixes: Fixes, terminal: Terminal, rng: Rng) -> Fixes:
    """Arrivals out of order by some minutes."""
    del terminal
    return fixes.but(received=fixes.t + rng.exponential(60, len(fixes)))


def _clock_ahead(fixes: Fixes, terminal: Terminal, rng: Rng) -> Fixes:
    """Local time sent as UTC: eight hours ahead."""
    del terminal
    return fixes.but(received=fixes.t - 8 * 3600 + rng.uniform(0.5, 4, len(fixes)))


def _alarms(alarms: Alarm, share: float) -> Callable[[Fixes, Terminal, Rng], Fixes]:
    def made(fixes: Fixes, terminal: Terminal, rng: Rng) -> Fixes:
        del terminal
        return fixes.but(alarms=np.where(rng.random(len(fixes)) < share, int(alarms), 0))

    return made


def _dies(fixes: Fixes, terminal: Terminal, rng: Rng) -> Fixes:
    """Its battery runs low, and nothing is heard of it again."""
    del terminal, rng
    kept = fixes.take(slice(2 * len(fixes) // 3))
    return kept.but(alarms=np.where(np.arange(len(kept)) > len(kept) - 10, int(Alarm.LOW_BATTERY), 0))


def _garage(fixes: Fixes, terminal: Terminal, rng: Rng) -> Fixes:
    """Hours of silence, and a receiver that wakes up 100 to 300 m off."""
    del terminal
    third = len(fixes) // 3
    after = fixes.take(slice(third, None))
    turn, n = float(rng.uniform(0, 2 * np.pi)), int(rng.integers(1, 3))
    off = np.zeros(len(after))
    off[:n] = rng.uniform(100, 300, n)
    lon, lat = moved(after.lon, after.lat, off * np.cos(turn), off * np.sin(turn))
    hours = float(rng.uniform(1, 6)) * 3600
    after = after.but(lon=lon, lat=lat, t=after.t + hours, received=after.received + hours)
    return Fixes.concat([fixes.take(slice(third)), after])


def _asleep(fixes: Fixes, terminal: Terminal, rng: Rng) -> Fixes:
    """It says a word every two hours, for days."""
    del terminal
    n = min(len(fixes), 24)
    t = fixes.t[0] + ASLEEP_S * np.arange(n) + rng.uniform(-30, 30, n)
    return fixes.take(slice(n)).but(t=t, received=t)


def _battery_out(fixes: Fixes, terminal: Terminal, rng: Rng) -> Fixes:
    """The owner takes the battery upstairs every evening: main power cut for half of the time."""
    del terminal, rng
    t = fixes.t - fixes.t[0]
    return fixes.but(alarms=np.where((t // 1800) % 2 == 1, int(Alarm.POWER_CUT), 0))


PARKED: dict[str, Callable[[Fixes, Terminal, Rng], Fixes]] = {
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
    "battery_out": _battery_out,
}


def negatives(carriers: Carriers, each: int, rng: Rng) -> list[Case]:
    """Every real parked hour untouched, and `each` cases of every hard negative."""
    cases = []
    for nth, carrier in enumerate(carriers.parked):
        terminal = Terminal.draw(rng, nth)
        fixes = _late(parked(carrier, terminal, rng, hours=1e6), rng)
        cases.append(Case("parked", fixes, carrier.place, terminal=terminal))
    for kind, change in PARKED.items():
        for nth in range(each):
            carrier, terminal = _one(carriers.parked, rng), Terminal.draw(rng, nth)
            fixes = change(_late(parked(carrier, terminal, rng), rng), terminal, rng)
            cases.append(Case(kind, fixes, carrier.place, terminal=terminal))
    for nth in range(each):
        carrier, terminal = _one(carriers.parked, rng), Terminal.draw(rng, nth)
        way = carriers.ways[int(rng.integers(len(carriers.ways)))]
        cases += _trips(carrier, way, terminal, rng)
        cases += _back_fill(carrier, way, terminal, rng)
    cases += _outage(carriers, each, rng)
    for nth, track in enumerate(carriers.driven):
        cases += _all_day(track, nth, rng)
    return cases


def _one(parked_: list[Parked], rng: Rng) -> Parked:
    return parked_[int(rng.integers(len(parked_)))].elsewhere(rng)


def _trips(carrier: Parked, way: Way, terminal: Terminal, rng: Rng) -> list[Case]:
    """The owner drives: disarmed, with the key on, on a trailer, or without disarming."""
    if terminal.arming == "nothing":
        terminal = terminal.but(arming="owner and key")
    out = []
    stays = _late(parked(carrier, terminal, rng), rng)
    start = float(stays.t[-1]) + 30.0, *carrier.place
    made = journey(way, start, terminal, rng, mps=float(rng.uniform(6, 14)))
    then = standing(end_of(made), 0.7, 60.0, rng)
    for kind, armed, key, wired in (
        ("night_trip", False, True, terminal.arming),
        ("trailer", False, False, "owner and key"),
        ("forgot_to_disarm", True, True, "owner and key"),
    ):
        own = terminal.but(arming=wired)
        fixes = Fixes.concat(
            [
                own.says(stays, armed=True, key=False).but(received=stays.received),
                _late(own.says(made, armed=armed, key=key), rng),
                _late(own.says(then, armed=True, key=False), rng),
            ]
        )
        blue = kind == "forgot_to_disarm"
        out.append(Case(kind, fixes, carrier.place, terminal=own, blue_is_right=blue))
    return out


def _back_fill(carrier: Parked, way: Way, terminal: Terminal, rng: Rng) -> list[Case]:
    """A journey that arrives hours late: steadily, or in one piece; said to be so, or not."""
    out = []
    for kind in ("late_steadily", "late_in_one_piece"):
        stays = _late(parked(carrier, terminal, rng), rng)
        begins = float(stays.t[-1]) + 30.0, *carrier.place
        made = terminal.says(journey(way, begins, terminal, rng, mps=10.0), armed=True, key=False)
        hours = float(rng.uniform(1, 5)) * 3600
        received = made.t + hours
        if kind == "late_in_one_piece":
            received = np.full(len(made), float(made.t[-1]) + hours) + np.arange(len(made)) * 0.05
        made = made.but(received=received, back_fill=bool(rng.random() < 0.5))
        out.append(Case(kind, Fixes.concat([stays, made]), carrier.place, terminal=terminal))
    return out


def _outage(carriers: Carriers, each: int, rng: Rng) -> list[Case]:
    """All terminals of a region fall silent for 40 minutes at once."""
    out = []
    for nth in range(each):
        carrier, terminal = _one(carriers.parked, rng), Terminal.draw(rng, nth)
        fixes = _late(parked(carrier, terminal, rng), rng)
        silent = (fixes.t > T0 + 5400) & (fixes.t < T0 + 7800)
        out.append(Case("outage", fixes.take(~silent), carrier.place, terminal=terminal))
    return out


_STOPPED_MPS, _KEY_OFF_S, _ARMS_S = 1.5, 120.0, 180.0


def _all_day(track: Driven, nth: int, rng: Rng) -> list[Case]:
    """A real vehicle's days on the road: key on while it drives; armed by hand in every second.

    What is known of neither cannot be told from a theft by anybody, and is counted apart.
    """
    t, lon, lat = track.t, track.lon, track.lat
    if len(t) < 20:
        return []
    day = (t - t[0]) < 86_400
    t, lon, lat, speed = t[day] - t[0] + T0, lon[day], lat[day], track.speed[day]
    fixes = Fixes.at(t, lon, lat, speed)
    stands = _stands(fixes)
    arming = ("key", "owner and key", "nothing")[nth % 3]
    key = np.where(stands >= _KEY_OFF_S, 0, 1)
    # an owner turns the key before the vehicle moves, and disarms it
    key = np.maximum(key, np.r_[key[1:], key[-1:]])
    armed = np.where((stands >= _ARMS_S) & (key == 0), 1, 0)
    unknown = np.full(len(t), -1)
    fixes = fixes.but(
        ignition=key if "key" in arming else unknown,
        armed=armed if "owner" in arming else unknown,
    )
    kind = "driven" if arming != "nothing" else "driven, nothing known"
    place = float(np.median(lon)), float(np.median(lat))
    return [Case(kind, _late(fixes, rng), place, counted=arming != "nothing")]


def _stands(fixes: Fixes) -> np.ndarray:
    """For how long it has stood within 60 m at each fix, s."""
    out = np.zeros(len(fixes))
    begin = 0
    for k in range(1, len(fixes)):
        east = (fixes.lon[k] - fixes.lon[begin]) * 111_195 * np.cos(np.radians(fixes.lat[k]))
        north = (fixes.lat[k] - fixes.lat[begin]) * 111_195
        if np.hypot(east, north) > 60.0:
            begin = k
        out[k] = fixes.t[k] - fixes.t[begin]
    return out

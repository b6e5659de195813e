"""Hard negatives: what looks like a theft, or breaks detectors, and is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from vehicleguard.evaluate import noise
from vehicleguard.evaluate.carriers import Carriers, Driven, Parked, Way
from vehicleguard.evaluate.case import Case
from vehicleguard.evaluate.fixes import Fixes, moved
from vehicleguard.evaluate.stay import stay_of
from vehicleguard.evaluate.terminal import T0, Terminal, end_of, journey, parked, standing

Rng = np.random.Generator
BACK_FILL = ("late_steadily", "late_in_one_piece", "late_after_parking")
CONVOY = 4
_REGION_DEG = 0.1
_SILENT_S = (5400.0, 7800.0)
_STAYS_WITHIN_M, _KEY_OFF_S, _ARMS_S = 60.0, 120.0, 180.0


def negatives(carriers: Carriers, each: int, rng: Rng) -> list[Case]:
    """Every real parked hour untouched, and `each` cases of every hard negative."""
    cases = []
    for nth, carrier in enumerate(carriers.parked):
        terminal = Terminal.draw(rng, nth)
        fixes = terminal.sends(parked(carrier, terminal, rng, hours=1e6), rng)
        cases.append(Case("parked", fixes, carrier.place, natural=True, terminal=terminal))
    # a generator a kind, so that one kind more or less leaves the others as they are
    for (kind, change), own in zip(noise.KINDS.items(), rng.spawn(len(noise.KINDS)), strict=True):
        counted = kind not in noise.NOT_COUNTED
        for nth in range(each):
            carrier, terminal = _one(carriers.parked, own), Terminal.draw(own, nth)
            fixes = change(terminal.sends(parked(carrier, terminal, own), own), own)
            cases.append(Case(kind, fixes, carrier.place, counted=counted, terminal=terminal))
    for make, own in zip((_trips, _back_fill, _convoy), rng.spawn(3), strict=True):
        for nth in range(each if make is not _convoy else max(1, each // CONVOY)):
            way = carriers.ways[int(own.integers(len(carriers.ways)))]
            cases += make(_one(carriers.parked, own), way, Terminal.draw(own, nth), own)
    cases += _outage(carriers, each, *rng.spawn(1))
    for nth, track in enumerate(carriers.driven):
        cases += _all_day(track, nth, rng)
    return cases


def _one(parked_: Sequence[Parked], rng: Rng) -> Parked:
    return parked_[int(rng.integers(len(parked_)))].elsewhere(rng)


def _trips(carrier: Parked, way: Way, terminal: Terminal, rng: Rng) -> list[Case]:
    """The owner drives: disarmed, with the key on, on a trailer, or without disarming."""
    if terminal.arming == "nothing":
        terminal = terminal.but(arming="owner and key")
    out = []
    stays = parked(carrier, terminal, rng)
    start = float(stays.t[-1]) + 30.0, *carrier.place
    made = journey(way, start, terminal, rng, mps=float(rng.uniform(6, 14)))
    then = standing(end_of(made), 0.7, 60.0, rng)
    for kind, armed, key, wired in (
        ("night_trip", False, True, terminal.arming),
        ("trailer", False, False, "owner and key"),
        ("forgot_to_disarm", True, True, "owner and key"),
    ):
        own = terminal.but(arming=wired)
        fixes = own.sends(
            Fixes.concat(
                [
                    own.says(stays, armed=True, key=False),
                    own.says(made, armed=armed, key=key),
                    own.says(then, armed=True, key=False),
                ]
            ),
            rng,
        )
        blue = kind == "forgot_to_disarm"
        out.append(Case(kind, fixes, carrier.place, terminal=own, blue_is_right=blue))
    return out


def _convoy(carrier: Parked, way: Way, terminal: Terminal, rng: Rng) -> list[Case]:
    """Four vehicles of one place whose owners set off together, with their keys."""
    if terminal.arming == "nothing":
        terminal = terminal.but(arming="key")
    out = []
    for _ in range(CONVOY):
        lon, lat = moved(*carrier.place, *rng.uniform(-40, 40, 2))
        east, north = float(lon) - carrier.place[0], float(lat) - carrier.place[1]
        beside = replace(
            carrier, lon=carrier.lon + east, lat=carrier.lat + north, place=(float(lon), float(lat))
        )
        stays = parked(beside, terminal, rng)
        start = float(stays.t[-1]) + float(rng.uniform(5, 60)), *beside.place
        made = journey(way, start, terminal, rng, mps=float(rng.uniform(6, 14)))
        made = terminal.says(made, armed=False, key=True)
        fixes = terminal.sends(Fixes.concat([stays, made]), rng)
        out.append(Case("convoy", fixes, beside.place, terminal=terminal))
    return out


def _back_fill(carrier: Parked, way: Way, terminal: Terminal, rng: Rng) -> list[Case]:
    """A journey that arrives hours late: steadily, or in one piece; said to be so, or not.

    And one that ended at the place, arriving between the fixes of the vehicle that stands there.
    """
    out = []
    for kind in BACK_FILL:
        # the time of arrival is the only hint that these are late
        own = terminal.but(stamped=True)
        stays = own.sends(parked(carrier, own, rng), rng)
        begins = float(stays.t[-1]) + 30.0, *carrier.place
        made = journey(way, begins, own, rng, mps=10.0)
        hours = float(rng.uniform(1, 5)) * 3600
        received = made.t + hours
        if kind == "late_in_one_piece":
            received = np.full(len(made), float(made.t[-1]) + hours) + np.arange(len(made)) * 0.05
        if kind == "late_after_parking":
            lon, lat = made.lon[-1] - carrier.place[0], made.lat[-1] - carrier.place[1]
            t = made.t - made.t[-1] + stays.t[0] - 30.0
            received = stays.received[len(stays) // 2] + np.arange(len(made)) * 20.0
            made = made.but(lon=made.lon - lon, lat=made.lat - lat, t=t)
        made = own.says(made, armed=True, key=False)
        made = made.but(received=received, back_fill=bool(rng.random() < 0.5))
        held = Fixes.concat([stays, made])
        held = held.take(np.argsort(held.t, kind="stable"))
        out.append(Case(kind, held, carrier.place, terminal=own))
    return out


def _outage(carriers: Carriers, each: int, rng: Rng) -> list[Case]:
    """All terminals of one region fall silent for 40 minutes at once."""
    out = []
    middle = _one(carriers.parked, rng).place
    for nth in range(each):
        carrier, terminal = _one(carriers.parked, rng), Terminal.draw(rng, nth)
        place = (
            middle[0] + rng.uniform(-1, 1) * _REGION_DEG,
            middle[1] + rng.uniform(-1, 1) * _REGION_DEG,
        )
        east, north = place[0] - carrier.place[0], place[1] - carrier.place[1]
        there = replace(carrier, lon=carrier.lon + east, lat=carrier.lat + north, place=place)
        fixes = terminal.sends(parked(there, terminal, rng), rng)
        silent = (fixes.t > T0 + _SILENT_S[0]) & (fixes.t < T0 + _SILENT_S[1])
        out.append(Case("outage", fixes.take(~silent), place, terminal=terminal))
    return out


def _all_day(track: Driven, nth: int, rng: Rng) -> list[Case]:
    """A real vehicle's days on the road: key on while it drives; armed by hand in every second.

    What is known of neither cannot be told from a theft by anybody, and is counted apart.
    """
    day = (track.t - track.t[0]) < 86_400 if len(track.t) else np.zeros(0, np.bool_)
    if day.sum() < 20:
        return []
    t, lon, lat, speed = (c[day] for c in (track.t, track.lon, track.lat, track.speed))
    stood = t - t[stay_of(t, lon, lat, _STAYS_WITHIN_M)]
    fixes = Fixes.at(t - t[0] + T0, lon, lat, speed)
    arming = ("key", "owner and key", "nothing")[nth % 3]
    key = np.where(stood >= _KEY_OFF_S, 0, 1)
    # an owner turns the key before the vehicle moves, and disarms it
    key = np.maximum(key, np.r_[key[1:], key[-1:]])
    armed = np.where((stood >= _ARMS_S) & (key == 0), 1, 0)
    fixes = fixes.but(
        ignition=key if "key" in arming else -1,
        armed=armed if "owner" in arming else -1,
        received=fixes.t + rng.uniform(0.5, 4.0, len(t)),
    )
    place = float(np.median(lon)), float(np.median(lat))
    if arming == "nothing":
        return [Case("driven_unknown", fixes, place, counted=False, natural=True)]
    return [Case("driven", fixes, place, natural=True)]

"""Cutting batches, restarting and editing rules anywhere loses and doubles no alert."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofence.rules.compile import CompiledRules
from geofence.rules.evaluate import Evaluator
from geofence.rules.state import RuleState
from geofence.rules.sweep.held import Move
from tests.unit.geofence.rules.fleet import (
    T0,
    Drive,
    book,
    evaluator,
    reborn,
    rule,
    tell,
    zone_set,
)  # fmt: skip

WINDOWS = """
[schedules.often]
windows = ["daily 01:50-01:55", "daily 02:10-03:00", "daily 03:20-03:21"]
"""
ALL = book(
    rule("enter", "enter", "cool_down_s = 300"),
    rule("exit", "exit", 'schedule = "often"', zones='"all"'),
    rule("inside", "inside", 'schedule = "often"'),
    rule("inside_always", "inside", "cool_down_s = 900", zones='["school", "shop"]'),
    rule("outside", "outside", 'schedule = "often"', "cool_down_s = 60"),
    rule("outside_always", "outside"),
    rule("dwell", "dwell", "dwell_s = 240"),
    rule("dwell_often", "dwell", "dwell_s = 30", 'schedule = "often"', zones='"all"'),
    rule("cross", "cross", zones='"all"'),
    rule("approach", "approach", "approach_m = 200"),
    rule("fast", "speeding", "speed_kmh = 50", "cool_down_s = 120"),
    rule("fast_often", "speeding", "speed_kmh = 30", 'schedule = "often"', zones='"all"'),
    head=WINDOWS,
)
_compiled: list[CompiledRules] = []


def compiled() -> CompiledRules:
    if not _compiled:
        _compiled.append(CompiledRules.of(ALL, zone_set()))
    return _compiled[0]


def any_drive(seed: int, events: int = 250) -> Drive:
    """A fleet that wanders, with late, silent and back-filled vehicles."""
    rng = random.Random(seed)
    drive = Drive("abcdefgh")
    zones = list(compiled().zone_keys)
    inside: dict[str, set[str]] = {}
    newest: dict[str, float] = {}
    t = 0.0
    for _ in range(events):
        t += rng.choice((0, 1, 5, 20, 60)) * rng.random()
        vehicle = rng.choice(drive.vehicles)
        now = max(t - rng.choice((0, 0, 0, 40)), newest.get(vehicle, -1) + 0.001)
        live = rng.random() > 0.1
        if vehicle not in inside:
            inside[vehicle] = set(rng.sample(zones, rng.choice((0, 0, 1, 2))))
            for zone in sorted(inside[vehicle], key=zones.index):
                began = T0 + round(1000 * now)
                drive.moves.append((len(drive.fixes), drive.vehicles.index(vehicle), zone,
                                    Move.FOUND, began, began, 112.0, 28.0, live))  # fmt: skip
        elif rng.random() < 0.5:
            zone = rng.choice(zones)
            kind = rng.choice((Move.EXIT if zone in inside[vehicle] else Move.ENTER,) * 9
                              + (Move.CROSS,))  # fmt: skip
            if kind == Move.CROSS and zone in inside[vehicle]:
                continue
            if kind != Move.CROSS:
                inside[vehicle] ^= {zone}
            shown = rng.uniform(newest[vehicle], now)
            drive.move(kind, vehicle, zone, now, shown, live=live)
            newest[vehicle] = now
            continue
        newest[vehicle] = now
        drive.fix(vehicle, now, rng.choice((0, 20, 40, 60, 80, float("nan"))), live=live)
    return drive


def whole(drive: Drive) -> tuple[list[tuple], bytes]:
    made = Evaluator(compiled())
    return drive.run(made), made.state.snapshot()


@given(st.integers(0, 2**32), st.lists(st.integers(0, 250), max_size=6))
@settings(max_examples=150, deadline=None)
def test_where_batches_are_cut_changes_nothing(seed: int, cuts: list[int]) -> None:
    drive = any_drive(seed)
    alerts, state = whole(drive)
    made = Evaluator(compiled())
    assert drive.run(made, [min(c, len(drive.fixes)) for c in cuts]) == alerts
    assert made.state.snapshot() == state


@given(st.integers(0, 2**32), st.lists(st.integers(0, 250), min_size=1, max_size=4))
@settings(max_examples=150, deadline=None)
def test_a_snapshot_and_what_came_after_it_give_the_same_bytes(seed: int, cuts: list[int]) -> None:
    drive = any_drive(seed)
    alerts, state = whole(drive)
    made, told, begin = Evaluator(compiled()), [], 0
    for cut in sorted(min(c, len(drive.fixes)) for c in cuts):
        told += tell(made, drive, begin, cut)
        made = reborn(made)
        assert made.state.snapshot() == reborn(made).state.snapshot()
        begin = cut
    assert told + tell(made, drive, begin) == alerts
    assert made.state.snapshot() == state


@given(st.integers(0, 2**32), st.integers(0, 250))
@settings(max_examples=150, deadline=None)
def test_a_swap_to_the_same_rules_loses_and_doubles_nothing(seed: int, cut: int) -> None:
    drive = any_drive(seed)
    alerts, state = whole(drive)
    made = Evaluator(compiled())
    cut = min(cut, len(drive.fixes))
    told = tell(made, drive, 0, cut)
    mixed = book(*(_text(n) for n in reversed(range(len(ALL.rules)))), head=WINDOWS)
    tags = {"new": [], "a": ["park"], "b": ["park", "shop"], "c": ["school"], "d": []}
    made.offer(CompiledRules.of(mixed, zone_set(tags)))
    told += tell(made, drive, cut)
    # at one fix alerts stand in the order of the book
    assert sorted(map(str, told)) == sorted(map(str, alerts))
    made.offer(compiled())
    tell(made, drive, len(drive.fixes))
    assert made.state.snapshot() == state


def _text(n: int) -> str:
    held = ALL.canonical()["zone_rule"][n]
    names = {"zones"}
    lines = [f"{k} = {v!r}".replace("'", '"') for k, v in held.items() if k not in names]
    choice = held["zones"]
    inner = ", ".join(f"{k} = {str(v).lower() if v is True else v}" for k, v in choice.items())
    return "\n".join([*lines, f"zones = {{{inner}}}".replace("'", '"')])


def test_only_late_fixes_raise_nothing() -> None:
    for seed in range(20):
        drive = any_drive(seed)
        drive.fixes = [(*fix[:-1], False) for fix in drive.fixes]
        drive.moves = [(*move[:-1], False) for move in drive.moves]
        assert drive.run(Evaluator(compiled())) == []


def test_a_new_rule_finds_the_vehicles_where_they_are() -> None:
    made = evaluator(book(rule("old", "inside")))
    drive = Drive().fix("v", 0).enter("v", "a", 10).fix("w", 100).fix("w", 200)
    assert tell(made, drive, 0, 3) == [("old", "v", "a", 10, 10, None)]
    made.offer(CompiledRules.of(
        book(rule("new", "inside"), rule("old", "inside"), rule("out", "outside"),
             rule("long", "dwell", "dwell_s = 20")), zone_set()))  # fmt: skip
    assert tell(made, drive, 3) == [
        ("new", "v", "a", 100, 160, None),
        ("out", "w", None, 100, 160, None),
        ("long", "v", "a", 100, 160, 90.0),
    ]


def test_a_changed_rule_does_not_repeat_what_it_said() -> None:
    made = evaluator(book(rule("r", "inside"), rule("d", "dwell", "dwell_s = 20")))
    drive = Drive().fix("v", 0).enter("v", "a", 10)
    for t in range(20, 300, 20):
        drive.fix("w", t)
    assert [a[:2] for a in tell(made, drive, 0, 9)] == [("r", "v"), ("d", "v")]
    made.offer(CompiledRules.of(
        book(rule("r", "inside", zones='"all"'), rule("d", "dwell", "dwell_s = 40")),
        zone_set()))  # fmt: skip
    assert tell(made, drive, 9) == []


def test_who_was_in_a_zone_that_is_gone_is_silently_out_of_it() -> None:
    made = evaluator(book(rule("x", "exit"), rule("d", "dwell", "dwell_s = 100")))
    drive = Drive().fix("v", 0).enter("v", "a", 10)
    for t in range(20, 400, 20):
        drive.fix("w", t)
    tell(made, drive, 0, 3)
    made.offer(CompiledRules.of(made.compiled.book, zone_set({"b": ["park"]})))
    assert tell(made, drive, 3) == []


def test_bytes_that_are_no_state_are_refused() -> None:
    for data in (b"", b"\x00", b"\x81\xa1a\x01"):
        with pytest.raises(ValueError, match="not a rule state"):
            RuleState.restore(data, compiled())

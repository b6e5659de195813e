"""What each kind of rule raises, and when."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from geofence.rules.book import RuleBook
from geofence.rules.sweep.held import Move
from tests.unit.geofence.rules.fleet import T0, Drive, book, evaluator, rule


def told(rules: RuleBook, drive: Drive, groups: dict | None = None) -> list[tuple]:
    return [alert[:5] for alert in drive.run(evaluator(rules, groups))]


def clock(drive: Drive, until: float, vehicle: str = "x", every: float = 10) -> Drive:
    """Fixes of another vehicle, which move the time on."""
    t = (drive.fixes[-1][1] - T0) / 1000 if drive.fixes else 0
    while t < until:
        t += every
        drive.fix(vehicle, t)
    return drive


def wall(text: str) -> float:
    """Seconds after T0 of a wall time in Shanghai."""
    local = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai"))
    return local.timestamp() - T0 / 1000


NIGHT = '[schedules.night]\nwindows = ["daily 22:00-06:00"]\n'
NINE = wall("2026-11-19T21:00")
TEN = wall("2026-11-19T22:00")
SIX = wall("2026-11-20T06:00")


def test_enter_and_exit_raise_at_the_first_fix_that_showed_it() -> None:
    drive = Drive().fix("v", 0).enter("v", "a", 40, shown=10).enter("v", "c", 50)
    drive.exit("v", "a", 90, shown=70)
    assert told(book(rule("r", "enter")), drive) == [("r", "v", "a", 10, 40)]
    assert told(book(rule("r", "exit")), drive) == [("r", "v", "a", 70, 90)]


def test_each_zone_of_a_rule_is_entered_on_its_own_but_being_inside_is_one_state() -> None:
    drive = Drive().fix("v", 0).enter("v", "a", 10).enter("v", "b", 20).exit("v", "a", 30)
    drive.exit("v", "b", 40).enter("v", "b", 50)
    assert told(book(rule("r", "enter")), drive) == [
        ("r", "v", "a", 10, 10), ("r", "v", "b", 20, 20), ("r", "v", "b", 50, 50)
    ]  # fmt: skip
    assert told(book(rule("r", "inside")), drive) == [
        ("r", "v", "a", 10, 10), ("r", "v", "b", 50, 50)
    ]  # fmt: skip


def test_outside_is_outside_of_all_zones_of_the_rule() -> None:
    drive = Drive().move(Move.FOUND, "v", "a", 0).enter("v", "b", 10).exit("v", "a", 20)
    drive.exit("v", "b", 30)
    assert told(book(rule("r", "outside")), drive) == [("r", "v", None, 30, 30)]


def test_a_vehicle_is_found_where_it_is_first_heard_of() -> None:
    drive = Drive().move(Move.FOUND, "v", "a", 0).fix("w", 1)
    drive.exit("v", "a", 200)
    assert told(book(rule("r", "enter")), drive) == []
    assert told(book(rule("r", "inside")), drive) == [("r", "v", "a", 0, 0)]
    assert told(book(rule("r", "outside")), drive) == [
        ("r", "w", None, 1, 1), ("r", "v", None, 200, 200)
    ]  # fmt: skip
    assert told(book(rule("r", "dwell", "dwell_s = 60")), drive) == [("r", "v", "a", 60, 200)]


def test_cross_tells_of_a_zone_jumped_through() -> None:
    drive = Drive().fix("v", 0).move(Move.CROSS, "v", "c", 30, shown=12)
    assert told(book(rule("r", "cross", zones='["school"]')), drive) == [("r", "v", "c", 12, 30)]
    assert told(book(rule("r", "cross")), drive) == []


def test_a_dwell_is_raised_by_the_fleet_s_time_though_the_vehicle_is_silent() -> None:
    drive = clock(Drive().fix("v", 0).enter("v", "a", 10), 200)
    rules = book(rule("r", "dwell", "dwell_s = 60"))
    assert drive.run(evaluator(rules)) == [("r", "v", "a", 70, 130, 60.0)]


def test_a_dwell_that_ended_in_time_is_not_raised() -> None:
    rules = book(rule("r", "dwell", "dwell_s = 60"))
    left = Drive().fix("v", 0).enter("v", "a", 10)
    clock(left, 100).exit("v", "a", 110, shown=65)
    assert told(rules, clock(left, 400)) == []


def test_a_dwell_that_was_long_enough_is_raised_though_it_ended_before_it_was_told() -> None:
    rules = book(rule("r", "dwell", "dwell_s = 60"))
    left = clock(Drive().fix("v", 0).enter("v", "a", 10), 80).exit("v", "a", 90, shown=85)
    assert told(rules, clock(left, 400)) == [("r", "v", "a", 70, 90)]


def test_a_stay_raises_a_dwell_once_and_the_next_stay_again() -> None:
    drive = clock(Drive().fix("v", 0).enter("v", "a", 10), 500).exit("v", "a", 510)
    clock(drive.enter("v", "a", 520), 1000)
    assert [a[3] for a in told(book(rule("r", "dwell", "dwell_s = 60")), drive)] == [70, 580]


@pytest.mark.parametrize(("when", "place"), [("inside", "a"), ("outside", None)])
def test_a_vehicle_that_is_so_when_the_window_opens_counts(when: str, place: str | None) -> None:
    drive = Drive("vx").move(Move.FOUND, "v", "a", NINE) if place else Drive("vx").fix("v", NINE)
    drive.move(Move.FOUND, "x", "d", NINE).enter("x", "d", NINE + 1)
    clock(drive, TEN + 300, "v", every=60)
    zones = '["park"]' if place else '{any = ["park"], ids = ["d"]}'
    rules = book(rule("r", when, 'schedule = "night"', zones=zones), head=NIGHT)
    assert told(rules, drive) == [("r", "v", place, TEN, TEN + 60)]


def test_a_vehicle_that_comes_while_the_window_is_open_counts_when_it_comes() -> None:
    drive = Drive("vx").fix("v", NINE).fix("x", NINE)
    clock(drive, TEN + 100, every=60).enter("v", "a", TEN + 120)
    rules = book(rule("r", "inside", 'schedule = "night"'), head=NIGHT)
    assert told(rules, clock(drive, TEN + 400)) == [("r", "v", "a", TEN + 120, TEN + 120)]


def test_a_late_told_entry_before_the_window_counts_from_its_opening() -> None:
    drive = Drive("vx").fix("v", NINE).fix("x", NINE)
    clock(drive, TEN + 100, every=60).enter("v", "a", TEN + 130, shown=TEN - 20)
    rules = book(rule("r", "inside", 'schedule = "night"'), head=NIGHT)
    assert told(rules, clock(drive, TEN + 400)) == [("r", "v", "a", TEN, TEN + 130)]


def test_a_dwell_outside_of_the_window_waits_for_it() -> None:
    drive = clock(Drive("vx").fix("x", NINE).enter("v", "a", NINE + 10), TEN + 200, every=60)
    rules = book(rule("r", "dwell", "dwell_s = 60", 'schedule = "night"'), head=NIGHT)
    (alert,) = drive.run(evaluator(rules))
    assert (alert[3], alert[5]) == (TEN, TEN - NINE - 10)


def test_an_entry_outside_of_the_window_is_nothing() -> None:
    rules = book(rule("r", "enter", 'schedule = "night"'), head=NIGHT)
    drive = Drive().fix("v", NINE).enter("v", "a", NINE + 10).enter("v", "b", SIX - 1)
    drive.exit("v", "b", SIX + 1).enter("v", "b", SIX + 2)
    assert told(rules, drive) == [("r", "v", "b", SIX - 1, SIX - 1)]


def test_speeding_takes_two_fixes_in_a_row_and_is_told_once() -> None:
    rules = book(rule("r", "speeding", "speed_kmh = 30", zones='["school"]'))
    drive = Drive().fix("v", 0, 80).enter("v", "c", 10)
    for t, kmh in enumerate((40, 20, 40, 55, 50, 60, 10, 31, 32), start=11):
        drive.fix("v", t, kmh)
    drive.exit("v", "c", 30).fix("v", 31, 90).fix("v", 32, 90)
    alerts = drive.run(evaluator(rules))
    assert [a[:5] for a in alerts] == [("r", "v", "c", 13, 14), ("r", "v", "c", 18, 19)]
    assert [round(a[5]) for a in alerts] == [55, 32]


def test_an_unknown_speed_neither_proves_nor_ends_speeding() -> None:
    rules = book(rule("r", "speeding", "speed_kmh = 30", zones='["school"]'))
    drive = Drive().fix("v", 0).enter("v", "c", 10).fix("v", 11, 40).fix("v", 12, float("nan"))
    assert told(rules, drive.fix("v", 13, 41)) == [("r", "v", "c", 11, 13)]


def test_a_cool_down_is_of_one_rule_and_vehicle() -> None:
    rules = book(rule("r", "enter", "cool_down_s = 100"), rule("s", "enter"))
    drive = Drive().fix("v", 0).fix("w", 0)
    for t in (10, 50, 109, 110, 120):
        drive.enter("v", "a", t).enter("w", "a", t).exit("v", "a", t + 1).exit("w", "a", t + 1)
    alerts = told(rules, drive)
    assert [a[3] for a in alerts if a[:2] == ("r", "v")] == [10, 110]
    assert [a[3] for a in alerts if a[:2] == ("r", "w")] == [10, 110]
    assert len([a for a in alerts if a[0] == "s"]) == 10


def test_back_fill_changes_the_state_and_raises_nothing() -> None:
    rules = book(rule("r", "enter"), rule("i", "inside"), rule("d", "dwell", "dwell_s = 60"),
                 rule("x", "exit"))  # fmt: skip
    drive = Drive().fix("v", 0).fix("x", 5000)
    drive.enter("v", "a", 10, live=False)
    clock(drive, 6000, every=100)
    assert told(rules, drive) == []
    drive.fix("v", 6001)
    assert told(rules, drive) == [("i", "v", "a", 6001, 6001)]
    clock(drive, 6200)
    assert told(rules, drive)[1:] == [("d", "v", "a", 6001, 6061)]


def test_vehicles_are_chosen_by_group_and_id() -> None:
    groups = {"v": ["patrol", "night"], "w": ["patrol"], "x": []}
    drive = Drive()
    for name in "vwx":
        drive.fix(name, 0).enter(name, "a", 1)

    def who(choice: str) -> str:
        rules = book(rule("r", "enter", f"vehicles = {choice}"))
        return "".join(a[1] for a in told(rules, drive, groups))

    assert who('"all"') == "vwx"
    assert who('["patrol"]') == "vw"
    assert who('{all = ["patrol", "night"]}') == "v"
    assert who('{any = ["patrol"], except = ["night"]}') == "w"
    assert who('{except = ["patrol"]}') == "x"
    assert who('{any = ["night"], ids = ["x"]}') == "vx"
    assert who('{ids = ["x"]}') == "x"


@pytest.mark.parametrize(
    ("choice", "meant"),
    [
        ('["park"]', "ab"),
        ('["park", "school"]', "abc"),
        ('{all = ["park", "shop"]}', "b"),
        ('{any = ["park"], not = ["shop"]}', "a"),
        ('{ids = ["d"]}', "d"),
        ('{any = ["school"], ids = ["d"], not = ["c"]}', "d"),
        ('"all"', "abcd"),
        ('{every = true, not = ["park", "d"]}', "c"),
    ],
)
def test_zones_are_chosen_by_tag_and_id(choice: str, meant: str) -> None:
    drive = Drive().fix("v", 0)
    for n, zone in enumerate("abcd", start=1):
        drive.enter("v", zone, n)
    assert "".join(a[2] for a in told(book(rule("r", "enter", zones=choice)), drive)) == meant


def test_approach_is_told_once_before_the_zone_and_not_on_leaving_it() -> None:
    rules = book(rule("r", "approach", "approach_m = 300", zones='["school"]'))
    ring = "c~300m"
    drive = Drive().fix("v", 0).enter("v", ring, 10).enter("v", "c", 20).exit("v", "c", 30)
    drive.exit("v", ring, 40).enter("v", "c", 50).enter("v", ring, 50)
    made = evaluator(rules)
    assert drive.run(made) == [("r", "v", "c", 10, 10, 300.0)]
    metre = 1 / 111_195
    fix, zone = made.compiled.watched.match([112.2, 112.2], [28 + 390 * metre, 28 + 410 * metre])
    assert (fix.tolist(), [made.compiled.zone_keys[z] for z in zone]) == ([0], [ring])


def test_a_rule_that_is_off_or_about_no_zone_raises_nothing() -> None:
    rules = book(rule("r", "enter", "enabled = false"), rule("s", "outside", zones='["none"]'))
    drive = Drive().fix("v", 0).enter("v", "a", 1).exit("v", "a", 2)
    assert told(rules, drive) == []
    assert [r.id for r in evaluator(rules).compiled.matching_no_zone()] == ["s"]

"""Answers are held against the truth, and the tables can fail."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ingest.fix import Alarm
from vehicleguard.evaluate.aims import aims_of
from vehicleguard.evaluate.answer import answer_of
from vehicleguard.evaluate.case import Case
from vehicleguard.evaluate.fixes import Fixes, moved
from vehicleguard.evaluate.interval import poisson_upper, wilson
from vehicleguard.evaluate.score import score
from vehicleguard.evaluate.sweep import THRESHOLDS, sweep

PLACE = 112.0, 28.5
STOLEN_S = 3605.0


def case(kind: str = "tow", theft_t: float | None = STOLEN_S, **columns: Any) -> Case:
    """An hour at a place with a fix a minute, then ten fixes, each 60 m on, every 10 s."""
    stands, goes = np.arange(0.0, 3601.0, 60.0), 3610.0 + 10.0 * np.arange(10)
    off = np.r_[np.zeros(len(stands)), 60.0 * np.arange(1, 11)]
    lon, lat = moved(*PLACE, off, 0.0)
    fixes = Fixes.at(np.r_[stands, goes], lon, np.broadcast_to(lat, lon.shape))
    return Case(kind, fixes.but(**columns), PLACE, theft_t=theft_t)


def incident(*rises: tuple[float, str], vehicle: str = "v", name: str = "i-1") -> dict[str, Any]:
    return {
        "id": name,
        "vehicle_id": vehicle,
        "level": rises[-1][1],
        "history": [{"t": t, "level": level, "reason": ""} for t, level in rises],
    }


def test_a_delay_counts_the_fixes_after_the_first_that_lies_away() -> None:
    # the second fix of the theft, 120 m away, is the first that could show it
    for told, fixes in ((3620.0, 0), (3630.0, 1), (3650.0, 3)):
        answer = answer_of(case(), "v", [incident((told, "yellow"))])
        assert (answer.delay_fixes, answer.delay_s) == (fixes, told - 3620.0)


def test_a_delay_ends_with_yellow_and_not_with_blue() -> None:
    answer = answer_of(case(), "v", [incident((3620.0, "blue"), (3640.0, "red"))])
    assert (answer.level, answer.delay_fixes) == ("red", 2)


def test_an_alarm_that_speaks_of_theft_could_show_it_at_the_place_itself() -> None:
    alarms = np.zeros(71, np.int64)
    alarms[61] = int(Alarm.STOLEN)
    answer = answer_of(case(alarms=alarms), "v", [incident((3630.0, "red"))])
    assert answer.delay_fixes == 2


def test_fixes_that_came_late_are_no_delay() -> None:
    late = case()
    received = late.fixes.t.copy()
    received[63:65] += 3600
    answer = answer_of(
        Case("tow", late.fixes.but(received=received), PLACE, theft_t=STOLEN_S),
        "v",
        [incident((3650.0, "yellow"))],
    )
    assert answer.delay_fixes == 1


def test_what_a_timer_told_has_a_delay_in_seconds_alone() -> None:
    answer = answer_of(case(), "v", [incident((4300.0, "yellow"))])
    assert (answer.delay_fixes, answer.delay_s) == (None, 600.0)


def test_two_incidents_for_one_theft_are_counted_as_doubled() -> None:
    one, two = incident((3630.0, "yellow")), incident((3650.0, "blue"), name="i-2")
    assert not answer_of(case(), "v", [one]).doubled
    assert answer_of(case(), "v", [one, two]).doubled


def test_yellow_before_the_theft_is_early_and_detects_nothing() -> None:
    answer = answer_of(case(), "v", [incident((1800.0, "yellow"))])
    assert answer.early
    assert answer.level is None


def test_a_missed_theft_lowers_the_rate_and_misses_the_aim() -> None:
    cases = [case() for _ in range(10)]
    ids = [f"v{n}" for n in range(10)]
    every = [incident((3630.0, "red"), vehicle=id_) for id_ in ids]
    found = score(cases, ids, every)
    assert found.total().detected == 1.0
    missed = score(cases, ids, every[1:])
    assert missed.total().detected == 0.9
    assert missed.total().missed == ["v0"]
    name = "thefts detected (yellow or red)"
    assert [aim.met for aim in aims_of(found) if aim.name == name] == [True]
    assert [aim.met for aim in aims_of(missed) if aim.name == name] == [False]
    assert [aim.met for aim in aims_of(missed) if aim.name == "red: tow"] == [False]


def test_a_blue_theft_is_not_detected() -> None:
    found = score([case()], ["v"], [incident((3630.0, "blue"))]).total()
    assert (found.detected, found.blue, found.missed) == (0.0, 1, ["v"])


def test_false_alarms_are_counted_by_their_highest_level_a_vehicle_month() -> None:
    calm = case("parked", None)
    scores = score([calm], ["v"], [incident((100.0, "blue"), (160.0, "red"))])
    cried = scores.cried_in_all()
    assert (cried.blue, cried.yellow, cried.red) == (0, 0, 1)
    assert cried.per_month("red") == pytest.approx(730 / (3700 / 3600))
    assert [aim.met for aim in aims_of(scores) if aim.name == "red false alarms"] == [False]


def test_an_owner_who_is_rightly_asked_is_no_false_alarm_but_yellow_is() -> None:
    calm = case("forgot_to_disarm", None)
    forgot = Case(calm.kind, calm.fixes, PLACE, blue_is_right=True)
    asked = score([forgot], ["v"], [incident((100.0, "blue"))]).cried_in_all()
    cried = score([forgot], ["v"], [incident((100.0, "yellow"))]).cried_in_all()
    assert (asked.blue, cried.yellow) == (0, 1)


def test_what_nobody_can_tell_is_shown_and_not_counted() -> None:
    calm = case("driven_unknown", None)
    unknown = Case(calm.kind, calm.fixes, PLACE, counted=False)
    scores = score([unknown], ["v"], [incident((100.0, "red"))])
    assert scores.cried[0].red == 1
    assert scores.cried_in_all().red == 0


def test_any_incident_by_back_fill_misses_the_aim() -> None:
    scores = score([case("late_steadily", None)], ["v"], [incident((100.0, "blue"))])
    assert [aim.met for aim in aims_of(scores) if aim.name == "incidents by back-fill"] == [False]


def test_an_aim_that_nothing_was_tried_for_is_missed() -> None:
    assert {aim.met for aim in aims_of(score([], [], [])) if "back-fill" not in aim.name} == {False}


def signal(vehicle: str, points: float, because: list[str], t: float = 3630.0) -> dict[str, Any]:
    return {
        "vehicle_id": vehicle,
        "kind": "kept_moving",
        "t_detected": t,
        "evidence": {"score": points, "because": because, "episode": 3610.0},
    }


def test_a_sweep_finds_fewer_thefts_and_cries_less_as_the_threshold_rises() -> None:
    cases = [case(), case(), case("parked", None)]
    both = ["place", "motion"]
    swept = sweep(
        cases,
        ["a", "b", "c"],
        [signal("a", 6.0, both), signal("b", 3.0, both), signal("c", 4.0, both)],
    )
    at = {point.threshold: point for point in swept.yellow}
    assert (at[2.0].recall, at[2.0].precision) == (1.0, pytest.approx(2 / 3))
    assert (at[3.5].recall, at[3.5].false_alarms) == (0.5, 1)
    assert (at[5.0].recall, at[5.0].precision) == (0.5, 1.0)
    assert at[THRESHOLDS[-1]].recall == 0.0


def test_a_sweep_takes_no_signal_of_one_kind_and_none_from_before_the_theft() -> None:
    signals = [signal("a", 9.0, ["motion", "habit"]), signal("a", 9.0, ["place", "motion"], 100.0)]
    swept = sweep([case()], ["a"], signals)
    assert {point.recall for point in [*swept.yellow, *swept.red]} == {0.0}


def test_intervals_are_those_of_the_tables() -> None:
    # Wilson for 81 of 263 (Newcombe 1998); Poisson bounds by Garwood 1936
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson(0, 0) == (0.0, 1.0)
    assert [poisson_upper(n) for n in (0, 1, 10)] == pytest.approx([2.996, 4.744, 16.962], abs=1e-3)

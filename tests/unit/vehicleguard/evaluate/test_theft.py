"""Every theft is what its name says, behind fixes that stay real."""

from __future__ import annotations

import numpy as np
import pytest

from ingest.fix import Alarm
from vehicleguard.evaluate import carriers, theft
from vehicleguard.evaluate.answer import first_shown
from vehicleguard.evaluate.case import Case, batch_of
from vehicleguard.evaluate.fixes import apart_m

EACH = 6


def distance(case: Case) -> np.ndarray:
    """Metres from where it was parked, by fix."""
    return apart_m(*case.place, case.fixes.lon, case.fixes.lat)


def after(case: Case) -> np.ndarray:
    """Which fixes belong to the theft."""
    assert case.theft_t is not None
    return case.fixes.t >= case.theft_t


@pytest.fixture(scope="module")
def cases() -> dict[str, list[Case]]:
    made = theft.thefts(carriers.load(None, "all"), EACH, np.random.default_rng(7))
    out: dict[str, list[Case]] = {}
    for case in made:
        out.setdefault(case.kind, []).append(case)
    return out


def test_there_are_as_many_of_each_kind_as_asked_for(cases: dict[str, list[Case]]) -> None:
    assert set(cases) == {*theft.KINDS, "gang"}
    assert {len(cases[kind]) for kind in theft.KINDS} == {EACH}
    assert len(cases["gang"]) == theft.GANG


def test_a_theft_follows_an_hour_at_one_place_in_order_of_time(
    cases: dict[str, list[Case]],
) -> None:
    for case in (one for of_kind in cases.values() for one in of_kind):
        assert (np.diff(case.fixes.t) >= 0).all(), case.kind
        before = ~after(case)
        assert np.ptp(case.fixes.t[before]) > 3600
        assert np.median(distance(case)[before]) < 60
        assert after(case).any(), case.kind
        assert (case.fixes.received >= case.fixes.t).all()


@pytest.mark.parametrize("kind", ["drive_off", "tow", "gang", "stop_and_go", "cut_then_move"])
def test_the_vehicle_ends_far_away_with_the_key_off(
    kind: str, cases: dict[str, list[Case]]
) -> None:
    for case in cases[kind]:
        assert distance(case)[-1] > 300
        assert (case.fixes.ignition[after(case)] <= 0).all()
        assert (case.fixes.armed[after(case)] != 0).all()


def test_a_pushed_vehicle_goes_at_walking_speed(cases: dict[str, list[Case]]) -> None:
    for case in cases["push"]:
        t, way = case.fixes.t[after(case)], distance(case)[after(case)]
        assert 300 < way[-1] < 1000
        assert (way[-1] - way[0]) / (t[-1] - t[0]) < 2.0


def test_silence_follows_a_cut_of_the_power_and_nothing_shows_more(
    cases: dict[str, list[Case]],
) -> None:
    for case in cases["cut_then_silence"]:
        assert (distance(case)[after(case)] < 100).all()
        assert (case.fixes.alarms[after(case)] == Alarm.POWER_CUT).all()
        assert first_shown(case.fixes, case.place, case.theft_t or 0.0) is None


def test_a_jammed_vehicle_is_heard_again_kilometres_away(cases: dict[str, list[Case]]) -> None:
    for case in cases["jam_then_reappear"]:
        at = int(np.flatnonzero(after(case))[0])
        assert case.fixes.t[at] - case.fixes.t[at - 1] > 600
        assert distance(case)[at] > 2000


def test_a_creeping_vehicle_never_makes_more_than_a_few_steps_at_once(
    cases: dict[str, list[Case]],
) -> None:
    for case in cases["creep"]:
        assert distance(case)[-1] > 500
        assert np.abs(np.diff(distance(case)[after(case)])).max() < 100


def test_a_stashed_vehicle_stands_elsewhere_for_hours_before_it_moves_on(
    cases: dict[str, list[Case]],
) -> None:
    for case in cases["stash_and_move"]:
        assert case.fixes.t[-1] - (case.theft_t or 0.0) > 3 * 3600
        assert distance(case)[after(case)].max() > 300


@pytest.mark.parametrize(
    ("kind", "alarm"),
    [
        ("cut_then_move", Alarm.POWER_CUT),
        ("vibration_then_move", Alarm.VIBRATION),
        ("started_without_key", Alarm.ILLEGAL_IGNITION),
        ("terminal_stolen", Alarm.STOLEN),
        ("terminal_displaced", Alarm.ILLEGAL_DISPLACEMENT),
        ("tamper_then_move", Alarm.TAMPER),
        ("antenna_then_move", Alarm.ANTENNA),
    ],
)
def test_an_alarm_comes_first_at_the_place_itself(
    kind: str, alarm: Alarm, cases: dict[str, list[Case]]
) -> None:
    for case in cases[kind]:
        assert not case.fixes.alarms[~after(case)].any()
        first = int(np.flatnonzero(after(case))[0])
        assert case.fixes.alarms[first] == alarm
        assert distance(case)[first] < 30
        assert distance(case)[-1] > 300


def test_a_gang_takes_vehicles_of_one_place_at_one_time(cases: dict[str, list[Case]]) -> None:
    first = cases["gang"][0]
    for case in cases["gang"]:
        assert apart_m(*case.place, *first.place) < 150
        assert abs((case.theft_t or 0.0) - (first.theft_t or 0.0)) < 60


def test_every_tenth_terminal_does_not_tell_when_its_fixes_arrived() -> None:
    made = theft.thefts(carriers.load(None, "all"), 10, np.random.default_rng(7))
    silent = [case for case in made if (case.fixes.received == case.fixes.t).all()]
    assert len(silent) == len(theft.KINDS)


def test_a_kind_is_the_same_however_many_cases_come_before_it() -> None:
    held = carriers.load(None, "all")
    few, many = (theft.thefts(held, n, np.random.default_rng(3)) for n in (1, 3))
    first = {case.kind: case for case in reversed(many)}
    for case in few:
        if case.kind in theft.KINDS:
            assert np.array_equal(case.fixes.lon, first[case.kind].fixes.lon), case.kind


def test_a_batch_is_in_order_of_arrival_and_names_each_case(
    cases: dict[str, list[Case]],
) -> None:
    some = [*cases["tow"], *cases["push"]]
    batch, ids = batch_of(some)
    assert (np.diff(batch.received_ms) >= 0).all()
    assert ids == [f"{kind}-{n:04d}" for kind in ("tow", "push") for n in range(EACH)]
    assert np.array_equal(np.bincount(batch.vehicle), [len(case.fixes) for case in some])

"""Every negative is what its name says, and no theft."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from ingest.fix import Alarm
from vehicleguard.evaluate import carriers, noise
from vehicleguard.evaluate.carriers import Driven
from vehicleguard.evaluate.case import Case
from vehicleguard.evaluate.fixes import apart_m
from vehicleguard.evaluate.negative import BACK_FILL, CONVOY, negatives
from vehicleguard.evaluate.stay import stay_of

EACH = 8


def distance(case: Case) -> np.ndarray:
    return apart_m(*case.place, case.fixes.lon, case.fixes.lat)


@pytest.fixture(scope="module")
def cases() -> dict[str, list[Case]]:
    made = negatives(carriers.load(None, "all"), EACH, np.random.default_rng(7))
    out: dict[str, list[Case]] = {}
    for case in made:
        out.setdefault(case.kind, []).append(case)
    return out


def test_none_is_a_theft_and_all_real_stays_are_among_them(cases: dict[str, list[Case]]) -> None:
    assert all(case.theft_t is None for of_kind in cases.values() for case in of_kind)
    assert len(cases["parked"]) == len(carriers.load(None, "all").parked)
    assert {len(cases[kind]) for kind in noise.KINDS} == {EACH}


def test_events_are_in_order_of_time(cases: dict[str, list[Case]]) -> None:
    for kind, of_kind in cases.items():
        assert all((np.diff(case.fixes.t) >= 0).all() for case in of_kind), kind


@pytest.mark.parametrize(("kind", "times"), [("jump_once", 1), ("jump_twice", 2)])
def test_a_jump_comes_back(kind: str, times: int, cases: dict[str, list[Case]]) -> None:
    for case in cases[kind]:
        away = distance(case) > 150
        assert away.sum() == 3 * times
        edges = np.flatnonzero(np.diff(np.r_[False, away, False].astype(int)))
        assert (edges[1::2] - edges[::2] == times).all()
        assert (case.fixes.accuracy[away].round(1) == 1.9).all()


def test_a_drifting_receiver_stays_within_reach_of_its_place(
    cases: dict[str, list[Case]],
) -> None:
    for case in cases["drift"]:
        assert 30 < distance(case).max() < 160


def test_lost_coordinates_are_zero_both_or_one_after_the_other(
    cases: dict[str, list[Case]],
) -> None:
    for case in cases["zero_zero"]:
        assert ((case.fixes.lon == 0) & (case.fixes.lat == 0)).sum() == 5
    for case in cases["half_zero"]:
        assert np.flatnonzero(case.fixes.lat == 0) == np.flatnonzero(case.fixes.lon == 0) + 1


def test_a_frozen_receiver_repeats_a_place_and_claims_a_speed(
    cases: dict[str, list[Case]],
) -> None:
    for case in cases["frozen"]:
        frozen = case.fixes.speed >= 5
        assert frozen.sum() == len(case.fixes) // 3
        assert len(np.unique(case.fixes.lon[frozen])) == 1


def test_a_clock_ahead_is_eight_hours_ahead_of_the_arrival(cases: dict[str, list[Case]]) -> None:
    for case in cases["clock_ahead"]:
        ahead = case.fixes.t - case.fixes.received
        assert (np.abs(ahead - 8 * 3600) < 5).all()


def test_vibration_comes_without_movement(cases: dict[str, list[Case]]) -> None:
    for case in cases["vibration"]:
        shaken = case.fixes.alarms == Alarm.VIBRATION
        assert 0 < shaken.sum() < len(shaken) / 4
        assert np.median(distance(case)[shaken]) < 60


def test_a_battery_is_out_for_a_night_and_the_terminal_goes_on(
    cases: dict[str, list[Case]],
) -> None:
    for kind, gap_s in (("battery_out", 400), ("battery_out_asleep", 1900)):
        for case in cases[kind]:
            out = case.fixes.alarms == Alarm.POWER_CUT
            assert np.ptp(case.fixes.t[out]) > 10 * 3600
            assert np.diff(case.fixes.t).max() < gap_s
            assert not out[-1]
            assert case.counted == (kind == "battery_out")


def test_a_garage_is_silence_and_a_receiver_that_wakes_up_a_little_off(
    cases: dict[str, list[Case]],
) -> None:
    for case in cases["garage"]:
        at = int(np.diff(case.fixes.t).argmax()) + 1
        assert case.fixes.t[at] - case.fixes.t[at - 1] > 3600
        assert 40 < distance(case)[at] < 400


@pytest.mark.parametrize("kind", BACK_FILL)
def test_back_fill_is_far_away_and_hours_late(kind: str, cases: dict[str, list[Case]]) -> None:
    for case in cases[kind]:
        late = case.fixes.received - case.fixes.t > 300
        assert late.any()
        assert distance(case)[late].max() > 500
        assert (distance(case)[~late] < 100).all()


def test_owners_disarm_and_turn_their_key_where_it_says_so(cases: dict[str, list[Case]]) -> None:
    for kind, armed, key in (
        ("night_trip", (0, -1), (1, -1)),
        ("convoy", (0, -1), (1, -1)),
        ("trailer", (0,), (0,)),
        ("forgot_to_disarm", (1,), (1,)),
    ):
        for case in cases[kind]:
            going = (distance(case) > 150) & (np.diff(distance(case), prepend=0.0) > 60)
            assert set(case.fixes.armed[going]) <= set(armed), kind
            assert set(case.fixes.ignition[going]) <= set(key), kind
            assert (
                0 in case.fixes.armed[going] or 1 in case.fixes.ignition[going] or not going.any()
            )
            assert case.blue_is_right == (kind == "forgot_to_disarm")


def test_a_night_trip_begins_at_night_in_china(cases: dict[str, list[Case]]) -> None:
    for case in cases["night_trip"]:
        away = float(case.fixes.t[distance(case) > 150][0])
        local = datetime.fromtimestamp(away, UTC) + timedelta(hours=8)
        assert local.hour >= 22 or local.hour < 5


def test_a_convoy_is_several_vehicles_of_one_place(cases: dict[str, list[Case]]) -> None:
    first = cases["convoy"][:CONVOY]
    assert all(apart_m(*case.place, *first[0].place) < 150 for case in first)


def test_an_outage_is_of_one_region_at_one_time(cases: dict[str, list[Case]]) -> None:
    middle = np.array([case.place for case in cases["outage"]])
    assert np.ptp(middle, axis=0).max() < 0.25
    silent = [np.diff(case.fixes.t).max() for case in cases["outage"]]
    assert min(silent) > 2300


def test_a_driven_vehicle_has_its_key_on_before_it_moves() -> None:
    t = np.arange(0.0, 7200.0, 30.0)
    lat = np.where(t < 3600, 30.0, 30.0 + (t - 3600) * 1e-4)
    track = Driven("one", t, np.full(len(t), 112.0), lat, np.full(len(t), np.nan))
    held = replace(carriers.load(None, "all"), driven=[track])
    made = negatives(held, 1, np.random.default_rng(1))
    (case,) = [one for one in made if one.kind == "driven"]
    moves = int(np.flatnonzero(np.diff(lat) > 0)[0])
    assert (case.fixes.ignition[moves:] == 1).all()
    assert (case.fixes.ignition[20 : moves - 3] == 0).all()
    assert case.natural


def test_a_jump_and_return_does_not_end_a_stay() -> None:
    t = np.arange(0.0, 600.0, 60.0)
    lon, lat = np.full(10, 112.0), np.full(10, 30.0)
    lon[4] = 112.5
    assert stay_of(t, lon, lat, 60.0).tolist() == [0] * 10
    lon[5] = 112.5
    assert stay_of(t, lon, lat, 60.0).tolist() == [0] * 4 + [4] * 2 + [6] * 4
    assert stay_of(t, lon, lat, 60.0, gap_s=30.0).tolist() == list(range(10))

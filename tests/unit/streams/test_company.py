"""Several vehicles of one place at once: each is told of once, and owners are no company."""

from __future__ import annotations

import pytest

from streams.company import ENOUGH, several_at_once
from streams.departures import Departures
from streams.signal import Signal, SignalKind
from tests.timeline import HOME, T0_MS, Track, offset
from tests.unit.streams.told import levels, told

SEVERAL = SignalKind.SEVERAL_AT_ONCE


def taken(n: int, minutes: float = 10, east_m: float = 10) -> Track:
    track = Track(f"v{n}", at=offset(HOME, east_m * n, 0), armed=True, ignition=False)
    return track.park(minutes).ride(20)


def several(signals: list[Signal]) -> list[str]:
    return [signal.vehicle_id for signal in signals if signal.kind is SEVERAL]


def test_three_of_one_place_are_told_of_once_each_and_are_red() -> None:
    signals = told(*(taken(n, 10 + n / 2) for n in range(3)))
    assert sorted(several(signals)) == ["v0", "v1", "v2"]
    of_company = [signal for signal in signals if signal.kind is SEVERAL]
    assert set(levels(of_company)) == {"red"}
    others = {s.vehicle_id: s.evidence["others"] for s in of_company}
    assert others["v1"] == ["v0", "v2"]
    episodes = {s.vehicle_id: s.episode_ms for s in signals if s.kind is SignalKind.LEFT_FENCE}
    assert all(s.episode_ms == episodes[s.vehicle_id] for s in of_company)


def test_one_more_is_told_of_and_the_others_are_not_again() -> None:
    signals = told(*(taken(n, 10 + n / 2) for n in range(5)))
    assert sorted(several(signals)) == [f"v{n}" for n in range(5)]


def test_two_are_not_several() -> None:
    assert several(told(taken(0), taken(1))) == []


def test_vehicles_of_different_places_are_not_together() -> None:
    assert several(told(*(taken(n, east_m=400) for n in range(4)))) == []


def test_vehicles_that_leave_one_after_the_other_are_not_together() -> None:
    assert several(told(*(taken(n, 10 + 8 * n) for n in range(4)))) == []


def test_one_with_the_key_on_is_no_company() -> None:
    owner = Track("owner", armed=True, ignition=False).park(10)
    owner.ignition = True
    assert several(told(taken(0), taken(1), owner.ride(20))) == []


def test_vehicles_of_which_nothing_is_known_are_no_company() -> None:
    fleet = [Track(f"v{n}", at=offset(HOME, 10 * n, 0)).park(20).ride(20) for n in range(4)]
    signals = told(*fleet)
    assert SignalKind.LEFT_FENCE in {signal.kind for signal in signals}
    assert several(signals) == []


def left(vehicle: str, at_s: float) -> Signal:
    t_ms = T0_MS + int(at_s * 1000)
    return Signal(vehicle, SignalKind.LEFT_FENCE, t_ms, t_ms, t_ms, *HOME, 0.5, {"level": "yellow"})


def test_one_vehicle_that_leaves_three_times_is_not_three() -> None:
    departures = Departures()
    said = several_at_once(((left("v", 100 * n), HOME) for n in range(5)), departures)
    assert said == []


def test_a_crowd_is_told_of_once_each_in_any_cut() -> None:
    pairs = [(left(f"v{n}", 5 * n), HOME) for n in range(50)]
    whole = several_at_once(pairs, Departures())
    assert [signal.vehicle_id for signal in whole] == [f"v{n}" for n in range(50)]
    departures = Departures()
    piecewise = [s for pair in pairs for s in several_at_once([pair], departures)]
    assert piecewise == whole
    assert len({signal.id for signal in whole}) == 50


@pytest.mark.parametrize("count", range(1, ENOUGH))
def test_what_is_remembered_is_forgotten_after_ten_minutes(count: int) -> None:
    departures = Departures()
    several_at_once(((left(f"v{n}", 0), HOME) for n in range(count)), departures)
    assert several_at_once([(left("late", 601), HOME)], departures) == []
    assert [one.vehicle_id for one in departures] == ["late"]

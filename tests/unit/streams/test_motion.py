"""How a vehicle is taken away, and what only looks like it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.signal import Signal, SignalKind
from tests.timeline import HOME, Track, offset
from tests.unit.streams.told import kinds, levels, the, told

K = SignalKind
SAYS = pytest.mark.parametrize("says", [True, False], ids=["doppler", "places alone"])


def parked(vehicle: str = "v", *, says: bool = True) -> Track:
    return Track(vehicle, armed=True, ignition=False).park(10, says=says)


def calm(signals: list[Signal]) -> bool:
    return set(levels(signals)) <= {None, "blue"}


@SAYS
def test_a_vehicle_that_is_towed_is_red(*, says: bool) -> None:
    signals = told(parked(says=says).ride(20, mps=11, says=says))
    assert set(kinds(signals)) == {K.LEFT_FENCE, K.MOVED_WHILE_ARMED, K.KEPT_MOVING, K.TOWED}
    towed = the(K.TOWED, signals)
    assert towed.evidence["level"] == "red"
    assert towed.evidence["ignition"] == "off"
    assert towed.evidence["because"] == ["place", "motion", "ignition"]
    assert towed.evidence["speed_mps"] == pytest.approx(11, rel=0.05)


@SAYS
def test_where_the_key_is_not_known_nobody_says_towed(*, says: bool) -> None:
    track = Track(armed=True).park(10, says=says).ride(20, mps=11, says=says)
    assert set(kinds(told(track))) == {K.LEFT_FENCE, K.MOVED_WHILE_ARMED, K.KEPT_MOVING}


@SAYS
def test_motion_is_sustained_after_some_fixes_and_some_way(*, says: bool) -> None:
    begin = parked(says=says)
    started = begin.t_ms
    kept = the(K.KEPT_MOVING, told(begin.ride(30, mps=12, every_s=10, says=says)))
    fixes = (kept.t_detected_ms - started) // 10_000
    assert fixes <= (4 if says else 5)
    assert kept.evidence["distance_m"] >= 400 - 120
    assert int(str(kept.evidence["fixes"])) >= 3


@SAYS
@pytest.mark.parametrize("every_s", [5, 10, 20])
def test_a_vehicle_that_is_pushed_is_found_within_150_m(every_s: float, *, says: bool) -> None:
    track = parked(says=says).ride(round(400 / 1.4 / every_s), mps=1.4, every_s=every_s, says=says)
    signals = told(track)
    assert K.PUSHED in kinds(signals)
    assert float(str(the(K.PUSHED, signals).evidence["distance_m"])) <= 150


@SAYS
def test_a_vehicle_that_is_crept_away_is_found(*, says: bool) -> None:
    track = parked(says=says)
    for _ in range(8):
        track.at = offset(track.at, 50, 0)
        track.park(4, says=says)
    signals = told(track)
    assert K.LEFT_FENCE in kinds(signals)
    assert len({signal.episode_ms for signal in signals}) == 1


@SAYS
def test_a_vehicle_that_was_silent_and_is_heard_elsewhere_has_reappeared(*, says: bool) -> None:
    track = parked(says=says).wait(15)
    track.at = offset(HOME, 5000, 0)
    signals = told(track.ride(10, says=says))
    assert {K.LEFT_FENCE, K.REAPPEARED} <= set(kinds(signals))
    reappeared = the(K.REAPPEARED, signals)
    assert reappeared.evidence["silent_s"] == pytest.approx(15 * 60 + 10, abs=1)
    assert float(str(reappeared.evidence["usual_s"])) < 100
    assert "silence" in str(reappeared.evidence["because"])


def test_a_vehicle_that_was_silent_and_is_heard_where_it_was_raises_nothing() -> None:
    assert told(parked().wait(300).park(60)) == []


@settings(max_examples=150, deadline=None)
@given(
    away=st.tuples(st.floats(30, 200_000), st.floats(0, 2 * math.pi)),
    after_s=st.sampled_from([1.0, 5.0, 10.0, 30.0, 300.0]),
    stays=st.integers(1, 2),
    says=st.booleans(),
    accuracy=st.sampled_from([math.nan, 1.9, 30.0]),
)
def test_a_jump_of_any_distance_and_back_is_never_more_than_blue(
    *, away: tuple[float, float], after_s: float, stays: int, says: bool, accuracy: float
) -> None:
    track = parked(says=says)
    metres, heading = away
    there = offset(HOME, metres * math.cos(heading), metres * math.sin(heading))
    for _ in range(stays):
        speed = 0.0 if says else math.nan
        track.fix(after_s=after_s, at=there, speed=speed, accuracy=accuracy)
    track.at = HOME
    assert calm(told(track.park(15, says=says)))


@pytest.mark.parametrize("mps", [0.0, 9.0, math.nan])
def test_a_receiver_that_hangs_raises_nothing(mps: float) -> None:
    track = parked()
    for _ in range(200):
        track.fix(after_s=10, speed=mps)
    assert told(track) == []


@pytest.mark.parametrize("metres", [300, 2000, 60_000])
@SAYS
def test_two_terminals_of_one_vehicle_far_apart_are_never_more_than_blue(
    metres: float, *, says: bool
) -> None:
    track = parked(says=says)
    speed = 0.0 if says else math.nan
    for _ in range(120):
        track.fix(after_s=15, at=offset(HOME, metres, 0), speed=speed)
        track.fix(after_s=15, at=HOME, speed=speed)
    assert calm(told(track))


def test_two_terminals_one_at_home_and_one_on_the_road_are_never_more_than_blue() -> None:
    track = parked()
    for n in range(120):
        track.fix(after_s=15, at=offset(HOME, 1000 + 200 * n, 0), speed=7.0)
        track.fix(after_s=15, at=HOME, speed=0.0)
    assert calm(told(track))


def test_nobody_moves_at_0_0() -> None:
    track = parked()
    for _ in range(20):
        track.fix(at=(0.0, 0.0), speed=9.0)
    track.at = HOME
    assert told(track.park(10)) == []

"""Who armed a vehicle, where it is guarded from then on, and what ends it."""

from __future__ import annotations

import pytest

from ingest.fix import Alarm
from streams.signal import SignalKind
from tests.timeline import HOME, Track, offset
from tests.unit.streams.told import kinds, levels, the, told

K = SignalKind
TAKEN = {K.LEFT_FENCE, K.MOVED_WHILE_ARMED, K.KEPT_MOVING}


def test_the_signals_say_who_armed_it() -> None:
    owner = told(Track(armed=True, ignition=False).park(10).ride(20))
    itself = told(Track(ignition=False).park(15).ride(20))
    assert {signal.evidence["armed"] for signal in owner} == {"by_owner"}
    assert {signal.evidence["armed"] for signal in itself} == {"by_itself"}
    # the owner's own hand is worth more
    assert float(str(owner[0].evidence["score"])) == pytest.approx(
        1.3 * float(str(itself[0].evidence["score"])), abs=0.02
    )


def test_it_arms_itself_after_ten_minutes_with_the_key_off() -> None:
    assert told(Track(ignition=False).park(9).ride(20)) == []
    assert set(kinds(told(Track(ignition=False).park(12).ride(20)))) >= TAKEN


def test_a_vehicle_armed_while_it_still_rolls_is_guarded_where_it_comes_to_stand() -> None:
    track = Track(armed=False, ignition=True).park(5).ride(20)
    track.armed, track.ignition = True, False
    track.ride(4, mps=6).park(10)
    assert told(track) == []
    stands = track.at
    signals = told(track.ride(20))
    assert set(kinds(signals)) >= TAKEN
    left = the(K.LEFT_FENCE, signals)
    gone_m = (left.lon - stands[0]) / (offset(stands, 1, 0)[0] - stands[0])
    assert left.evidence["distance_m"] == pytest.approx(gone_m, abs=10)


def test_a_vehicle_armed_after_it_rolled_a_little_is_guarded_where_it_is() -> None:
    track = Track(armed=False).park(20)
    track.at = offset(track.at, 100, 0)
    track.park(3)
    track.armed = True
    assert told(track.park(600, every_s=60)) == []


def test_the_key_disarms_a_vehicle_that_armed_itself() -> None:
    track = Track(ignition=False).park(30)
    track.ignition = True
    assert told(track.ride(60)) == []


def test_the_key_does_not_disarm_what_the_owner_armed() -> None:
    track = Track(armed=True, ignition=False).park(30)
    track.ignition = True
    signals = told(track.ride(60))
    assert K.LEFT_FENCE in kinds(signals)
    # it may be the owner, who forgot
    assert set(levels(signals)) <= {None, "blue"}


@pytest.mark.parametrize("held", [True, False], ids=["held", "one fix"])
def test_after_an_alarm_of_illegal_ignition_a_key_that_is_on_disarms_nothing(*, held: bool) -> None:
    track = Track(ignition=False).park(30)
    track.ignition = True
    track.fix(after_s=10, speed=0.0, alarms=Alarm.ILLEGAL_IGNITION)
    track.ride(60, alarms=Alarm.ILLEGAL_IGNITION if held else Alarm(0))
    signals = told(track)
    assert set(kinds(signals)) >= {K.STARTED_WITHOUT_KEY, *TAKEN}
    assert {signal.evidence["armed"] for signal in signals} == {"by_itself"}
    assert "red" in levels(signals)


def test_disarming_ends_what_was_going_on() -> None:
    track = Track(armed=True, ignition=False).park(10).ride(5)
    before = told(track)
    assert before
    track.armed = False
    track.ride(60).park(30)
    assert told(track) == before
    track.armed = True
    after = told(track.park(10).ride(20))[len(before) :]
    assert {s.id for s in after}.isdisjoint({s.id for s in before})
    assert set(kinds(after)) >= TAKEN


def test_after_hours_of_silence_a_vehicle_without_a_key_is_not_taken_to_be_armed() -> None:
    track = Track().park(120).wait(100)
    track.at = offset(HOME, 9000, 0)
    assert told(track.ride(20)) == []


def test_after_hours_of_silence_a_key_that_is_off_still_guards() -> None:
    track = Track(ignition=False).park(120).wait(100)
    track.at = offset(HOME, 9000, 0)
    assert K.REAPPEARED in kinds(told(track.ride(20)))


def test_a_vehicle_of_which_nothing_is_known_comes_to_red_only_when_it_is_known_to_stay() -> None:
    briefly = told(Track().park(20).ride(30))
    assert set(kinds(briefly)) >= TAKEN
    assert levels(briefly)[-1] == "yellow"
    long = told(Track().park(120).ride(30))
    assert levels(long)[-1] == "red"


def test_a_vehicle_whose_trips_nobody_asks_about_stays_soft() -> None:
    track = Track()
    for _ in range(3):
        track.park(120).ride(60)
    signals = told(track)
    first = min(signal.episode_ms for signal in signals)
    later = [signal for signal in signals if signal.episode_ms != first]
    assert set(kinds(later)) >= TAKEN
    assert set(levels(later)) == {None}

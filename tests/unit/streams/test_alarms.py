"""What terminals cry by themselves: once an episode, live, and as far as they can be believed."""

from __future__ import annotations

import pytest

from ingest.fix import Alarm, alarm_names
from streams.processor import Processor
from streams.signal import SignalKind
from streams.state import ROW, FleetState
from tests.timeline import HOME, Track, batch_of, offset
from tests.unit.streams.told import RULES, kinds, levels, the, told

RAISES = {
    Alarm.SOS: (SignalKind.SOS, "red"),
    Alarm.STOLEN: (SignalKind.TERMINAL_STOLEN, "yellow"),
    Alarm.ILLEGAL_IGNITION: (SignalKind.STARTED_WITHOUT_KEY, "yellow"),
    Alarm.ILLEGAL_DISPLACEMENT: (SignalKind.TERMINAL_DISPLACED, "blue"),
    Alarm.TAMPER: (SignalKind.TAMPERED, "yellow"),
    Alarm.ANTENNA: (SignalKind.TAMPERED, "yellow"),
    Alarm.JAMMING: (SignalKind.JAMMING, "blue"),
}
EACH = pytest.mark.parametrize("alarm", RAISES, ids=lambda alarm: alarm.name.lower())
OF_EPISODE = {"episode_ms", "score", "told_s", "raised", "because", "level"}


def parked(minutes: float = 10) -> Track:
    return Track(armed=True, ignition=False).park(minutes)


@EACH
def test_an_alarm_of_one_fix_is_raised_at_once_with_its_name_and_level(alarm: Alarm) -> None:
    track = parked().fix(alarms=alarm, speed=0.0)
    (signal,) = told(track.park(20))
    assert (signal.kind, signal.evidence["level"]) == RAISES[alarm]
    assert signal.t_ms == signal.t_detected_ms == signal.episode_ms
    assert signal.evidence["alarms"] == alarm_names(alarm)
    assert signal.evidence["armed"] == "by_owner"


@EACH
def test_an_alarm_that_is_held_for_days_is_raised_once(alarm: Alarm) -> None:
    assert kinds(told(parked().park(3 * 24 * 60, every_s=300, alarms=alarm))) == [RAISES[alarm][0]]


@EACH
def test_an_alarm_that_comes_and_goes_is_raised_once_an_episode(alarm: Alarm) -> None:
    track = parked()
    for _ in range(4):
        track.park(2, alarms=alarm).park(3)
    signals = told(track.park(60).park(1, alarms=alarm))
    assert kinds(signals) == [RAISES[alarm][0]] * 2
    assert signals[0].id != signals[1].id


def test_two_alarms_of_one_kind_are_one_signal() -> None:
    track = parked().fix(alarms=Alarm.TAMPER, speed=0.0)
    (signal,) = told(track.fix(alarms=Alarm.TAMPER | Alarm.ANTENNA, speed=0.0))
    assert signal.kind is SignalKind.TAMPERED


@pytest.mark.parametrize(
    "alarm",
    set(Alarm) - set(RAISES),
    ids=lambda alarm: alarm.name.lower(),
)
def test_other_alarms_raise_nothing_by_themselves(alarm: Alarm) -> None:
    assert told(parked().park(30, alarms=alarm)) == []


@EACH
def test_a_live_alarm_that_was_overtaken_is_heard_and_changes_nothing_else(alarm: Alarm) -> None:
    before = parked()
    overtaken = before.rows[-1]["t_ms"] - 15_000
    state = FleetState()
    Processor(RULES).step(before.batch(), state)
    held = state.rows.copy()
    late = {**before.rows[-1], "t_ms": overtaken, "alarms": int(alarm), "lon": HOME[0] + 0.1}
    (signal,) = Processor(RULES).step(batch_of([late]), state)
    assert signal.kind is RAISES[alarm][0]
    assert signal.t_detected_ms == overtaken
    assert (signal.lon, signal.lat) == (held["lon"][0], held["lat"][0])
    changed = {n for n in ROW.names if state.rows[n].tobytes() != held[n].tobytes()}
    assert changed <= OF_EPISODE


@EACH
@pytest.mark.parametrize("flagged", [True, False])
def test_a_back_filled_alarm_raises_nothing(alarm: Alarm, *, flagged: bool) -> None:
    track = parked()
    late_s = 0.0 if flagged else 3600.0
    track.fix(alarms=alarm, speed=0.0, back_fill=flagged, received_after_s=late_s)
    assert told(track) == []
    assert told(track.park(5)) == []


@EACH
def test_an_alarm_that_began_in_back_fill_is_raised_by_the_live_fix_that_holds_it(
    alarm: Alarm,
) -> None:
    track = parked()
    for _ in range(5):
        track.fix(alarms=alarm, speed=0.0, back_fill=True)
    live = track.fix(alarms=alarm, speed=0.0).t_ms
    signal = the(RAISES[alarm][0], told(track.park(5, alarms=alarm)))
    assert signal.t_ms == live


@EACH
def test_a_disarmed_vehicle_is_heard_only_where_the_guard_does_not_matter(alarm: Alarm) -> None:
    track = Track(armed=False, ignition=False).park(20).park(5, alarms=alarm)
    believed = alarm in {Alarm.SOS, Alarm.STOLEN}
    assert kinds(told(track)) == ([RAISES[alarm][0]] if believed else [])


@EACH
def test_an_alarm_before_anything_is_known_of_the_guard(alarm: Alarm) -> None:
    track = Track().park(1).park(1, alarms=alarm)
    believed = alarm in {Alarm.SOS, Alarm.STOLEN, Alarm.ILLEGAL_IGNITION}
    assert kinds(told(track)) == ([RAISES[alarm][0]] if believed else [])


def test_an_alarm_held_since_before_the_owner_armed_it_is_no_news() -> None:
    track = Track(armed=False, ignition=False).park(20, alarms=Alarm.ANTENNA)
    track.armed = True
    assert told(track.park(20, alarms=Alarm.ANTENNA)) == []


@EACH
def test_an_alarm_without_a_place_is_told_of_where_the_vehicle_was_last(alarm: Alarm) -> None:
    track = parked()
    track.fix(at=(0.0, 0.0), located=False, alarms=alarm)
    (signal,) = told(track)
    assert signal.kind is RAISES[alarm][0]
    assert (signal.lon, signal.lat) == pytest.approx(HOME, abs=1e-3)


def test_an_sos_of_a_vehicle_that_was_never_located_is_heard() -> None:
    track = Track().fix(at=(0.0, 0.0), located=False, alarms=Alarm.SOS)
    assert kinds(told(track)) == [SignalKind.SOS]


def test_a_vibration_belongs_to_a_departure_within_ten_minutes() -> None:
    def after(minutes: float) -> list[SignalKind]:
        track = parked().fix(alarms=Alarm.VIBRATION, speed=0.0)
        return kinds(told(track.park(minutes).ride(20)))

    assert SignalKind.VIBRATION_THEN_MOVED in after(5)
    assert SignalKind.VIBRATION_THEN_MOVED not in after(15)


def test_a_power_cut_belongs_to_a_departure_within_half_an_hour() -> None:
    def after(minutes: float) -> list[SignalKind]:
        return kinds(told(parked().park(minutes, alarms=Alarm.POWER_CUT).ride(20)))

    assert SignalKind.POWER_CUT_THEN_MOVED in after(20)
    assert SignalKind.POWER_CUT_THEN_MOVED not in after(40)


def test_the_seconds_between_warning_and_departure_are_told() -> None:
    track = parked().fix(alarms=Alarm.VIBRATION, speed=0.0).park(4).ride(20)
    signal = the(SignalKind.VIBRATION_THEN_MOVED, told(track))
    assert signal.evidence["vibration_s"] == pytest.approx(4 * 60 + 10, abs=1)
    track = parked().park(4, alarms=Alarm.POWER_CUT).ride(20)
    signal = the(SignalKind.POWER_CUT_THEN_MOVED, told(track))
    assert signal.evidence["power_cut_s"] == pytest.approx(4 * 60 - 20, abs=1)


def test_a_warning_and_a_jump_make_no_theft() -> None:
    for alarm in (Alarm.VIBRATION, Alarm.POWER_CUT):
        track = parked().fix(alarms=alarm, speed=0.0)
        track.fix(at=offset(HOME, 600, 0), speed=0.0)
        track.at = HOME
        assert set(levels(told(track.park(30)))) <= {None, "blue"}

"""Silence is judged by a vehicle's own habit, on timers of event time."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.fix import Alarm, FixBatch, Flag
from streams import snapshot
from streams.detect import Count
from streams.processor import Processor
from streams.rules import Rules, Thresholds
from streams.signal import Signal, SignalKind
from streams.state import SLOT_MS, FleetState
from streams.thresholds import Silence
from tests.timeline import HOME, T0_MS, Track, arrivals, offset
from tests.unit.streams.told import kinds, the, told

SILENT, CUT = SignalKind.SILENT, SignalKind.POWER_CUT_THEN_SILENT
HASTY = Rules(
    Thresholds(silence=Silence(least_s=120, watched_min=5, after_cut_s=120, outage_s=100))
)


def parked(vehicle: str, minutes: float, every_s: float) -> Track:
    return Track(vehicle, armed=True, ignition=False).park(minutes, every_s=every_s)


def others(until: Track, more_min: float, every_s: float = 120) -> Track:
    """A vehicle that is not guarded and goes on speaking, so that time goes on."""
    track = Track("speaks on", at=offset(HOME, 9000, 0), armed=False)
    minutes = (until.t_ms - T0_MS) / 60_000 + more_min
    return track.park(minutes, every_s=every_s)


def test_silence_beyond_its_habit_is_told_softly() -> None:
    track = parked("v", 7 * 60, every_s=60)
    (signal,) = told(track, others(track, 30))
    assert signal.kind is SILENT
    assert "level" not in signal.evidence
    assert signal.evidence["usual_s"] == pytest.approx(60)
    assert signal.evidence["silent_s"] == 600
    assert signal.t_ms == track.t_ms
    assert signal.t_detected_ms == track.t_ms + 600_000


def test_a_habit_that_was_watched_too_briefly_is_none() -> None:
    track = parked("v", 5 * 60, every_s=60)
    assert told(track, others(track, 300)) == []


def test_a_tracker_that_sleeps_is_normal_and_one_that_oversleeps_is_not() -> None:
    track = parked("v", 5 * 24 * 60, every_s=7200)
    assert told(track, others(track, 11 * 60, every_s=240)) == []
    (signal,) = told(track, others(track, 13 * 60, every_s=240))
    assert signal.kind is SILENT
    assert signal.evidence["silent_s"] == pytest.approx(6 * 7200, rel=0.01)


def test_a_longer_interval_of_late_is_part_of_the_habit() -> None:
    track = parked("v", 7 * 60, every_s=60).wait(9).park(5, every_s=60)
    assert told(track, others(track, 25)) == []
    assert kinds(told(track, others(track, 32))) == [SILENT]


def test_a_vehicle_that_nobody_armed_may_be_silent() -> None:
    track = Track("v", armed=False).park(7 * 60, every_s=60)
    assert told(track, others(track, 300)) == []


def test_a_vehicle_that_rides_may_be_silent() -> None:
    track = parked("v", 7 * 60, every_s=60)
    track.armed, track.ignition = False, True
    track.ride(30)
    track.armed = True
    assert told(track.ride(3), others(track, 300)) == []


def test_one_fix_more_ends_the_wait() -> None:
    track = parked("v", 7 * 60, every_s=60)
    for _ in range(20):
        track.wait(8).fix(speed=0.0)
    assert told(track, others(track, 5)) == []


def test_a_power_cut_and_then_silence_is_told_at_yellow() -> None:
    track = parked("v", 30, every_s=30).fix(speed=0.0, alarms=Alarm.POWER_CUT)
    (signal,) = told(track, others(track, 30))
    assert signal.kind is CUT
    assert signal.evidence["level"] == "yellow"
    assert signal.evidence["because"] == ["power", "silence"]
    assert signal.evidence["silent_s"] == 600


def test_a_power_cut_and_a_vehicle_that_speaks_on_is_no_news() -> None:
    track = parked("v", 30, every_s=30).park(120, alarms=Alarm.POWER_CUT)
    assert told(track, others(track, 60)) == []


def test_a_power_cut_long_before_the_last_word_is_no_part_of_the_silence() -> None:
    track = parked("v", 30, every_s=30).park(15, alarms=Alarm.POWER_CUT)
    assert told(track, others(track, 60)) == []


def test_who_unplugs_it_every_night_is_not_asked_the_third_time() -> None:
    track = parked("v", 30, every_s=30)
    for _ in range(2):
        track.park(30, alarms=Alarm.POWER_CUT).park(30)
    track.fix(speed=0.0, alarms=Alarm.POWER_CUT)
    assert told(track, others(track, 60)) == []


def test_a_low_battery_explains_silence() -> None:
    track = parked("v", 7 * 60, every_s=60).fix(speed=0.0, alarms=Alarm.LOW_BATTERY)
    assert told(track, others(track, 24 * 60, every_s=240)) == []


def test_when_nobody_is_heard_nobody_is_silent() -> None:
    fleet = [parked(f"v{n}", 7 * 60, every_s=60).wait(40).park(60, every_s=60) for n in range(5)]
    processor = Processor(Rules())
    assert processor.step(arrivals(*fleet), FleetState()) == []
    assert processor.tally[Count.OUTAGE] == len(fleet)


def test_who_does_not_come_back_after_an_outage_is_told_of_then() -> None:
    back = [parked(f"v{n}", 7 * 60, every_s=60).wait(40).park(120, every_s=60) for n in range(3)]
    lost = parked("lost", 7 * 60, every_s=60)
    (signal,) = told(*back, lost)
    assert (signal.vehicle_id, signal.kind) == ("lost", SILENT)


def test_time_that_only_back_fill_tells_passes_for_nobody() -> None:
    track = parked("v", 7 * 60, every_s=60)
    old = others(track, 120)
    for row in old.rows:
        row["flags"] = int(str(row["flags"])) | Flag.BACK_FILL
    assert told(track, old) == []


def story() -> FixBatch:
    fleet = [Track(f"quiet{n}", armed=True).park(9 + n / 7, every_s=30) for n in range(3)]
    fleet.append(Track("cut", armed=True).park(6).fix(speed=0.0, alarms=Alarm.POWER_CUT))
    fleet.append(Track("itself", ignition=False).park(25, every_s=20))
    fleet.append(Track("sleeps", armed=True).park(60, every_s=300))
    fleet.append(Track("comes back", armed=True).park(8).wait(9).park(20).ride(20))
    fleet.append(Track("stolen", armed=True, ignition=False).park(10).ride(15))
    # all of them unheard for ten minutes
    fleet.append(Track("speaks on", armed=False).park(20, every_s=40).wait(11).park(60, every_s=40))
    return arrivals(*fleet)


STORY = story()


def heard(batches: list[FixBatch], *, stops: bool = False) -> tuple[list[Signal], bytes]:
    """Signals, and the snapshot at the end; `stops`: a new process goes on with each batch."""
    state, signals = FleetState(capacity=1), []
    processor = Processor(HASTY)
    for batch in batches:
        signals += processor.step(batch, state)
        if stops:
            state = snapshot.decode(snapshot.encode(state, []), [])
            processor = Processor(HASTY)
    return signals, snapshot.encode(state, [])


WHOLE = heard([STORY])


def test_the_story_has_every_kind_of_silence() -> None:
    said = [(signal.vehicle_id, signal.kind) for signal in WHOLE[0]]
    assert {kind for _, kind in said} >= {SILENT, CUT}
    assert len(said) == len(set(said))


@settings(max_examples=25, deadline=None)
@given(cuts=st.lists(st.integers(0, len(STORY)), max_size=8), stops=st.booleans())
def test_timers_fire_alike_in_every_cut_and_across_restarts(
    *, cuts: list[int], stops: bool
) -> None:
    edges = [0, *sorted(cuts), len(STORY)]
    parts = [STORY.take(slice(first, last)) for first, last in pairwise(edges)]
    assert heard(parts, stops=stops) == WHOLE


def test_fix_by_fix_is_the_same_as_at_once() -> None:
    assert heard([STORY.take(slice(n, n + 1)) for n in range(len(STORY))]) == WHOLE


def crowd(vehicles: int, rounds: int) -> FixBatch:
    """Vehicles that all speak each minute, and one that speaks on alone."""
    n = vehicles * rounds
    more = 10
    t_ms = T0_MS + 60_000 * np.concatenate(
        [np.repeat(np.arange(rounds), vehicles), rounds + np.arange(more)]
    )
    guarded = int(Flag.LOCATED | Flag.ARMED_KNOWN | Flag.ARMED)
    nan = np.full(n + more, np.nan, np.float32)
    return FixBatch(
        ids=tuple(f"v{k}" for k in range(vehicles + 1)),
        vehicle=np.concatenate(
            [np.tile(np.arange(vehicles), rounds), np.full(more, vehicles)]
        ).astype(np.int32),
        t_ms=t_ms,
        received_ms=t_ms,
        lon=np.full(n + more, HOME[0]),
        lat=np.full(n + more, HOME[1]),
        speed_mps=np.zeros(n + more, np.float32),
        heading_deg=nan,
        accuracy_m=nan,
        altitude_m=nan,
        flags=np.full(n + more, guarded, np.uint32),
        alarms=np.zeros(n + more, np.uint32),
        seq=np.full(n + more, -1, np.int64),
    )


def test_any_number_of_timers_may_fire_in_one_slot() -> None:
    vehicles = 5000  # more than a batch has room for at first
    signals = Processor(HASTY).step(crowd(vehicles, rounds=12), FleetState())
    assert {signal.kind for signal in signals} == {SILENT}
    assert [signal.vehicle_id for signal in signals] == [f"v{k}" for k in range(vehicles)]
    assert len({signal.t_detected_ms // SLOT_MS for signal in signals}) == 1


def test_a_timer_further_off_than_the_wheel_goes_round_it() -> None:
    track = parked("v", 6 * 24 * 60, every_s=4 * 3600)
    assert told(track, others(track, 23 * 60, every_s=240)) == []
    signal = the(SILENT, told(track, others(track, 25 * 60, every_s=240)))
    assert signal.evidence["silent_s"] == pytest.approx(24 * 3600, rel=0.01)

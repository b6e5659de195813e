"""What the two detectors say of stories, and what they must never say."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofence import ZoneSet
from ingest.fix import Flag
from streams import snapshot
from streams.detect import Count
from streams.processor import Processor, step
from streams.rules import Rules
from streams.signal import Signal, SignalKind
from streams.state import FleetState
from tests.timeline import HOME, T0_MS, Track, batch_of, offset

RULES = Rules()
LEFT, MOVED = SignalKind.LEFT_FENCE, SignalKind.MOVED_WHILE_ARMED


def signals_of(track: Track, rules: Rules = RULES) -> list[Signal]:
    return step(track.batch(), FleetState(), rules, now_ms=0)


def test_a_vehicle_ridden_away_while_armed_raises_each_signal_once() -> None:
    track = Track(armed=True, ignition=False).park(10).ride(30)
    signals = signals_of(track)
    kinds = [s.kind for s in signals]
    assert set(kinds) == {LEFT, MOVED, SignalKind.KEPT_MOVING, SignalKind.TOWED}
    assert len(kinds) == len(set(kinds))
    assert len({s.episode_ms for s in signals}) == 1
    left = next(s for s in signals if s.kind is LEFT)
    assert left.evidence["armed"] == "by_owner"
    assert left.evidence["fence"] == "parking"


def test_the_theft_is_dated_to_the_first_fix_that_showed_it_and_found_one_fix_later() -> None:
    track = Track(armed=True, ignition=False).park(10)
    start = track.t_ms
    track.ride(10, mps=20, every_s=10)
    left = next(s for s in signals_of(track) if s.kind is LEFT)
    assert left.t_ms == start + 10_000
    assert left.t_detected_ms == start + 20_000


def test_a_vehicle_pushed_at_walking_speed_is_found() -> None:
    track = Track(armed=True, ignition=False).park(10).ride(60, mps=1.4, every_s=5)
    assert {s.kind for s in signals_of(track)} == {LEFT, SignalKind.PUSHED}


def test_a_towed_vehicle_whose_terminal_gives_no_speed_is_found() -> None:
    track = Track(armed=True, ignition=False).park(10).ride(10, mps=11, says=False)
    assert {s.kind for s in signals_of(track)} >= {LEFT, MOVED}


def test_an_owner_who_disarms_first_raises_nothing() -> None:
    track = Track(armed=True, ignition=False).park(10)
    track.armed, track.ignition = False, True
    assert signals_of(track.ride(30)) == []


def test_a_vehicle_that_armed_itself_is_disarmed_by_its_key() -> None:
    track = Track(ignition=False).park(15)
    track.ignition = True
    assert signals_of(track.ride(30)) == []


def test_a_vehicle_that_armed_itself_and_moves_with_the_key_off_is_found() -> None:
    track = Track(ignition=False).park(15).ride(30)
    signals = signals_of(track)
    assert {s.kind for s in signals} >= {LEFT, MOVED}
    assert {s.evidence["armed"] for s in signals} == {"by_itself"}


def test_a_short_stop_arms_nothing() -> None:
    assert signals_of(Track().park(15).ride(1)) == []
    track = Track(ignition=True).park(15).ride(20)
    track.ignition = False
    assert signals_of(track.park(3).ride(20)) == []


@pytest.mark.parametrize("away_m", [150, 2000, 40_000])
def test_a_single_jump_there_and_back_raises_nothing(away_m: float) -> None:
    track = Track(armed=True, ignition=False).park(10)
    track.fix(at=offset(HOME, away_m, 0), speed=0.0, accuracy=1.9)
    track.at = HOME
    assert signals_of(track.park(10)) == []


def test_an_impossible_jump_raises_nothing_until_enough_fixes_agree() -> None:
    far = offset(HOME, 50_000, 0)
    track = Track(armed=True, ignition=False).park(10)
    track.fix(at=far, after_s=10, speed=0.0).fix(at=far, after_s=10, speed=0.0)
    assert signals_of(track) == []
    for metres in range(9):
        track.fix(at=offset(far, metres, 0), after_s=10, speed=0.0)
    assert [s.kind for s in signals_of(track)] == [LEFT]


def test_wander_around_the_parking_place_raises_nothing() -> None:
    assert signals_of(Track(armed=True, ignition=False).park(600, wander_m=15)) == []


def test_a_vague_fix_proves_no_movement() -> None:
    track = Track(armed=True, ignition=False).park(10)
    for _ in range(5):
        track.fix(at=offset(HOME, 900, 0), accuracy=1500)
    assert signals_of(track) == []


def test_late_and_repeated_fixes_never_raise_anything_and_change_nothing() -> None:
    theft = Track(armed=True, ignition=False).park(10).ride(10)
    once = signals_of(theft)
    rows = [row for row in theft.rows for _ in range(2)]  # every fix twice
    late = dict(theft.rows[5], lon=HOME[0] + 1)
    state = FleetState()
    assert step(batch_of([*rows, late]), state, RULES, 0) == once
    alone = FleetState()
    step(theft.batch(), alone, RULES, 0)
    assert state.rows.tobytes() == alone.rows.tobytes()


def test_back_fill_never_raises_but_a_theft_it_began_is_raised_by_the_next_live_fix() -> None:
    track = Track(armed=True, ignition=False).park(10)
    for _ in range(6):
        track.fix(after_s=10, at=offset(track.at, 130, 0), speed=10.0, received_after_s=3600)
    assert signals_of(track) == []
    began = track.rows[-6]["t_ms"]
    track.fix(after_s=10, at=offset(track.at, 130, 0), speed=10.0)
    signals = signals_of(track)
    assert {s.kind for s in signals} >= {LEFT, MOVED}
    assert {s.t_ms for s in signals} == {began}


def test_a_clock_that_runs_eight_hours_ahead_leaves_the_vehicle_guarded() -> None:
    track = Track(armed=True, ignition=False, late_s=-8 * 3600).park(10).ride(10)
    processor = Processor(RULES)
    signals = processor.step(track.batch(), FleetState())
    assert {s.kind for s in signals} >= {LEFT, MOVED}
    assert processor.tally[Count.FUTURE] == len(track.rows)
    assert all(s.t_detected_ms <= track.rows[-1]["received_ms"] for s in signals)


def test_one_fix_from_the_future_does_not_silence_the_vehicle() -> None:
    track = Track(armed=True, ignition=False).park(10)
    track.rows[-1] = {**track.rows[-1], "t_ms": track.t_ms + 8 * 3_600_000}
    assert {s.kind for s in signals_of(track.ride(10))} >= {LEFT, MOVED}


def test_an_unlocated_fix_still_tells_of_key_and_guard() -> None:
    track = Track(armed=True, ignition=False).park(10)
    track.armed, track.ignition = False, True
    track.fix(at=(0.0, 0.0), located=False)
    track.at = HOME
    track.armed = track.ignition = None
    assert signals_of(track.ride(20)) == []


def test_a_stolen_vehicle_that_settles_elsewhere_is_guarded_there() -> None:
    track = Track(armed=True, ignition=False).park(10).ride(20)
    first = signals_of(track)
    track.park(15).ride(20)
    again = signals_of(track)[len(first) :]
    assert {s.kind for s in again} >= {LEFT, MOVED}
    assert {s.id for s in again}.isdisjoint({s.id for s in first})


def test_an_armed_vehicle_cannot_be_crept_away_in_small_steps() -> None:
    track = Track(armed=True, ignition=False).park(10)
    for _ in range(4):
        track.at = offset(track.at, 50, 0)
        track.park(5)
    assert LEFT in {s.kind for s in signals_of(track)}


ZONES = ZoneSet.from_geojson(
    {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": "yard",
                "properties": {"radius_m": 70},
                "geometry": {"type": "Point", "coordinates": list(HOME)},
            },
            {
                "type": "Feature",
                "id": "county",
                "properties": {"radius_m": 80, "role": "jurisdiction"},
                "geometry": {"type": "Point", "coordinates": list(offset(HOME, 5000, 0))},
            },
        ],
    }
)


def test_leaving_the_zone_it_was_parked_in_is_found_before_the_parking_fence() -> None:
    track = Track(armed=True, ignition=False).park(10)
    for metres in range(3):
        track.fix(at=offset(HOME, 100 + metres, 0), speed=0.0)
    assert signals_of(track) == []
    (left,) = signals_of(track, Rules(zones=ZONES))
    assert left.kind is LEFT
    assert left.evidence["fence"] == "yard"


def test_a_jurisdiction_guards_nobody() -> None:
    track = Track(armed=True, ignition=False, at=offset(HOME, 5000, 0)).park(10)
    for _ in range(3):
        track.fix(at=offset(HOME, 5100, 0), speed=0.0)
    assert signals_of(track, Rules(zones=ZONES)) == []


def fleet_of_stories() -> list[dict[str, object]]:
    stories = [
        Track("ridden", armed=True, ignition=False).park(10).ride(30),
        Track("pushed", armed=True, ignition=False).park(10, every_s=60).ride(60, mps=1.4),
        Track("self", ignition=False).park(15).ride(30).park(15).ride(5),
        Track("owner", ignition=True).park(2).ride(50).park(4).ride(9),
        Track("jumpy", armed=True).park(5).fix(at=offset(HOME, 30_000, 0), after_s=5),
        Track("late", armed=True).park(4).fix(after_s=-60).ride(20, mps=15),
    ]
    rows = [row for story in stories for row in story.rows]
    return sorted(rows, key=lambda row: int(str(row["received_ms"])))


STORIES = batch_of(fleet_of_stories())


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, len(STORIES)), max_size=12))
def test_the_answer_does_not_depend_on_where_batches_are_cut(cuts: list[int]) -> None:
    rules = Rules(zones=ZONES)
    whole = FleetState()
    expected = [s.to_wire() for s in step(STORIES, whole, rules, 0)]
    assert len(expected) >= 6
    state = FleetState(capacity=1)
    got = []
    edges = [0, *sorted(cuts), len(STORIES)]
    for first, last in pairwise(edges):
        got += [s.to_wire() for s in step(STORIES.take(slice(first, last)), state, rules, 0)]
    assert got == expected
    rows = {vehicle: state.rows[n].tobytes() for n, vehicle in enumerate(state.ids)}
    assert rows == {vehicle: whole.rows[n].tobytes() for n, vehicle in enumerate(whole.ids)}


@settings(max_examples=30, deadline=None)
@given(st.integers(0, len(STORIES)))
def test_a_snapshot_and_the_blocks_after_it_equal_never_having_stopped(cut: int) -> None:
    rules = Rules(zones=ZONES)
    zone_ids = [zone.id for zone in ZONES.zones]
    whole = FleetState()
    expected = step(STORIES, whole, rules, 0)
    state = FleetState()
    got = step(STORIES.take(slice(0, cut)), state, rules, 0)
    state = snapshot.decode(snapshot.encode(state, zone_ids), zone_ids)
    got += step(STORIES.take(slice(cut, None)), state, rules, 0)
    assert got == expected
    assert state.rows.tobytes() == whole.rows.tobytes()
    assert state.ids == whole.ids


def test_a_zone_that_is_gone_leaves_its_vehicles_to_their_parking_fence() -> None:
    rules = Rules(zones=ZONES)
    state = FleetState()
    step(Track(armed=True).park(10).batch(), state, rules, 0)
    assert state.rows["fence_zone"][0] == 0
    moved = snapshot.decode(snapshot.encode(state, ["yard", "county"]), ["new", "yard"])
    assert moved.rows["fence_zone"][0] == 1
    gone = snapshot.decode(snapshot.encode(state, ["yard", "county"]), ["new"])
    assert gone.rows["fence_zone"][0] == -1


@pytest.mark.parametrize("data", [b"", b"nonsense"])
def test_bytes_that_are_no_snapshot_say_so(data: bytes) -> None:
    with pytest.raises(snapshot.SnapshotError):
        snapshot.decode(data, [])


def test_rows_cost_at_most_256_bytes_and_have_no_gaps() -> None:
    row = FleetState(1).rows.dtype
    assert row.itemsize <= 256
    assert row.itemsize == sum(field[0].itemsize for field in row.fields.values())


def test_a_batch_of_nothing_changes_nothing() -> None:
    state = FleetState()
    assert step(STORIES.take(slice(0, 0)), state, RULES, T0_MS) == []
    assert len(state) == 0


def test_the_tally_accounts_for_every_fix() -> None:
    processor = Processor(RULES)
    processor.step(STORIES, FleetState())
    counted = processor.tally.sum() - processor.tally[Count.FUTURE]
    assert counted == len(STORIES)
    assert np.bitwise_and(STORIES.flags, Flag.LOCATED).all()

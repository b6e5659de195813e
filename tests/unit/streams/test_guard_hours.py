"""Vehicles that a schedule arms: in its hours, of its groups, key or not."""

import pytest

from geofence.rules.document import Document, RulesError
from ingest.fix import FixBatch
from streams.processor import Processor
from streams.rules import RuleFile, Rules
from streams.signal import SignalKind
from streams.state import FleetState
from tests.timeline import T0_MS, Track

# the timeline begins at 23:06 in Yiyang
NIGHT = """
[arming]
schedule = "night"
groups = ["rental"]
[schedules.night]
windows = ["daily 22:00-06:00"]
"""
NOON_MS = T0_MS + 13 * 3_600_000


def rules(text: str = NIGHT, groups: tuple[str, ...] = ("rental",)) -> Rules:
    held = RuleFile.of_document(Document.parse(text, "toml", "rules"))
    return Rules(held.thresholds(), book=held.book(), groups={"v": groups})


def told(batch: FixBatch, given: Rules) -> dict[SignalKind, dict[str, object]]:
    return {s.kind: dict(s.evidence) for s in Processor(given).step(batch, FleetState())}


def test_a_vehicle_parked_for_two_minutes_is_armed_by_its_schedule() -> None:
    signals = told(Track(ignition=False).park(4).ride(10).batch(), rules())
    assert signals[SignalKind.LEFT_FENCE]["armed"] == "by_schedule"
    assert signals[SignalKind.TOWED]["level"] == "red"


def test_the_owner_who_turns_the_key_at_night_is_asked_and_no_more() -> None:
    track = Track(ignition=False).park(4)
    track.ignition = True
    levels = {evidence.get("level") for evidence in told(track.ride(20).batch(), rules()).values()}
    assert levels == {None, "blue"}


def test_outside_of_its_hours_it_arms_nothing() -> None:
    track = Track(ignition=False, t_ms=NOON_MS).park(4)
    track.ignition = True
    assert told(track.ride(20).batch(), rules()) == {}
    assert told(Track(ignition=False, t_ms=NOON_MS).park(4).ride(10).batch(), rules()) == {}


def test_a_vehicle_of_another_group_is_left_alone() -> None:
    assert told(Track(ignition=False).park(4).ride(10).batch(), rules(groups=("own",))) == {}


def test_what_it_armed_is_free_again_in_the_morning() -> None:
    track = Track(ignition=True, t_ms=T0_MS + int(6.5 * 3_600_000)).park(10)
    track.fix(after_s=1800).fix(after_s=60)
    assert told(track.ride(20).batch(), rules()) == {}


def test_a_schedule_that_is_not_there_is_an_error_with_its_place() -> None:
    with pytest.raises(RulesError, match=r"arming\.schedule.*known are night.*nigth"):
        rules(NIGHT.replace('schedule = "night"', 'schedule = "nigth"'))

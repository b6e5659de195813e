"""Rules about zones in the processor: what they raise, and what outlives a restart and an edit."""

from pathlib import Path

import numpy as np
import pytest

from alerts.level import Level, level_of
from alerts.report import Report
from geofence import ZoneSet
from geofence.rules.book import RuleBook
from geofence.rules.evaluate import Evaluator
from ingest.fix import FixBatch
from streams import snapshot
from streams.processor import Processor
from streams.rules import Rules, RulesError
from streams.signal import Signal, SignalKind
from streams.state import FleetState
from tests.timeline import HOME, T0_MS, Track, arrivals, offset
from tests.unit.geofence.make import circle, collection

SCHOOL = circle(*HOME, 200, id="school", name="三小", tags=["school"])
FAR = circle(*offset(HOME, 5000, 0), 200, id="park", name="公园", tags=["park"])
ZONES = ZoneSet.from_geojson(collection(SCHOOL, FAR))


def book(*rules: dict) -> RuleBook:
    return RuleBook.of({"zone_rule": list(rules)})


EXIT = {"id": "left", "name": "离校", "zones": ["school"], "when": "exit", "severity": "red"}
ENTER = {"id": "came", "zones": ["park"], "when": "enter"}
RULES = Rules(zones=ZONES, book=book(EXIT, ENTER))


def trip() -> FixBatch:
    """From the school to the park, a fix each 30 s."""
    track = Track(ignition=True)
    for _ in range(20):
        track.fix()
    for east_m in range(500, 5001, 500):
        track.fix(at=offset(HOME, east_m, 0))
    for _ in range(5):
        track.fix()
    return track.batch()


def told(signals: list[Signal]) -> list[tuple]:
    return [
        (s.evidence["rule"], s.evidence["zone"], (s.t_ms - T0_MS) / 1000)
        for s in signals
        if s.kind is SignalKind.ZONE_RULE
    ]


def test_a_trip_from_zone_to_zone_raises_both_rules_at_the_fixes_that_showed_it() -> None:
    signals = Processor(RULES).step(trip(), FleetState())
    assert told(signals) == [("left", "school", 630.0), ("came", "park", 900.0)]
    left = next(s for s in signals if s.evidence.get("rule") == "left")
    assert left.evidence["rule_name"] == "离校"
    assert left.evidence["zone_name"] == "三小"
    assert len({s.id for s in signals}) == len(signals)


def test_the_rule_says_how_severe_it_is_and_is_no_evidence_of_a_theft() -> None:
    signals = Processor(RULES).step(trip(), FleetState())
    reports = [Report.from_wire(s.to_wire()) for s in signals]
    assert level_of(reports[0]) is Level.RED
    assert {level_of(report) for report in reports[1:]} == {Level.YELLOW}
    assert not any(report.kinds for report in reports)


@pytest.mark.parametrize("cut", range(0, 36, 3))
def test_a_restart_from_a_snapshot_loses_and_doubles_nothing(cut: int) -> None:
    batch, processor, state = trip(), Processor(RULES), FleetState()
    before = processor.step(batch.take(slice(0, cut)), state)
    ids = [zone.id for zone in ZONES.zones]
    data = snapshot.encode(state, ids)
    restored = snapshot.decode(data, ids)
    assert snapshot.encode(restored, ids) == data
    after = Processor(RULES).step(batch.take(slice(cut, None)), restored)
    assert told(before + after) == [("left", "school", 630.0), ("came", "park", 900.0)]


@pytest.mark.parametrize("cut", range(0, 36, 3))
def test_publishing_other_rules_on_the_way_loses_and_doubles_nothing(cut: int) -> None:
    batch, state = trip(), FleetState()
    other = ZoneSet.from_geojson(collection(FAR, circle(*HOME, 50, id="new"), SCHOOL))
    calm = book({**ENTER, "severity": "blue"}, EXIT, {"id": "x", "zones": "all", "when": "cross"})
    before = Processor(RULES).step(batch.take(slice(0, cut)), state)
    after = Processor(Rules(zones=other, book=calm)).step(batch.take(slice(cut, None)), state)
    assert told(before + after) == [("left", "school", 630.0), ("came", "park", 900.0)]


def test_rules_that_are_taken_away_and_come_back_remember_nothing_old() -> None:
    batch, state = trip(), FleetState()
    Processor(RULES).step(batch.take(slice(0, 10)), state)
    Processor(Rules(zones=ZONES)).step(batch.take(slice(10, 25)), state)
    after = Processor(RULES).step(batch.take(slice(25, None)), state)
    assert [rule for rule, *_ in told(after)] == ["came"]


GROUPED = {"id": "watched", "zones": ["school"], "when": "inside", "vehicles": ["watched"]}
WATCHED = {"v7": ("watched",), "v8": ("watched",)}


def fleet(vehicles: int = 10) -> FixBatch:
    """Vehicles that go from the school to the park and back, each from a moment of its own."""
    tracks = []
    for n in range(vehicles):
        track = Track(vehicle=f"v{n}", ignition=True).wait(n / 3)
        for east_m in (0, 0, 0, 0, 800, 2400, 4000, 5000, 5000, 5000, 5000, 3000, 1000, 0, 0, 0):
            track.fix(after_s=60, at=offset(HOME, east_m, 0))
        tracks.append(track)
    return arrivals(*tracks)


def rules_of_some() -> Rules:
    dwell = {**GROUPED, "id": "stays", "zones": ["park"], "when": "dwell", "dwell_s": 100}
    cross = {**GROUPED, "id": "through", "zones": "all", "when": "cross"}
    left = {**GROUPED, "id": "off", "when": "exit"}
    return Rules(zones=ZONES, book=book(GROUPED, dwell, cross, left), groups=WATCHED)


@pytest.mark.parametrize("size", [1, 7, 160])
def test_vehicles_that_no_rule_is_about_change_nothing(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run() -> list[dict[str, object]]:
        batch, state, processor, out = fleet(), FleetState(), Processor(rules_of_some()), []
        for begin in range(0, len(batch), size):
            out += processor.step(batch.take(slice(begin, begin + size)), state)
        return [signal.to_wire() for signal in out]

    some = run()
    assert {w["vehicle_id"] for w in some if w["kind"] == "zone_rule"} == {"v7", "v8"}
    monkeypatch.setattr(
        Evaluator, "concerned", lambda _self, _ids, vehicle: np.ones(len(vehicle), np.bool_)
    )
    assert some == run()


def test_a_vehicle_that_rules_come_to_be_about_is_found_where_it_is() -> None:
    batch, state = fleet(3), FleetState()
    nobody = Rules(zones=ZONES, book=book(GROUPED), groups={"v9": ("watched",)})
    everybody = Rules(zones=ZONES, book=book({**GROUPED, "vehicles": "all"}, EXIT))
    assert told(Processor(nobody).step(batch.take(slice(0, 6)), state)) == []
    after = told(Processor(everybody).step(batch.take(slice(6, 24)), state))
    assert [rule for rule, *_ in after] == ["watched"] * 3 + ["left"] * 3


def test_a_vehicle_that_rules_are_about_no_more_leaves_nothing_behind() -> None:
    batch = fleet(3)
    everybody = Rules(zones=ZONES, book=book({**GROUPED, "vehicles": "all"}))
    nobody = Rules(zones=ZONES, book=book(GROUPED), groups={"v9": ("watched",)})
    ids = [zone.id for zone in ZONES.zones]
    held = []
    for first in (everybody, nobody):
        state = FleetState()
        Processor(first).step(batch.take(slice(0, 9)), state)
        Processor(nobody).step(batch.take(slice(9, 12)), state)
        held.append(state.fences.presence)
        assert len(snapshot.decode(snapshot.encode(state, ids), ids)) == 3
    for presence in held:
        assert not presence.visitors["count"].any()
        assert not presence.tracks["fix_ms"].any()


def test_a_file_holds_thresholds_and_rules_and_names_every_error(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(
        '[left_fence]\nradius_m = 90\n[[zone_rule]]\nid = "a"\nzones = ["school"]\nwhen = "exit"\n'
    )
    rules = Rules.read(path, ZONES, {})
    assert rules.thresholds.left_fence.radius_m == 90
    assert [rule.id for rule in rules.book.rules] == ["a"]
    path.write_text('[left_fence]\nradius_m = -1\n[[zone_rule]]\nid = "a"\nwhen = "exti"\n')
    with pytest.raises(RulesError) as error:
        Rules.read(path, ZONES, {})
    lines = "\n".join(error.value.lines())
    for expected in ("2:12: left_fence.radius_m", "zone_rule[0].when", "zones"):
        assert expected in lines

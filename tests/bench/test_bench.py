"""The bench measures what it says; how fast this machine is, is nobody's defect."""

import json
import time
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from geofence import ZoneError
from ingest.dialects import DIALECTS
from ingest.message import Message
from streams.detect import Count
from streams.processor import Processor
from streams.rules import Rules
from streams.state import FleetState, Motion
from vehicleguard.bench import (
    decoding,
    feeder,
    growth,
    ingest,
    jt808,
    matching,
    processor,
    rivals,
    scene,
)
from vehicleguard.bench.fleet import WATCHED, Fleet, rules_over
from vehicleguard.bench.stages import timed_stages
from vehicleguard.cli.bench import bench


def test_the_feeders_packets_carry_native_fixes() -> None:
    body = feeder.payload(31_000, numbered=True)
    packet = feeder.publish_packet("vg/v1/B00001/fix", body, 7)
    assert packet.endswith(body)
    decoded = DIALECTS["native"].decode([Message("vg/v1/B00001/fix", body, 0)])
    assert decoded.rejects == []
    assert decoded.fixes.seq.tolist() == [31_000]


def test_both_decoders_of_the_bench_read_the_same_from_its_frames() -> None:
    payloads = jt808.frames(500)
    decoded = DIALECTS["jt808"].decode([Message("tcp/jt808/x", body, 0) for body in payloads])
    plain = [jt808.plain(payload) or {} for payload in payloads]
    fixes = decoded.fixes
    assert [one["terminal"] for one in plain] == [fixes.ids[code] for code in fixes.vehicle]
    for name, column in (
        ("lon", fixes.lon),
        ("lat", fixes.lat),
        ("heading_deg", fixes.heading_deg),
    ):
        assert [one[name] for one in plain] == column.tolist()
    assert [one["t"] for one in plain] == (fixes.t_ms / 1000).tolist()
    assert [sum(one["alarms"]) for one in plain] == fixes.alarms.tolist()


@pytest.mark.parametrize("size", [1, 100, 2_500])
def test_the_benchs_fleet_reports_in_order_and_raises_nothing(size: int) -> None:
    held, state, running = Fleet(1_000), FleetState(), Processor(Rules())
    batches = [*held.first_laps(500), *(held.batch(size) for _ in range(3))]
    times = np.concatenate([batch.t_ms for batch in batches])
    assert np.all(np.diff(times) >= 0)
    assert [running.step(batch, state) for batch in batches] == [[]] * len(batches)
    assert running.tally[Count.LIVE] == len(times)
    assert len(state) == held.vehicles
    assert np.mean(state.rows["motion"] == Motion.PARKED) == pytest.approx(0.8, abs=0.05)


def test_what_the_benchs_fleet_has_driven_off_is_found_stolen() -> None:
    held, state, running = Fleet(1_000), FleetState(), Processor(Rules())
    for batch in held.first_laps(500):
        running.step(batch, state)
    held.drive_off(100)
    signals = [s for _ in range(6) for s in running.step(held.batch(500), state)]
    assert len({signal.vehicle_id for signal in signals}) == 100


def test_the_stages_of_a_step_add_up_and_leave_it_as_it_was() -> None:
    step, held, state = Processor.step, Fleet(1_000), FleetState()
    running = Processor(rules_over(1_000, 50, 10))
    began = time.thread_time()
    with timed_stages() as clock:
        running.step(held.batch(1_000), state)
    assert 0 < sum(clock.seconds.values()) <= time.thread_time() - began
    assert all(clock.seconds[name] > 0 for name in ("ids to rows", "detectors", "rules"))
    assert Processor.step is step


@pytest.mark.service
@pytest.mark.timeout(240)
def test_a_quick_bench_prints_every_figure(tmp_path: Path) -> None:
    result = CliRunner().invoke(bench, ["--quick", "--json", str(tmp_path / "figures.json")])
    assert result.exit_code == 0, result.output
    figures = json.loads((tmp_path / "figures.json").read_text())
    ingested = figures["ingest"]
    for source in ("alone", "through"):
        assert all(ingested[source][kind]["per_s"][0] > 0 for kind in ingest.KINDS)
    assert (ingested["broker"] == "mosquitto") == ("shared" in ingested["through"])
    assert min(figures["jt808"]["dialect"]) > 0 < min(figures["jt808"]["plain"])
    assert all(one["frames"] > 0 < one["wall"] for one in figures["jt808"]["lines"])
    found, all_watched = figures["processor"]
    assert (found["watched"], all_watched["watched"]) == (WATCHED, 1)
    assert [speed["size"] for speed in found["speeds"]] == [*processor.TRICKLE, *processor.BLOCKS]
    assert found["thefts"]["signals"] >= found["thefts"]["count"]
    assert figures["latency"]["published"] == len(figures["latency"]["seconds"]) > 0
    assert figures["geofence"]["growth"]["ratio"] > 0
    for words in ("of bare", "fixes/s", "p99", "MB/min"):
        assert words in result.output


SAMPLE = Path(__file__).parents[2] / "vehicleguard" / "sample"


def test_the_geofence_part_measures_every_way_on_files_too(tmp_path: Path) -> None:
    to = tmp_path / "figures.json"
    outlines = f"{SAMPLE / 'jurisdictions.geojson'}:wgs84"
    arguments = ["geofence", "--quick", "--zones", outlines, "--json", str(to)]
    result = CliRunner().invoke(bench, arguments)
    assert result.exit_code == 0, result.output
    figures = json.loads(to.read_text())["geofence"]
    ways = figures["matching"][0]["fixes_per_s"]
    assert (
        set(ways)
        == set(figures["files"][0]["fixes_per_s"])
        >= {
            *(matching.OURS, matching.OURS_TWICE, matching.SIGNATURES),
            *(matching.TREE_OF_FIXES, matching.TREE_OF_ZONES, matching.SORTED),
        }
    )
    assert len(ways) + len(figures["missing"]) == 6 + len(rivals.RIVALS)
    assert all(speed > 0 for speed in ways.values())
    assert set(figures["upkeep"]["edits"]) >= {"replaced", "added", "removed"}
    assert len(figures["upkeep"]["fresh_s"]) == 1
    for words in ("jurisdictions", "to the best", "equal hits", "load, mapped", "fresh process"):
        assert words in result.output


def test_a_library_that_is_not_installed_is_named_with_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gone = [rival._replace(packages=("no_such_package",)) for rival in rivals.RIVALS]
    monkeypatch.setattr(rivals, "RIVALS", gone)
    assert rivals.missing() == [
        f"{rival.name}: not installed (make bench-rivals)" for rival in gone
    ]


@pytest.mark.parametrize(
    ("content", "datum", "said"),
    [
        ('{"type": "FeatureCollection", "features": []}', "wgs84", "expected a Polygon"),
        ('{"type": "FeatureCollection", "features": []}', "mars", "expected one of wgs84"),
        ("no zones", "wgs84", "got no JSON"),
    ],
)
def test_a_file_without_outlines_is_refused_with_its_reason(
    tmp_path: Path, content: str, datum: str, said: str
) -> None:
    file = tmp_path / "odd.geojson"
    file.write_text(content)
    with pytest.raises(ZoneError, match=said):
        scene.polygons_of(f"{file}:{datum}")
    result = CliRunner().invoke(bench, ["geofence", "--quick", "--zones", f"{file}:{datum}"])
    assert result.exit_code == 2
    assert "--zones" in result.output


def test_fences_of_a_size_for_equal_hits_have_them() -> None:
    found = growth.measure((200, 2_000), 20_000, 1, lambda _: None)
    assert found.hits_per_fix == pytest.approx((growth.HITS, growth.HITS), rel=0.1)


def test_decoding_is_measured_beside_msgspec_and_reads_every_fix() -> None:
    found = decoding.measure(1)
    assert [speed.what for speed in found][:2] == ["msgspec, to objects", "native"]
    assert all(speed.fixes_per_core_s > 0 for speed in found)

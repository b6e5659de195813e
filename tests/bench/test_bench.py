"""The bench measures what it says; how fast this machine is, is nobody's defect."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from geofence import ZoneError
from ingest.dialects import DIALECTS
from ingest.message import Message
from streams.processor import Processor
from streams.rules import Rules
from streams.state import FleetState
from vehicleguard.bench import feeder, growth, matching, processor, rivals, scene
from vehicleguard.cli.bench import bench


def test_the_feeders_packets_carry_native_fixes() -> None:
    body = feeder.payload(31_000, numbered=True)
    packet = feeder.publish_packet("vg/v1/B00001/fix", body, 7)
    assert packet.endswith(body)
    decoded = DIALECTS["native"].decode([Message("vg/v1/B00001/fix", body, 0)])
    assert decoded.rejects == []
    assert decoded.fixes.seq.tolist() == [31_000]


@pytest.mark.parametrize("size", [1, 100, 40_000])
def test_the_benchs_batches_advance_vehicles_and_raise_nothing(size: int) -> None:
    source, state, running = processor.batches(size), FleetState(), Processor(Rules())
    raised = [running.step(next(source), state) for _ in range(3)]
    assert raised == [[], [], []]
    assert running.tally.sum() == 3 * size
    assert len(state) == min(3 * size, processor.VEHICLES)
    assert np.all(state.rows["fix_ms"] > 0)


@pytest.mark.service
@pytest.mark.timeout(240)
def test_a_quick_bench_prints_every_figure(tmp_path: Path) -> None:
    result = CliRunner().invoke(bench, ["--quick", "--json", str(tmp_path / "figures.json")])
    assert result.exit_code == 0, result.output
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert all(figures["ingest"][kind]["per_s"][0] > 0 for kind in ("bare", "path", "answered"))
    assert {speed["size"] for speed in figures["processor"]} == set(processor.SIZES)
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

"""`vehicleguard backtest`: the counts, the files, and what it says of bad input."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest
from click.testing import CliRunner
from pyarrow import parquet

from geofence.backtest import Outcome
from ingest.fix import Flag
from streams.rules import RuleFile, Rules
from tests.timeline import Track, arrivals
from tests.unit.geofence.backtest.fleet import ZONES, wandering
from vehicleguard.backtest import BATCH, backtest, summary
from vehicleguard.cli.backtest import backtest as command
from vehicleguard.cli.rules import rules as rules_command
from vehicleguard.recording import Arrivals

STAY = '[[zone_rule]]\nid = "stay"\nzones = "all"\nwhen = "dwell"\ndwell_s = {}\n'
OLD = STAY.format(300) + '[[zone_rule]]\nid = "in"\nzones = ["row0"]\nwhen = "enter"\n'
NEW = STAY.format(420) + '[[zone_rule]]\nid = "out"\nzones = ["row1"]\nwhen = "exit"\n'
CLOSE = "[left_fence]\nradius_m = 60\n[arming]\nself_after_s = 60\nparked_after_s = 30\n"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    batch = wandering(3)
    path = tmp_path_factory.mktemp("recorded") / "fixes.parquet"
    table = pa.table(
        {
            "vehicle_id": [batch.ids[v] for v in batch.vehicle],
            "t": batch.t_ms / 1000,
            "received": batch.received_ms / 1000,
            "lon": batch.lon,
            "lat": batch.lat,
            "speed_mps": batch.speed_mps,
        }
    )
    parquet.write_table(table, path, row_group_size=700)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "old.toml").write_text(OLD)
    (tmp_path / "new.toml").write_text(NEW)
    (tmp_path / "zones.geojson").write_text(json.dumps(ZONES.to_geojson()))
    return tmp_path


def rules_of(text: str, folder: Path) -> Rules:
    path = folder / "rules.toml"
    path.write_text(text)
    held = RuleFile.read(path)
    return Rules(held.thresholds(), ZONES, held.book())


def run(*arguments: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(command, [str(a) for a in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.parametrize("thresholds", ["", CLOSE])
def test_the_answer_does_not_depend_on_threads_or_batches(
    recorded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, thresholds: str
) -> None:
    sides = rules_of(OLD, tmp_path), rules_of(thresholds + NEW, tmp_path)
    said = []
    for jobs, size in ((1, BATCH), (2, BATCH), (5, 333)):
        monkeypatch.setattr("vehicleguard.backtest.BATCH", size)
        done: list[int] = []
        found = backtest(Arrivals([recorded]), *sides, jobs=jobs, advanced=done.append)
        assert done[-1] == 4_000
        assert done == sorted(done)
        said.append((json.dumps(summary(found, *sides)), found.comparison.alerts.tobytes()))
    assert said[0] == said[1] == said[2]
    assert found.thresholds_differ == bool(thresholds)
    if thresholds:
        assert {"left_fence"} < {row["rule"] for row in summary(found, *sides)["by_rule"]}


def test_what_only_the_whole_fleet_shows_does_not_depend_on_threads(tmp_path: Path) -> None:
    gang = [
        Track(f"gang{n}", armed=True, ignition=False).park(10 + n / 2).ride(20) for n in range(4)
    ]
    quiet = [Track(f"quiet{n}", armed=True).park(7 * 60, every_s=60) for n in range(3)]
    batch = arrivals(*gang, *quiet, Track("speaks on", armed=False).park(9 * 60, every_s=120))
    path = tmp_path / "fixes.parquet"
    table = pa.table(
        {
            "vehicle_id": [batch.ids[v] for v in batch.vehicle],
            "t": batch.t_ms / 1000,
            "lon": batch.lon,
            "lat": batch.lat,
            "speed_mps": batch.speed_mps,
            "armed": (batch.flags & Flag.ARMED) != 0,
        }
    )
    parquet.write_table(table, path)
    sides = rules_of(OLD, tmp_path), rules_of("[fusion]\nblue = 1.5\n" + NEW, tmp_path)
    said = []
    for jobs in (1, 2, 5):
        found = backtest(Arrivals([path]), *sides, jobs=jobs)
        said.append((json.dumps(summary(found, *sides)), found.comparison.alerts.tobytes()))
    assert said[0] == said[1] == said[2]
    told = {one["rule"]: one["unchanged"] for one in summary(found, *sides)["by_rule"]}
    assert (told["several_at_once"], told["silent"]) == (4, 3)


def test_counts_and_files_agree(recorded: Path, folder: Path) -> None:
    code, printed, said = run(
        "--a", folder / "old.toml", "--b", folder / "new.toml", "--out", folder / "out",
        "--zones", folder / "zones.geojson", recorded,
    )  # fmt: skip
    assert code == 0
    assert "4,000 fixes of 12 vehicles" in said
    assert "stay" in printed
    told = json.loads((folder / "out" / "summary.json").read_text())
    lines = [json.loads(x) for x in (folder / "out" / "alerts.jsonl").read_text().splitlines()]
    assert sorted(path.name for path in (folder / "out").iterdir()) == [
        "alerts.jsonl", "summary.json"]  # fmt: skip
    for outcome in Outcome:
        name = outcome.name.lower()
        assert told["alerts"][name] == sum(line["outcome"] == name for line in lines)
        for row in told["by_rule"]:
            same = [x for x in lines if x["outcome"] == name and x["rule"] == row["rule"]]
            assert row[name] == len(same)
    by_rule = {row["rule"]: row for row in told["by_rule"]}
    assert by_rule["in"]["lost"] > 0 == by_rule["in"]["gained"]
    assert by_rule["out"]["gained"] > 0 == by_rule["out"]["lost"]
    assert by_rule["stay"]["shifted"] > 0
    assert {line["shift_s"] for line in lines if line["outcome"] == "shifted"} == {120.0}


def test_the_same_rules_say_that_nothing_changes(recorded: Path, folder: Path) -> None:
    old, zones = folder / "old.toml", folder / "zones.geojson"
    code, printed, _ = run("--a", old, "--b", old, "--zones", zones, recorded)
    assert code == 0
    assert "Nothing changes." in printed


def test_published_versions_are_named_by_number(recorded: Path, folder: Path) -> None:
    store = folder / "s.sqlite"
    for name in ("old", "new"):
        published = CliRunner().invoke(
            rules_command,
            ["publish", str(folder / f"{name}.toml"), "--store", str(store), "--why", "test"],
        )
        assert published.exit_code == 0, published.output
    zones = folder / "zones.geojson"
    by_number = run("--a", 1, "--b", 2, "--store", store, "--zones", zones, recorded)
    by_file = run(
        "--a", folder / "old.toml", "--b", folder / "new.toml", "--zones", zones, recorded
    )
    assert by_number[:2] == by_file[:2]
    code, _, said = run("--a", 1, "--b", 9, "--store", store, "--zones", zones, recorded)
    assert (code, "version 9" in said) == (2, True)
    code, _, said = run("--a", 1, "--b", 2, "--zones", zones, recorded)
    assert (code, "--store" in said) == (2, True)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("old.toml", "[[zone_rule]]\n", "zone_rule[0]: id"),
        ("zones.geojson", '{"type": "FeatureCollection", "features": []}', "datum"),
        ("zones.geojson", "{", "zones.geojson"),
    ],
)
def test_bad_input_is_named_and_nothing_is_run(
    recorded: Path, folder: Path, name: str, content: str, said: str
) -> None:
    (folder / name).write_text(content)
    code, _, error = run(
        "--a", folder / "old.toml", "--b", folder / "new.toml", "--out", folder / "out",
        "--zones", folder / "zones.geojson", recorded,
    )  # fmt: skip
    assert code == 2
    assert said in error
    assert not (folder / "out").exists()

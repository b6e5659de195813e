"""`vehicleguard evaluate` on the shipped sample."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pyarrow as pa
import pytest
from click.testing import CliRunner, Result
from pyarrow import parquet

from vehicleguard.cli import main

WRITTEN = ["cases.jsonl", "delay.svg", "evaluation.json", "kinds.svg", "sweep.svg", "table.txt"]
CALM = "[fusion]\nyellow = 900.0\nred = 900.0\nalone = []\n"


def call(command: str, *arguments: object) -> Result:
    return CliRunner().invoke(main, [command, *map(str, arguments)], catch_exceptions=False)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("evaluation")
    result = call("evaluate", "--cases", 2, "--out", folder, "--keep")
    assert result.exit_code == 0, result.stderr
    assert "FEW CARRIERS" in result.stdout
    return folder


def test_the_folder_holds_table_json_cases_and_pictures(out: Path) -> None:
    kept = ["fixes.parquet", "incidents.jsonl", "signals.jsonl"]
    assert sorted(p.name for p in out.iterdir()) == sorted([*WRITTEN, *kept])
    told = json.loads((out / "evaluation.json").read_text("utf-8"))
    assert told["asked"] == {"data": "the sample", "set": "held", "seed": 1, "cases_a_kind": 2}
    assert told["thefts"][-1]["kind"] == "all"
    assert len((out / "cases.jsonl").read_text("utf-8").splitlines()) == told["cases"]
    for aim in told["aims"]:
        assert aim["name"] in (out / "table.txt").read_text("utf-8")
    for name in WRITTEN:
        if name.endswith(".svg"):
            ET.fromstring((out / name).read_text("utf-8"))  # noqa: S314 - our own


def test_every_case_and_kind_is_in_the_table(out: Path) -> None:
    told = json.loads((out / "evaluation.json").read_text("utf-8"))
    table = (out / "table.txt").read_text("utf-8")
    assert all(f" {one['kind']} " in table for one in [*told["thefts"], *told["negatives"]])
    assert "…" not in table


def test_the_same_seed_gives_the_same_bytes_and_another_one_others(
    out: Path, tmp_path: Path
) -> None:
    assert call("evaluate", "--cases", 2, "--out", tmp_path / "same").exit_code == 0
    for name in WRITTEN:
        assert (tmp_path / "same" / name).read_bytes() == (out / name).read_bytes(), name
    assert call("evaluate", "--cases", 2, "--seed", 2, "--out", tmp_path / "other").exit_code == 0
    other = (tmp_path / "other" / "cases.jsonl").read_bytes()
    assert other != (out / "cases.jsonl").read_bytes()


def test_replay_of_the_kept_fixes_gives_the_same_incidents(out: Path, tmp_path: Path) -> None:
    result = call("replay", out / "fixes.parquet", "--out", tmp_path)
    assert result.exit_code == 0, result.stderr
    assert "skipped" not in result.stderr
    incidents = (tmp_path / "incidents.jsonl").read_bytes()
    assert incidents
    assert incidents == (out / "incidents.jsonl").read_bytes()
    assert (tmp_path / "signals.jsonl").read_bytes() == (out / "signals.jsonl").read_bytes()


def test_a_detector_that_finds_nothing_fails_the_check_by_name(tmp_path: Path) -> None:
    (tmp_path / "calm.toml").write_text(CALM, "utf-8")
    result = call("evaluate", "--cases", 1, "--rules", tmp_path / "calm.toml", "--check")
    assert result.exit_code == 1
    assert "missed: thefts detected (yellow or red): wanted ≥ 99" in result.stderr
    assert "missed: red: tow" in result.stderr


def test_keeping_needs_a_folder() -> None:
    result = call("evaluate", "--keep")
    assert result.exit_code == 2
    assert "--keep needs --out" in result.stderr


def test_a_folder_without_traces_is_refused_in_one_line(tmp_path: Path) -> None:
    result = call("evaluate", "--data", tmp_path)
    assert result.exit_code == 2
    assert "0 stays, 0 journeys in the set 'held'" in result.stderr


def test_a_trace_without_a_column_is_refused_by_its_name(tmp_path: Path) -> None:
    parquet.write_table(pa.table({"vehicle_id": ["a"], "t": [1.0]}), tmp_path / "traj_x.parquet")
    result = call("evaluate", "--data", tmp_path)
    assert result.exit_code == 2
    assert "traj_x.parquet: column lon: missing; found vehicle_id, t" in result.stderr
    (tmp_path / "traj_x.parquet").write_bytes(b"no Parquet")
    result = call("evaluate", "--data", tmp_path)
    assert result.exit_code == 2
    assert "traj_x.parquet: expected a Parquet file" in result.stderr

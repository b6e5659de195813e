"""`vehicleguard replay`: the same bytes every time, however the work is cut."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pyarrow as pa
import pytest
from click.testing import CliRunner, Result
from pyarrow import compute, csv, parquet

from tests.timeline import Track, batch_of
from vehicleguard import replay, sample
from vehicleguard.cli import main

GOLDEN = Path(__file__).parents[2] / "golden" / "austin_bus.json"
TRACE = sample.path("austin_bus.parquet")


def told() -> list[Track]:
    stolen = Track("stolen", armed=True, ignition=False).park(15).ride(40)
    return [stolen, Track("parked").park(30), Track("free").park(15).ride(40)]


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    batch = batch_of(sorted((r for t in told() for r in t.rows), key=lambda r: int(str(r["t_ms"]))))
    armed = compute.if_else((batch.flags >> 4) & 1 == 1, (batch.flags >> 3) & 1 == 1, None)
    table = pa.table(
        {
            "vehicle_id": [batch.ids[code] for code in batch.vehicle],
            "t": batch.t_ms / 1000,
            "lon": batch.lon,
            "lat": batch.lat,
            "speed_mps": batch.speed_mps.astype("f8"),
            "armed": armed,
        }
    )
    parquet.write_table(table, tmp_path / "trace.parquet")
    csv.write_csv(table, tmp_path / "trace.csv")
    return tmp_path / "trace.parquet"


def call(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["replay", *map(str, arguments)], catch_exceptions=False)


def run(out: Path, *arguments: object) -> tuple[bytes, bytes]:
    result = call("--out", out, *arguments)
    assert result.exit_code == 0, result.stderr
    assert sorted(p.name for p in out.iterdir()) == ["incidents.jsonl", "signals.jsonl"]
    return (out / "signals.jsonl").read_bytes(), (out / "incidents.jsonl").read_bytes()


def vehicles(lines: bytes) -> set[str]:
    return {json.loads(line)["vehicle_id"] for line in lines.splitlines()}


def test_lines_have_exactly_these_keys(tmp_path: Path, trace: Path) -> None:
    signals, incidents = run(tmp_path / "out", trace)
    signal = json.loads(signals.splitlines()[0])
    assert list(signal) == [
        *("id", "vehicle_id", "kind", "t", "t_detected", "lon", "lat", "strength", "evidence")
    ]
    incident = json.loads(incidents.splitlines()[0])
    assert list(incident) == [
        *("id", "vehicle_id", "level", "t_opened", "t_detected", "lon", "lat", "signals", "history")
    ]
    assert set(incident["history"][0]) == {"t", "level", "reason", "reason_zh"}
    assert signal["id"] in incident["signals"]
    assert "stolen" in vehicles(incidents)
    assert "parked" not in vehicles(incidents)


def test_the_same_trace_gives_the_same_bytes_however_it_is_cut_and_written(
    tmp_path: Path, trace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run(tmp_path / "1", trace)
    assert first[0]
    assert run(tmp_path / "2", trace) == first
    assert run(tmp_path / "3", trace.with_suffix(".csv")) == first
    for size in (1, 7, 64):
        monkeypatch.setattr(replay, "BATCH", size)
        assert run(tmp_path / f"b{size}", trace) == first


def test_the_sample_of_real_buses_gives_what_it_gave(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = json.loads(GOLDEN.read_text("utf-8"))
    lines = run(tmp_path / "1", TRACE)
    found = {
        name: {"lines": body.count(b"\n"), "sha256": hashlib.sha256(body).hexdigest()}
        for name, body in zip(("signals", "incidents"), lines, strict=True)
    }
    assert found == {name: wanted[name] for name in found}
    monkeypatch.setattr(replay, "BATCH", 997)
    assert run(tmp_path / "2", TRACE) == lines


def test_only_registered_vehicles_are_replayed(tmp_path: Path, trace: Path) -> None:
    registry = tmp_path / "registry.csv"
    registry.write_text("terminal,vehicle_id\nT9,free\n")
    result = call("--out", tmp_path / "out", "--registry", registry, trace)
    assert result.exit_code == 0
    assert "rows: unregistered" in result.stderr
    assert "stolen" not in vehicles((tmp_path / "out" / "signals.jsonl").read_bytes())


def test_what_stood_in_the_folder_is_overwritten_whole(tmp_path: Path, trace: Path) -> None:
    wanted = run(tmp_path / "new", trace)
    old = tmp_path / "old"
    old.mkdir()
    for name in ("signals.jsonl", "incidents.jsonl", "signals.jsonl.part"):
        (old / name).write_text("rest of another run\n" * 1000)
    assert run(old, trace) == wanted


def test_nothing_found_is_two_empty_files(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text("vehicle_id,t,lon,lat\n")
    assert run(tmp_path / "out", path) == (b"", b"")


@pytest.mark.parametrize("option", ["--zones", "--rules", "--registry", "trace"])
def test_a_bad_file_is_one_line_status_2_and_nothing_is_written(
    tmp_path: Path, trace: Path, option: str
) -> None:
    bad = tmp_path / "bad.file"
    bad.write_text("{")
    files = [bad] if option == "trace" else [trace, option, bad]
    result = call("--out", tmp_path / "out", *files)
    assert result.exit_code == 2
    last = result.stderr.splitlines()[-1]
    assert last.startswith("vehicleguard replay: ")
    assert str(bad) in last
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path, trace: Path) -> None:
    (tmp_path / "file").write_text("")
    result = call("--out", tmp_path / "file" / "out", trace)
    assert result.exit_code == 2
    assert "cannot be written" in result.stderr.splitlines()[-1]

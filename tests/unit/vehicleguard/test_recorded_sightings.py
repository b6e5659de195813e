"""Recorded sightings: what a file may look like, and what is left out of it."""

import json
import math
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import csv, parquet

from ingest.reject import RejectReason
from vehicleguard import recorded_sightings
from vehicleguard.recorded_rows import RecordingError

T = 1_750_000_000.0
ROWS = [
    {
        "camera": "C1",
        "t": T + 5,
        "plate": "湘H12345",
        "confidence": 0.9,
        "lon": 112.3,
        "lat": 28.5,
        "plate_color": "blue",
        "vehicle_class": "car",
        "vehicle_color": "white",
        "direction_deg": 90.0,
    },
    {"camera": "C2", "t": T, "plate": None, "received": T + 9},
    {"camera": "C3", "t": T + 1.25, "plate": "湘H00001", "confidence": 7.0},
]


def write(tmp_path: Path, kind: str, rows: list[dict]) -> Path:
    path = tmp_path / f"sightings.{kind}"
    if kind == "jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        return path
    names = dict.fromkeys(name for row in rows for name in row)
    table = pa.table({name: [row.get(name) for row in rows] for name in names})
    (csv.write_csv if kind == "csv" else parquet.write_table)(table, path)
    return path


@pytest.mark.parametrize("kind", ["parquet", "csv", "jsonl"])
def test_every_kind_of_file_gives_the_same_sightings_in_order_of_arrival(tmp_path, kind) -> None:
    held = recorded_sightings.read([write(tmp_path, kind, ROWS)])
    batch = held.batch
    assert batch.camera == ("C3", "C1", "C2")
    assert batch.plate == ("湘H00001", "湘H12345", None)
    assert batch.t_ms.tolist() == [1_750_000_001_250, 1_750_000_005_000, 1_750_000_000_000]
    assert batch.received_ms.tolist()[2] == 1_750_000_009_000
    assert (batch.lon[1], batch.lat[1], batch.direction_deg[1]) == (112.3, 28.5, 90)
    assert (batch.plate_color[1], batch.vehicle_class[1], batch.image[1]) == ("blue", "car", None)
    assert batch.vehicle_color == (None, "white", None)
    assert math.isnan(batch.lon[0])
    assert math.isnan(batch.confidence[0])  # 7 is no confidence
    assert not held.skipped


@pytest.mark.parametrize("kind", ["parquet", "csv", "jsonl"])
def test_a_row_that_cannot_be_meant_harms_no_other(tmp_path, kind) -> None:
    bad = [
        {"camera": None, "t": T},
        {"camera": "C4", "t": None},
        {"camera": "C5", "t": T, "lon": 28.0, "lat": 112.0},
        {"camera": "C6", "t": T * 1000},
    ]
    held = recorded_sightings.read([write(tmp_path, kind, [*ROWS, *bad])])
    assert held.batch.camera == ("C3", "C1", "C2")
    assert held.skipped[RejectReason.OUTSIDE_EARTH] == 1
    assert held.skipped[RejectReason.CLOCK_OFF] == 1
    assert held.skipped.total() == len(bad)


def test_lines_that_are_no_sightings_are_counted_by_what_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(
        b'{"camera": "C1", "t": 1750000000}\n\n{\n{"t": 1}\n{"camera": 7, "t": 1}\n\xff\n'
    )
    held = recorded_sightings.read([path])
    assert held.batch.camera == ("C1",)
    assert held.skipped == {
        RejectReason.NOT_JSON: 2,
        RejectReason.MISSING_FIELD: 1,
        RejectReason.BAD_VALUE: 1,
    }


def test_several_files_are_one_recording(tmp_path: Path) -> None:
    files = [
        write(tmp_path, kind, [row]) for kind, row in zip(("csv", "jsonl"), ROWS, strict=False)
    ]
    assert recorded_sightings.read(files).batch.camera == ("C1", "C2")
    assert len(recorded_sightings.read([]).batch) == 0


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        (
            "a.csv",
            b"camera,plate\nC1,x\n",
            "column t: missing; expected camera, t, found camera, plate",
        ),
        ("a.csv", b"", "expected a Parquet, CSV or JSON lines file of sightings: "),
        ("a.parquet", b"PAR", "expected a Parquet, CSV or JSON lines file of sightings: "),
        ("a.jsonl", None, "expected a Parquet, CSV or JSON lines file of sightings: "),
    ],
)
def test_a_file_of_something_else_says_so_in_one_line(tmp_path, name, content, said) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RecordingError) as caught:
        recorded_sightings.read([path])
    assert str(caught.value).startswith(f"{path}: {said}")
    assert "\n" not in str(caught.value)


@settings(deadline=None)
@given(st.lists(st.binary(max_size=40)))
def test_any_lines_are_read_or_counted(tmp_path_factory, lines) -> None:
    path = tmp_path_factory.mktemp("any") / "a.jsonl"
    path.write_bytes(b"\n".join(lines))
    held = recorded_sightings.read([path])
    filled = [line for line in path.read_bytes().splitlines() if line.strip()]
    assert len(held.batch) + held.skipped.total() == len(filled)

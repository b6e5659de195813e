"""Recorded fixes: what a file may look like, and what is left out of it."""

from __future__ import annotations

import csv
import math
from collections import Counter
from contextlib import closing
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from ingest import sqlite
from ingest.fix import COLUMNS, FixBatch, alarm_names, flag_names
from ingest.reject import RejectReason
from ingest.store.sqlite_log import SqliteLog
from tests.unit.ingest.making import decode as native
from vehicleguard import recorded_rows as rows_module
from vehicleguard.recording import Arrivals, RecordingError, read

T = 1_750_000_000.0
Row = dict[str, object]
GOOD: Row = {"vehicle_id": "v", "t": T, "lon": 112.5, "lat": 28.5}


def as_csv(path: Path, rows: list[Row]) -> Path:
    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)
    return path


def as_parquet(path: Path, rows: list[Row]) -> Path:
    names = list(dict.fromkeys(name for row in rows for name in row))
    parquet.write_table(pa.table({name: [row.get(name) for row in rows] for name in names}), path)
    return path


FORMATS = pytest.mark.parametrize(
    ("write", "name"), [(as_csv, "f.csv"), (as_parquet, "f.parquet")], ids=["csv", "parquet"]
)


def vehicles(batch: FixBatch) -> list[str]:
    return [batch.ids[code] for code in batch.vehicle.tolist()]


def some_rows(n: int = 300) -> list[Row]:
    rng = np.random.default_rng(5)

    def maybe(value: object) -> object:
        return value if rng.random() < 0.7 else None

    return [
        {
            "vehicle_id": f"车{rng.integers(5)}",
            "t": T + float(rng.integers(0, 90)) / 4,
            "lon": float(rng.normal(112, 40)),
            "lat": float(rng.normal(28, 40)),
            "speed_mps": maybe(float(rng.random() * 30)),
            "heading_deg": maybe(float(rng.random() * 360)),
            "accuracy_m": maybe(float(rng.random() * 30)),
            "ignition": maybe(bool(rng.integers(2))),
            "armed": maybe(bool(rng.integers(2))),
            "alarms": maybe(" ".join(rng.permutation(["sos", "tamper", "x"])[: rng.integers(4)])),
            "received": maybe(T + float(rng.integers(0, 90))),
        }
        for _ in range(n)
    ]


def test_parquet_and_csv_hold_the_same(tmp_path: Path) -> None:
    rows = some_rows()
    one = read([as_csv(tmp_path / "f.csv", rows)])
    other = read([as_parquet(tmp_path / "f.parquet", rows)])
    assert one.skipped == other.skipped
    assert len(one.batch) > 200
    assert vehicles(one.batch) == vehicles(other.batch)
    for name in COLUMNS:
        np.testing.assert_array_equal(getattr(one.batch, name), getattr(other.batch, name))


@FORMATS
def test_the_order_of_columns_and_strange_columns_do_not_matter(
    tmp_path: Path, write: object, name: str
) -> None:
    assert callable(write)
    row = {"odometer": 5, "lat": 28.5, "note": "x", "t": T, "lon": 112.5, "vehicle_id": "v"}
    batch = read([write(tmp_path / name, [row])]).batch
    assert (batch.lon.item(), batch.lat.item(), batch.t_ms.item()) == (112.5, 28.5, T * 1000)
    assert vehicles(batch) == ["v"]
    assert flag_names(int(batch.flags[0])) == ["located"]
    assert math.isnan(batch.speed_mps.item())


@pytest.mark.parametrize("missing", ["vehicle_id", "t", "lon", "lat"])
@FORMATS
def test_a_missing_column_is_named(tmp_path: Path, write: object, name: str, missing: str) -> None:
    assert callable(write)
    path = write(tmp_path / name, [{k: v for k, v in GOOD.items() if k != missing}])
    with pytest.raises(RecordingError, match=f"column {missing}: missing; expected") as caught:
        read([path])
    assert str(caught.value).startswith(f"{path}: ")


@FORMATS
def test_rows_that_cannot_be_meant_are_counted_and_leave_their_neighbours(
    tmp_path: Path, write: object, name: str
) -> None:
    assert callable(write)
    rows = [
        GOOD,
        *(GOOD | {key: None} for key in GOOD),
        *(GOOD | {key: math.nan} for key in ("t", "lon", "lat")),
        *(GOOD | {"lon": lon} for lon in (-181.0, 1e300)),
        GOOD | {"lat": 90.1},
        *(GOOD | {"t": t} for t in (0.0, T * 1000, 1e300, -1e300)),
        GOOD | {"t": math.inf},
        GOOD,
    ]
    recording = read([write(tmp_path / name, rows)])
    assert len(recording.batch) == 2
    assert recording.skipped == {
        RejectReason.MISSING_FIELD: 8,
        RejectReason.OUTSIDE_EARTH: 3,
        RejectReason.CLOCK_OFF: 4,
    }


@FORMATS
def test_rows_are_taken_in_order_of_arrival_and_ties_as_they_stand(
    tmp_path: Path, write: object, name: str
) -> None:
    assert callable(write)
    arrived = [30.0, 10.0, None, 10.0, 1e300]
    rows = [
        GOOD | {"vehicle_id": f"v{n}", "t": T + 20 + n, "received": a and (T + a if a < 99 else a)}
        for n, a in enumerate(arrived)
    ]
    batch = read([write(tmp_path / name, rows)]).batch
    assert vehicles(batch) == ["v1", "v3", "v2", "v4", "v0"]
    assert (batch.received_ms - T * 1000).tolist() == [10_000, 10_000, 22_000, 24_000, 30_000]


def test_without_arrival_times_event_time_orders_rows_of_several_files(tmp_path: Path) -> None:
    one = as_csv(tmp_path / "1.csv", [GOOD | {"vehicle_id": f"a{s}", "t": T + s} for s in (9, 1)])
    two = as_parquet(tmp_path / "2.parquet", [GOOD | {"vehicle_id": "b1", "t": T + 1}])
    assert vehicles(read([one, two]).batch) == ["a1", "b1", "a9"]
    assert vehicles(read([two, one]).batch) == ["b1", "a1", "a9"]


@FORMATS
def test_alarms_are_names_with_spaces_between(tmp_path: Path, write: object, name: str) -> None:
    assert callable(write)
    told = ["sos", " power_cut  tamper ", "ufo sos sos", "", None]
    batch = read([write(tmp_path / name, [GOOD | {"alarms": text} for text in told])]).batch
    assert [alarm_names(bits) for bits in batch.alarms.tolist()] == [
        *(["sos"], ["power_cut", "tamper"], ["sos"], [], [])
    ]


def test_vehicle_ids_of_digits_keep_their_zeros_in_csv(tmp_path: Path) -> None:
    path = as_csv(tmp_path / "f.csv", [GOOD | {"vehicle_id": i} for i in ("007", "7", "1e5")])
    assert vehicles(read([path]).batch) == ["007", "7", "1e5"]


def test_vehicle_ids_may_be_whole_numbers_in_parquet(tmp_path: Path) -> None:
    path = as_parquet(tmp_path / "f.parquet", [GOOD | {"vehicle_id": i} for i in (7, 70)])
    assert vehicles(read([path]).batch) == ["7", "70"]


@FORMATS
def test_truths_are_yes_no_or_not_said(tmp_path: Path, write: object, name: str) -> None:
    assert callable(write)
    for yes, no, unsaid in ((True, False, None), (1, 0, None), (1.0, 0.0, math.nan)):
        if write is as_csv and isinstance(yes, float):
            continue
        rows = [GOOD | {"armed": said} for said in (yes, no, unsaid)]
        flags = read([write(tmp_path / name, rows)]).batch.flags.tolist()
        assert [flag_names(bits)[1:] for bits in flags] == [
            *(["armed", "armed_known"], ["armed_known"], [])
        ]


def test_vehicles_that_are_not_registered_are_skipped(tmp_path: Path) -> None:
    path = as_csv(tmp_path / "f.csv", [GOOD | {"vehicle_id": i} for i in ("a", "b", "a")])
    recording = read([path], {"a"})
    assert vehicles(recording.batch) == ["a", "a"]
    assert recording.skipped == {RejectReason.UNREGISTERED: 1}
    assert len(read([path], set()).batch) == 0


def test_a_torn_line_is_counted_and_the_rest_is_read(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text(f"vehicle_id,t,lon,lat\na,{T},1\nb,{T},1,2\nc,{T},1,2,3\n")
    recording = read([path])
    assert vehicles(recording.batch) == ["b"]
    assert recording.skipped == {RejectReason.BAD_VALUE: 2}


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("f.csv", b"", "expected a Parquet or CSV file of fixes"),
        ("f.parquet", b"certainly none", "expected a Parquet or CSV file of fixes"),
        ("f.csv", b"vehicle_id,t,lon,lat\n\xe9,1,2,3\n", "expected a Parquet or CSV file of fixes"),
        ("f.csv", b"vehicle_id,t,lon,lat,lat\na,1,2,3,4\n", "column lat: there twice"),
        ("f.csv", b"vehicle_id,t,lon,lat,armed\na,1,2,3,perhaps\n", "column armed: expected bool"),
    ],
)
def test_a_file_that_cannot_be_replayed_says_why(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(RecordingError) as caught:
        read([path])
    assert str(caught.value).startswith(f"{path}: {said}")
    assert "\n" not in str(caught.value)


@FORMATS
def test_a_file_without_rows_holds_nothing(tmp_path: Path, write: object, name: str) -> None:
    assert callable(write)
    path = write(tmp_path / name, [GOOD | {"lon": 999.0}])
    recording = read([path])
    assert (len(recording.batch), recording.skipped.total()) == (0, 1)


def many_rows(count: int, *, received: bool) -> list[Row]:
    """In no order at all."""
    rng = np.random.default_rng(count)
    return [
        {
            "vehicle_id": f"v{rng.integers(20)}",
            "t": T + float(rng.integers(0, 500)) / 2,
            "lon": float(rng.normal(112, 1)),
            "lat": 28.0 + n / 1e6,
            **({"received": T + float(rng.integers(0, 500)) / 2} if received else {}),
        }
        for n in range(count)
    ]


@pytest.mark.parametrize("received", [True, False])
@pytest.mark.parametrize("ordered", [True, False])
def test_row_groups_and_files_are_merged_in_the_order_of_one_sort(
    tmp_path: Path, *, received: bool, ordered: bool
) -> None:
    key = "received" if received else "t"
    files, expected = [], []
    for nth in range(3):
        rows = many_rows(400 + nth, received=received)
        if ordered:
            rows.sort(key=lambda row: row[key])
        rows[7]["lat"] = None
        path = tmp_path / f"{nth}.parquet"
        names = list(rows[0])
        table = pa.table({name: [row[name] for row in rows] for name in names})
        parquet.write_table(table, path, row_group_size=50)
        files.append(path)
        expected += [row for row in rows if row["lat"] is not None]
    expected.sort(key=lambda row: row[key])  # keeps ties in the order of the files
    arrivals = Arrivals(files)
    batches = list(arrivals)
    assert (arrivals.rows, arrivals.done) == (1203, 1203)
    assert +arrivals.skipped == {RejectReason.MISSING_FIELD: 3}
    whole = FixBatch.concat(batches)
    assert vehicles(whole) == [row["vehicle_id"] for row in expected]
    assert whole.lat.tolist() == [row["lat"] for row in expected]
    if ordered:
        assert max(map(len, batches)) < 400  # not all at once


def test_a_store_of_a_run_is_read_block_by_block(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    batches = [batch_of([GOOD | {"vehicle_id": f"v{n}", "t": T + n}]) for n in range(5)]
    with closing(sqlite.connect(path)) as db:
        log = SqliteLog(db)
        for n, batch in enumerate(batches):
            log.append(batch, native([]).sightings, [], round((T + n) * 1000))
    recording = read([path], {"v1", "v3", "v4"})
    assert vehicles(recording.batch) == ["v1", "v3", "v4"]
    assert recording.skipped == {RejectReason.UNREGISTERED: 2}
    assert vehicles(read([path]).batch) == [f"v{n}" for n in range(5)]


def test_a_store_that_holds_no_fixes_says_so(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite"
    with closing(sqlite.connect(path)) as db:
        db.execute("CREATE TABLE t (a)")
    with pytest.raises(RecordingError, match="expected a store with recorded fixes"):
        read([path])


def batch_of(rows: list[Row]) -> FixBatch:
    table = pa.table({name: [row[name] for row in rows] for name in rows[0]})
    return rows_module.batch_of(rows_module.typed(Path("x"), table), Counter(), None)

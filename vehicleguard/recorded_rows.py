"""Rows of recorded fixes: what a Parquet or CSV file may look like, and what is left out of it."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Container, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import csv

from ingest.fix import ALARM_BY_NAME, NO_SEQ, FixBatch, Flag
from ingest.reject import RejectReason

REQUIRED = ("vehicle_id", "t", "lon", "lat")
_NUMBERS = ("t", "lon", "lat", "speed_mps", "heading_deg", "accuracy_m", "received")
_TRUTHS = ("ignition", "armed")
_TEXTS = ("vehicle_id", "alarms")
EARLIEST_S, LATEST_S = 946_684_800.0, 4_102_444_800.0  # 2000-01-01 and 2100-01-01, UTC


class RecordingError(ValueError):
    """A file cannot be replayed; the text is one line: file, column, what was expected."""


def csv_rows(path: Path) -> tuple[pa.Table, int]:
    """The file's known columns in their types, and how many lines were no rows at all."""
    torn: list[object] = []

    def skip(row: Any) -> str:
        torn.append(row)
        return "skip"

    with reading(path):
        table = csv.read_csv(
            path,
            parse_options=csv.ParseOptions(invalid_row_handler=skip),
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys((*_TEXTS, *_NUMBERS, *_TRUTHS), pa.string()),
                strings_can_be_null=True,
            ),
        )
    known_columns(path, table.column_names)
    return typed(path, table), len(torn)


@contextlib.contextmanager
def reading(path: Path) -> Iterator[None]:
    """Errors of Arrow and of the system as `RecordingError`."""
    try:
        yield
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        reason = str(error).splitlines()[0]
        msg = f"{path}: expected a Parquet or CSV file of fixes: {reason}"
        raise RecordingError(msg) from error


def known_columns(path: Path, names: Sequence[str]) -> list[str]:
    """Those of the columns that mean something.  Raises `RecordingError`."""
    for name in REQUIRED:
        if name not in names:
            found = ", ".join(names)
            msg = f"{path}: column {name}: missing; expected {', '.join(REQUIRED)}, found {found}"
            raise RecordingError(msg)
    known = [name for name in (*_TEXTS, *_NUMBERS, *_TRUTHS) if name in names]
    for name in known:
        if list(names).count(name) > 1:
            msg = f"{path}: column {name}: there twice; expected it once"
            raise RecordingError(msg)
    return known


def typed(path: Path, table: pa.Table) -> pa.Table:
    """The known columns in their types.  Raises `RecordingError`."""
    known = (*_TEXTS, *_NUMBERS, *_TRUTHS)
    return pa.table(
        {
            name: _typed(path, name, table.column(name))
            for name in known
            if name in table.column_names
        }
    )


def _typed(path: Path, name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    wanted = pa.string() if name in _TEXTS else pa.float64() if name in _NUMBERS else pa.bool_()
    try:
        if pa.types.is_dictionary(column.type):
            if name == "vehicle_id" and pa.types.is_string(column.type.value_type):
                return column  # it is wanted as one
            column = column.cast(column.type.value_type)
        if name in _NUMBERS and pa.types.is_string(column.type):
            column = _numbers(column)
        if name in _TRUTHS and pa.types.is_floating(column.type):
            # a table that came by way of pandas writes an unknown truth as NaN
            column = pc.if_else(pc.is_nan(column), None, column).cast(pa.int8())
        return column.cast(wanted)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        reason = str(error).splitlines()[0]
        msg = f"{path}: column {name}: expected {wanted}, found {column.type}: {reason}"
        raise RecordingError(msg) from error


def _numbers(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Texts as numbers; one that is no number becomes null, so that only its row is refused."""
    number = r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$"
    is_number = pc.match_substring_regex(column, number)
    return pc.utf8_trim_whitespace(pc.if_else(is_number, column, None)).cast(pa.float64())


def batch_of(
    table: pa.Table, skipped: Counter[RejectReason], registered: Container[str] | None
) -> FixBatch:
    """The rows of a `typed` table that can be meant; the others are counted in `skipped`."""
    t, lon, lat = (_floats(table, name) for name in ("t", "lon", "lat"))
    column = table.column("vehicle_id")
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    vehicle = column.unify_dictionaries().combine_chunks()
    if isinstance(vehicle, pa.ChunkedArray):  # of no chunk at all
        vehicle = pa.array([], column.type)
    ids = tuple(vehicle.dictionary.to_pylist())
    code = vehicle.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)

    good = np.ones(len(t), np.bool_)

    def refuse(bad: NDArray[np.bool_], reason: RejectReason) -> None:
        skipped[reason] += int(np.count_nonzero(bad & good))
        np.logical_and(good, ~bad, out=good)

    refuse((code < 0) | np.isnan(t) | np.isnan(lon) | np.isnan(lat), RejectReason.MISSING_FIELD)
    refuse((np.abs(lon) > 180) | (np.abs(lat) > 90), RejectReason.OUTSIDE_EARTH)
    refuse((t < EARLIEST_S) | (t >= LATEST_S), RejectReason.CLOCK_OFF)
    if registered is not None:
        known = np.array([vehicle_id in registered for vehicle_id in ids] or [False], np.bool_)
        refuse(~known[code], RejectReason.UNREGISTERED)

    flags = np.where((lon == 0) & (lat == 0), 0, Flag.LOCATED).astype(np.uint32)
    for name, bit, known_bit in (
        ("ignition", Flag.IGNITION, Flag.IGNITION_KNOWN),
        ("armed", Flag.ARMED, Flag.ARMED_KNOWN),
    ):
        if name in table.column_names:
            said = table.column(name)
            truth = said.fill_null(False).to_numpy()  # noqa: FBT003 - pyarrow's own signature
            flags |= np.where(said.is_valid().to_numpy(), known_bit, 0).astype(np.uint32)
            flags |= np.where(truth, bit, 0).astype(np.uint32)
    t_ms = _milliseconds(t)
    batch = FixBatch(
        ids=ids,
        vehicle=code,
        t_ms=t_ms,
        received_ms=_received_ms(table, t_ms),
        lon=lon,
        lat=lat,
        speed_mps=_floats32(table, "speed_mps"),
        heading_deg=_floats32(table, "heading_deg"),
        accuracy_m=_floats32(table, "accuracy_m"),
        altitude_m=np.full(len(t), np.nan, np.float32),
        flags=flags,
        alarms=_alarms(table),
        seq=np.full(len(t), NO_SEQ, np.int64),
    )
    return batch if good.all() else batch.take(good)


def arrival_ms(table: pa.Table) -> NDArray[np.int64]:
    """When each row of a `typed` table arrived: `received` where it is told, else `t`; UTC ms."""
    return _received_ms(table, _milliseconds(_floats(table, "t")))


def _received_ms(table: pa.Table, t_ms: NDArray[np.int64]) -> NDArray[np.int64]:
    if "received" not in table.column_names:
        return t_ms
    received = _floats(table, "received")
    told = (received >= EARLIEST_S) & (received < LATEST_S)
    return np.where(told, _milliseconds(received), t_ms)


def _floats(table: pa.Table, name: str) -> NDArray[np.float64]:
    """A column with NaN for null and infinity, or all NaN where there is no such column."""
    if name not in table.column_names:
        return np.full(table.num_rows, np.nan)
    # a copy: Arrow's own memory is read-only, and kernels are compiled for what may be written
    column: NDArray[np.float64] = np.array(table.column(name).to_numpy(), np.float64)
    finite = np.isfinite(column)
    return column if finite.all() else np.where(finite, column, np.nan)


def _floats32(table: pa.Table, name: str) -> NDArray[np.float32]:
    if name not in table.column_names:
        return np.full(table.num_rows, np.nan, np.float32)
    return _floats(table, name).astype(np.float32)


def _milliseconds(seconds: NDArray[np.float64]) -> NDArray[np.int64]:
    """UTC ms; of times that are refused anyway something that fits."""
    sane = np.abs(seconds) <= LATEST_S
    bounded = seconds if sane.all() else np.where(sane, seconds, np.copysign(LATEST_S, seconds))
    rounded: NDArray[np.int64] = np.rint(bounded * 1000).astype(np.int64)
    return rounded


def _alarms(table: pa.Table) -> NDArray[np.uint32]:
    if "alarms" not in table.column_names or not table.num_rows:
        return np.zeros(table.num_rows, np.uint32)
    encoded = table.column("alarms").fill_null("").combine_chunks().dictionary_encode()
    bits = [
        sum({int(ALARM_BY_NAME.get(name, 0)) for name in text.split()})
        for text in encoded.dictionary.to_pylist()
    ]
    of_text: NDArray[np.uint32] = np.array(bits, np.uint32)
    taken: NDArray[np.uint32] = of_text[encoded.indices.to_numpy()]
    return taken

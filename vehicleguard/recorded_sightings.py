"""Recorded sightings in order of arrival, from Parquet, CSV or JSON lines, for a replay.

Columns: `camera` and `t` (epoch seconds, UTC); where there are, `plate`, `confidence` (0-1), `lon`,
`lat` (WGS-84; without them a sighting is where its camera is), `plate_color`, `vehicle_class`,
`vehicle_color`, `direction_deg`, `image`, `image_sha256`, `read_id`, and `received` (epoch seconds
of arrival).
A row that cannot be meant harms no other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import csv, parquet

from ingest.reject import RejectReason
from ingest.sighting import TEXTS, SightingBatch
from vehicleguard.recorded_rows import EARLIEST_S, LATEST_S, RecordingError

_NUMBERS = ("t", "received", "lon", "lat", "confidence", "direction_deg")
_NUMBER = r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$"


@dataclass(frozen=True)
class RecordedSightings:
    """The sightings of some files, in order of arrival, and what was left out of them."""

    batch: SightingBatch
    skipped: Counter[RejectReason]


class _Line(msgspec.Struct):
    """A line of a file of JSON lines; what else stands there is not looked at."""

    camera: str
    t: float
    received: float | None = None
    lon: float | None = None
    lat: float | None = None
    confidence: float | None = None
    direction_deg: float | None = None
    plate: str | None = None
    plate_color: str | None = None
    vehicle_class: str | None = None
    vehicle_color: str | None = None
    image: str | None = None
    image_sha256: str | None = None
    read_id: str | None = None


def read(files: Sequence[Path]) -> RecordedSightings:
    """Read `files`; sightings of one time keep their order.  Raises `RecordingError`."""
    skipped: Counter[RejectReason] = Counter()
    tables = [_read(path, skipped) for path in files]
    schema = [(name, pa.string()) for name in TEXTS] + [(name, pa.float64()) for name in _NUMBERS]
    table = pa.concat_tables([pa.schema(schema).empty_table(), *tables]).combine_chunks()
    number = {name: np.array(table.column(name), np.float64) for name in _NUMBERS}
    t, lon, lat = (number[name] for name in ("t", "lon", "lat"))
    good = np.ones(len(t), np.bool_)

    def refuse(bad: NDArray[np.bool_], reason: RejectReason) -> None:
        skipped[reason] += int(np.count_nonzero(bad & good))
        good[bad] = False

    camera = pc.fill_null(pc.utf8_trim_whitespace(table.column("camera")), "")
    refuse(np.array(pc.equal(camera, "")) | np.isnan(t), RejectReason.MISSING_FIELD)
    refuse((np.abs(lon) > 180) | (np.abs(lat) > 90), RejectReason.OUTSIDE_EARTH)
    refuse(~((t >= EARLIEST_S) & (t < LATEST_S)), RejectReason.CLOCK_OFF)

    t_ms = _milliseconds(t)
    told = (number["received"] >= EARLIEST_S) & (number["received"] < LATEST_S)
    texts = {name: table.column(name) for name in TEXTS}
    columns = {
        **texts,
        "camera": camera,
        "t_ms": t_ms,
        "received_ms": np.where(told, _milliseconds(number["received"]), t_ms),
        "lon": lon,
        "lat": lat,
        "confidence": _sensible(number["confidence"], 0, 1),
        "direction_deg": _sensible(number["direction_deg"], 0, 360),
    }
    batch = SightingBatch.of(pa.table(columns))
    kept = np.flatnonzero(good)
    order = kept[np.argsort(batch.received_ms[kept], kind="stable")]
    return RecordedSightings(batch.take(order), +skipped)


def _read(path: Path, skipped: Counter[RejectReason]) -> pa.Table:
    """All columns of one file in their types, null where they are unknown."""
    try:
        if path.suffix.lower() in {".jsonl", ".ndjson"}:
            return _lines(path.read_bytes(), skipped)
        table = _csv(path, skipped) if path.suffix.lower() == ".csv" else parquet.read_table(path)
    except (pa.ArrowInvalid, OSError) as error:
        reason = str(error).splitlines()[0]
        msg = f"{path}: expected a Parquet, CSV or JSON lines file of sightings: {reason}"
        raise RecordingError(msg) from error
    missing = [name for name in ("camera", "t") if name not in table.column_names]
    if missing:
        found = ", ".join(table.column_names)
        msg = f"{path}: column {missing[0]}: missing; expected camera, t, found {found}"
        raise RecordingError(msg)
    none = pa.nulls(table.num_rows)
    columns = {}
    for name in (*TEXTS, *_NUMBERS):
        column = table.column(name) if name in table.column_names else none
        columns[name] = _typed(path, name, column)
    return pa.table(columns)


def _csv(path: Path, skipped: Counter[RejectReason]) -> pa.Table:
    def torn(_: object) -> str:
        skipped[RejectReason.BAD_VALUE] += 1
        return "skip"

    texts = dict.fromkeys((*TEXTS, *_NUMBERS), pa.string())
    return csv.read_csv(
        path,
        parse_options=csv.ParseOptions(invalid_row_handler=torn),
        convert_options=csv.ConvertOptions(column_types=texts, strings_can_be_null=True),
    )


def _lines(data: bytes, skipped: Counter[RejectReason]) -> pa.Table:
    decode = msgspec.json.Decoder(_Line).decode
    rows = []
    for line in data.splitlines():
        if not line.strip():
            continue
        try:
            rows.append(decode(line))
        except msgspec.ValidationError as error:
            is_missing = "missing required field" in str(error)
            reason = RejectReason.MISSING_FIELD if is_missing else RejectReason.BAD_VALUE
            skipped[reason] += 1
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            skipped[RejectReason.NOT_JSON] += 1
    return pa.table(
        {
            name: pa.array([getattr(row, name) for row in rows], wanted)
            for names, wanted in ((TEXTS, pa.string()), (_NUMBERS, pa.float64()))
            for name in names
        }
    )


def _typed(path: Path, name: str, column: pa.Array | pa.ChunkedArray) -> pa.ChunkedArray:
    wanted = pa.string() if name in TEXTS else pa.float64()
    try:
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        if wanted == pa.float64() and pa.types.is_string(column.type):
            # a text that is no number is unknown, so that only its row is refused
            fits = pc.match_substring_regex(column, _NUMBER)
            column = pc.utf8_trim_whitespace(pc.if_else(fits, column, None))
        return column.cast(wanted)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        reason = str(error).splitlines()[0]
        msg = f"{path}: column {name}: expected {wanted}, found {column.type}: {reason}"
        raise RecordingError(msg) from error


def _milliseconds(seconds: NDArray[np.float64]) -> NDArray[np.int64]:
    """UTC ms; 0 for times that are refused anyway."""
    sane = np.abs(seconds) <= LATEST_S  # NaN is not
    out: NDArray[np.int64] = np.rint(np.where(sane, seconds, 0.0) * 1000).astype(np.int64)
    return out


def _sensible(column: NDArray[np.float64], low: float, high: float) -> NDArray[np.float32]:
    inside = (column >= low) & (column <= high)
    return np.where(inside, column, np.nan).astype(np.float32)

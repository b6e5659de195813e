"""Recorded fixes in order of arrival, from files of any size: Parquet, CSV or a system's own store.

A Parquet file is read a row group at a time, so that a week need not fit into memory; how much is
held depends on how far the groups overlap in time.  The order is that of `received`, or of `t` in
files without it; ties keep the order of the files.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Container, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from ingest.fix import FixBatch
from ingest.reject import RejectReason
from ingest.store import block
from vehicleguard import recorded_rows as rows
from vehicleguard.recorded_rows import RecordingError

__all__ = ["Arrivals", "Recording", "RecordingError", "read"]

_SQLITE = b"SQLite format 3\0"
_BLOCK_ROWS = 131_072
_EARLIEST_MS = -(2**62)


@dataclass(frozen=True)
class Recording:
    """The fixes of some files, in order of arrival, and what was left out of them."""

    batch: FixBatch
    skipped: Counter[RejectReason]


def read(files: Sequence[Path], registered: Container[str] | None = None) -> Recording:
    """Read `files` at once; with `registered`, other vehicles' rows are skipped as unregistered.

    Raises `RecordingError`.
    """
    arrivals = Arrivals(files, registered)
    return Recording(FixBatch.concat(list(arrivals)), +arrivals.skipped)


class _Piece(Protocol):
    """A part of a file that is read at once.

    `begin_ms`: nothing in it arrived before; `rows`: how many it has, good and bad.
    """

    begin_ms: int
    rows: int

    def read(self, skipped: Counter[RejectReason], registered: Container[str] | None) -> FixBatch:
        """Its fixes.  Raises `RecordingError`."""
        ...


class Arrivals:
    """The fixes of some files as batches in order of arrival; iterate it once.

    `rows` counts the rows of all files, `done` those read so far, `skipped` those left out, and
    why.  Raises `RecordingError` when made or on the way.
    """

    def __init__(self, files: Sequence[Path], registered: Container[str] | None = None) -> None:
        self.skipped: Counter[RejectReason] = Counter()
        self._registered = registered
        self._pieces: list[tuple[int, int, _Piece]] = []
        for nth, path in enumerate(files):
            for first, piece in _pieces(path, self.skipped):
                self._pieces.append((nth, first, piece))
        self._pieces.sort(key=lambda one: (one[2].begin_ms, one[0], one[1]))
        self.rows = sum(piece.rows for *_, piece in self._pieces)
        self.done = 0

    def __iter__(self) -> Iterator[FixBatch]:
        held, place = FixBatch.empty(), np.empty(0, np.int64)
        while self._pieces:
            nth, first, piece = self._pieces.pop(0)
            fresh = piece.read(self.skipped, self._registered)
            self.done += piece.rows
            own = (np.int64(nth) << 40) + first + np.arange(len(fresh))
            held = FixBatch.concat([held, fresh]) if len(held) else fresh
            place = np.concatenate([place, own])
            if (np.diff(held.received_ms) < 0).any() or (np.diff(place) < 0).any():
                order = np.lexsort((place, held.received_ms))
                held, place = held.take(order), place[order]
            ready = len(held)
            if self._pieces:
                ready = int(np.searchsorted(held.received_ms, self._pieces[0][2].begin_ms))
            if ready:
                yield held.take(slice(ready))
                held, place = held.take(slice(ready, None)), place[ready:]


def _pieces(path: Path, skipped: Counter[RejectReason]) -> Iterator[tuple[int, _Piece]]:
    """The pieces of a file, each with the number of its first row."""
    try:
        with path.open("rb") as file:
            magic = file.read(len(_SQLITE))
    except OSError as error:
        msg = f"{path}: cannot be read: {error.strerror}"
        raise RecordingError(msg) from error
    if magic == _SQLITE:
        yield from _blocks(path)
    elif path.suffix.lower() == ".csv":
        table, torn = rows.csv_rows(path)
        skipped[RejectReason.BAD_VALUE] += torn
        yield 0, _Table(table)
    else:
        yield from _row_groups(path)


@dataclass(eq=False)
class _Table:
    """A table in memory."""

    table: pa.Table
    begin_ms: int = field(init=False)
    rows: int = field(init=False)

    def __post_init__(self) -> None:
        self.begin_ms = _begin_ms(self.table)
        self.rows = self.table.num_rows

    def read(self, skipped: Counter[RejectReason], registered: Container[str] | None) -> FixBatch:
        return rows.batch_of(self.table, skipped, registered)


@dataclass(eq=False)
class _RowGroup:
    """A row group of a Parquet file."""

    path: Path
    file: parquet.ParquetFile
    number: int
    columns: Sequence[str]
    begin_ms: int
    rows: int

    def read(self, skipped: Counter[RejectReason], registered: Container[str] | None) -> FixBatch:
        with rows.reading(self.path):
            table = self.file.read_row_group(self.number, columns=list(self.columns))
        return rows.batch_of(rows.typed(self.path, table), skipped, registered)


def _row_groups(path: Path) -> Iterator[tuple[int, _RowGroup]]:
    with rows.reading(path):
        columns = rows.known_columns(path, parquet.read_schema(path).names)
        file = parquet.ParquetFile(path, read_dictionary=["vehicle_id"], memory_map=True)
    times = [name for name in ("received", "t") if name in columns]
    first = 0
    for number in range(file.num_row_groups):
        group = file.metadata.row_group(number)
        begin_ms = _stated_begin_ms(file, group, times[0])
        if begin_ms is None:
            with rows.reading(path):
                table = file.read_row_group(number, columns=times)
            begin_ms = _begin_ms(rows.typed(path, table))
        yield first, _RowGroup(path, file, number, columns, begin_ms, group.num_rows)
        first += group.num_rows


def _stated_begin_ms(
    file: parquet.ParquetFile, group: parquet.RowGroupMetaData, name: str
) -> int | None:
    """The earliest time that a row group says it holds, when that is certain."""
    held = group.column(file.schema_arrow.names.index(name)).statistics
    if held is None or not held.has_min_max or held.null_count:
        return None
    if not isinstance(held.min, int | float) or held.max >= rows.LATEST_S:
        return None
    return int(np.floor(held.min * 1000)) if held.min >= rows.EARLIEST_S else None


def _begin_ms(table: pa.Table) -> int:
    """When the first row of a `typed` table arrived, at the earliest."""
    received_ms = rows.arrival_ms(table)
    known = received_ms[received_ms >= rows.EARLIEST_S * 1000]
    return int(known.min()) if len(known) else _EARLIEST_MS


@dataclass(eq=False)
class _Blocks:
    """Some blocks of a system's store, in the order in which they were written."""

    path: Path
    first: int
    after: int
    begin_ms: int
    rows: int

    def read(self, skipped: Counter[RejectReason], registered: Container[str] | None) -> FixBatch:
        with _store(self.path) as db:
            bodies = db.execute(
                "SELECT body FROM blocks WHERE number >= ? AND number < ? ORDER BY number",
                (self.first, self.after),
            ).fetchall()
        try:
            batch = FixBatch.concat([block.decode(body) for (body,) in bodies])
        except block.BlockError as error:
            msg = f"{self.path}: blocks {self.first} to {self.after - 1}: {error}"
            raise RecordingError(msg) from error
        if registered is None:
            return batch
        known = np.array([i in registered for i in batch.ids] or [False], np.bool_)[batch.vehicle]
        skipped[RejectReason.UNREGISTERED] += int((~known).sum())
        return batch.take(known)


def _store(path: Path) -> closing[sqlite3.Connection]:
    return closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True))


def _blocks(path: Path) -> Iterator[tuple[int, _Blocks]]:
    try:
        with _store(path) as db:
            listed = db.execute("SELECT number, rows, at_ms FROM blocks ORDER BY number").fetchall()
    except sqlite3.Error as error:
        msg = f"{path}: expected a store with recorded fixes: {error}"
        raise RecordingError(msg) from error
    begin_ms, first, held, done = _EARLIEST_MS, None, 0, 0
    for number, count, at_ms in listed:
        first = number if first is None else first
        held += count
        if held >= _BLOCK_ROWS or number == listed[-1][0]:
            yield done, _Blocks(path, first, number + 1, begin_ms, held)
            begin_ms, first, held, done = at_ms, None, 0, done + held

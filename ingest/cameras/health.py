"""Cameras' health: who is silent, blinded, late, or has a wrong clock, and since when.

Fed with sightings in order of arrival, and with what cameras say of themselves.  Each is judged
against its own habit, so that an alley that sees nobody at night is well and a motorway that sees
nobody at noon is not.  Pure: `now` is an argument.  The runner (`vehicleguard.camera_watch`) feeds
it, counts it for the metrics, and asks it what a camera's pass times are worth.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ingest.cameras.habit import (
    ENOUGH,
    FALLEN,
    HOUR_MS,
    HOURS,
    KEPT,
    MINUTE_MS,
    ROW,
    advance,
    expected,
    fresh_rows,
    middle,
)
from ingest.dialects import Notice
from ingest.fix import Float64, Int64
from ingest.sighting import SightingBatch
from ingest.store import arrow_bytes

LIMIT = 200_000
"""Cameras followed; names beyond are somebody's flood, and their reads are taken as they are."""
VERSION = 1
_SCHEMA = "camera_health"


class Condition(IntEnum):
    """How a camera is; of several, the gravest."""

    NEVER = 0
    """Registered, and never heard of."""
    GOOD = 1
    LEARNING = 2
    """Heard of for less than a day: its habit is not known."""
    LATE = 3
    """Its reads arrive late, some more than others: its line is slow, or it sends what it kept."""
    BLINDED = 4
    """It reads, but far less, or far less surely, than it is used to."""
    CLOCK_OFF = 5
    """Its pass times are off by the same time again and again."""
    SILENT = 6
    """It reads nothing where habit lets expect much."""
    DOWN = 7
    """It, or its server, said so, or it keeps alive no more."""


@dataclass(frozen=True, slots=True)
class HealthParameters:
    """When a camera is judged to be ill.

    Silent: nothing for `silent_s` in which `silent_reads` were to be expected; while nobody at all
    is heard, silence does not grow beyond `patience_s`.  Blinded: this hour and the one before held
    less than a fifth of the `blind_reads` or more to be expected, or the median confidence fell by
    `unsure`.  A clock is off when the median lag is beyond `clock_s` and half of them lie within
    `steady_s` of each other; with more between them the camera is late.
    """

    silent_s: float = 900.0
    silent_reads: float = 20.0
    patience_s: float = 600.0
    blind_reads: float = 40.0
    unsure: float = 0.25
    clock_s: float = 30.0
    steady_s: float = 15.0


class CameraHealth:
    """Rows of the cameras, in order of their first word.

    A snapshot plus the sightings after it give the same rows as never having stopped.
    """

    def __init__(self, parameters: HealthParameters | None = None) -> None:
        self.parameters = parameters or HealthParameters()
        self.ids: list[str] = []
        self._row_of: dict[str, int] = {}
        self._rows = fresh_rows(64)

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def rows(self) -> NDArray[np.void]:
        """The rows, `ROW`[n]; a view."""
        return self._rows[: len(self.ids)]

    def expect(self, cameras: Iterable[str]) -> None:
        """Follow these, of which nothing may have been heard yet."""
        self._intern(cameras)

    def observe(self, seen: SightingBatch) -> Int64:
        """Advance by sightings in order of arrival; what to add to each one's pass time, ms[n].

        Nothing, but for cameras whose clock is off: it is their median lag before this minute.  A
        read that lags otherwise is left as it is: the clock may have been set.
        """
        out = np.zeros(len(seen), np.int64)
        if not len(seen):
            return out
        row = self._intern(seen.camera)
        # our own clock may be set back; what arrives later does not belong to an earlier minute
        minute = np.maximum.accumulate(seen.received_ms) // MINUTE_MS
        known = np.flatnonzero(row >= 0)
        if not len(known):
            return out
        edges = np.flatnonzero(np.diff(minute[known])) + 1
        for part in np.split(known, edges):
            self._minute(int(minute[part[0]]), part, row[part], seen)
            out[part] = self._rows["offset_ms"][row[part]]
        return self._meant(out, seen)

    def offsets(self, seen: SightingBatch) -> Int64:
        """What `observe` would say of sightings that it has had already, as far as it still can."""
        row = np.array([self._row_of.get(name, -1) for name in seen.camera], np.int64)
        offset = np.where(row >= 0, self._rows["offset_ms"][np.maximum(row, 0)], 0)
        return self._meant(offset, seen)

    def told(self, notices: Sequence[Notice]) -> None:
        """Take what cameras said of themselves."""
        row = self._intern(notice.camera for notice in notices)
        for at, notice in zip(row.tolist(), notices, strict=True):
            if at >= 0:
                self._rows["told_ms"][at] = notice.at_ms
                self._rows["until_ms"][at] = notice.until_ms
                self._rows["is_up"][at] = notice.is_up

    def judge(self, now_ms: int) -> NDArray[np.uint8]:
        """The `Condition` of every camera at `now_ms`, uint8[n]; since when stands in `rows`."""
        rows, p = self.rows, self.parameters
        heard, until = rows["heard_ms"], self._until(now_ms)
        is_known = np.count_nonzero(rows["days"], axis=1) >= HOURS
        condition = np.where(is_known, Condition.GOOD, Condition.LEARNING).astype(np.uint8)
        lag, spread, many = middle(rows["lag_s"])
        is_off = (many >= ENOUGH) & (np.abs(lag) > p.clock_s)
        condition[is_off & (lag > 0) & (spread > p.steady_s)] = Condition.LATE
        condition[is_known & self._is_blinded(until)] = Condition.BLINDED
        condition[is_off & (spread <= p.steady_s)] = Condition.CLOCK_OFF
        missed = expected(rows, heard, until)
        silent = is_known & (until - heard > p.silent_s * 1000) & (missed >= p.silent_reads)
        condition[silent] = Condition.SILENT
        told, lapses = rows["told_ms"], rows["until_ms"]
        condition[(heard == 0) & (told > 0)] = Condition.GOOD  # a server, or one with no reads yet
        condition[(heard == 0) & (told == 0)] = Condition.NEVER
        lapsed = (lapses > 0) & (lapses > heard) & (until > lapses)
        down = lapsed | ((told > heard) & (rows["is_up"] == 0))
        condition[down] = Condition.DOWN
        changed = condition != rows["condition"]
        since = np.where(down, told, np.where(silent, heard, now_ms))
        rows["since_ms"][changed] = since[changed]
        rows["condition"][changed] = condition[changed]
        return condition

    def lags(self) -> tuple[Float64, Float64, Int64]:
        """Median lag and distance of its quartiles, seconds, and their number, of each camera."""
        return middle(self.rows["lag_s"])

    def _meant(self, offset_ms: Int64, seen: SightingBatch) -> Int64:
        away = np.abs(seen.received_ms - seen.t_ms - offset_ms)
        return np.where(away <= 2000 * self.parameters.steady_s, offset_ms, 0)

    def _until(self, now_ms: int) -> Int64:
        """Up to when silence counts: when nobody is heard, nobody is silent."""
        spoke = np.maximum(self.rows["heard_ms"], self.rows["told_ms"])
        if np.count_nonzero(spoke) < 2:
            return np.full(len(spoke), now_ms, np.int64)
        newest = int(spoke.max()) + int(self.parameters.patience_s * 1000)
        return np.full(len(spoke), min(now_ms, newest), np.int64)

    def _is_blinded(self, until: Int64) -> NDArray[np.bool_]:
        rows, p = self.rows, self.parameters
        hour = until // HOUR_MS
        gap = np.maximum(hour - rows["hour"], 0)  # our own clock may be set back
        held = rows["count"].astype(np.int64)
        read = np.where(gap == 0, held + rows["before"], np.where(gap == 1, held, 0))
        wanted = expected(rows, (hour - 1) * HOUR_MS, until)
        whole = rows["first_ms"] < (hour - 1) * HOUR_MS
        fewer = whole & (wanted >= p.blind_reads) & (read < FALLEN * wanted)
        sure, _, many = middle(rows["sure"])
        unsure: NDArray[np.bool_] = (many >= ENOUGH) & (sure < rows["used_to"] - p.unsure)
        return fewer | unsure

    def _intern(self, names: Iterable[str]) -> Int64:
        """Rows of cameras, made for new ones; -1 beyond `LIMIT`."""
        out = []
        for name in names:
            at = self._row_of.get(name, -1)
            if at < 0 and len(self.ids) < LIMIT:
                at = self._row_of[name] = len(self.ids)
                self.ids.append(name)
            out.append(at)
        if len(self.ids) > len(self._rows):
            grown = fresh_rows(max(len(self.ids), 2 * len(self._rows)))
            grown[: len(self._rows)] = self._rows
            self._rows = grown
        return np.array(out, np.int64)

    def _minute(self, minute: int, part: Int64, row: Int64, seen: SightingBatch) -> None:
        """Take the sightings `part`, of the cameras `row`, that arrived within one minute."""
        rows, p = self._rows, self.parameters
        which, first, count = np.unique(row, return_index=True, return_counts=True)
        begins = which[rows["heard_ms"][which] // MINUTE_MS < minute]
        if len(begins):
            lag, spread, many = middle(rows["lag_s"][begins])
            off = (many >= ENOUGH) & (np.abs(lag) > p.clock_s) & (spread <= p.steady_s)
            advance(rows, begins, minute * MINUTE_MS // HOUR_MS, np.where(off, lag * 1000, 0.0))
        arrived, passed = seen.received_ms[part], seen.t_ms[part]
        new = rows["first_ms"][which] == 0
        rows["first_ms"][which[new]] = np.maximum(arrived[first[new]], 1)
        rows["hour"][which[new]] = minute * MINUTE_MS // HOUR_MS
        np.maximum.at(rows["heard_ms"], row, np.maximum(arrived, minute * MINUTE_MS))
        np.maximum.at(rows["seen_ms"], row, passed)
        order = np.argsort(row, kind="stable")
        of = row[order]
        rank = np.arange(len(of)) - np.repeat(np.cumsum(count) - count, count)
        place = (rows["reads"][of] + rank) % KEPT
        # of those that share a place the last counts, as it would one by one
        rows["lag_s"][of, place] = ((arrived - passed) / 1000)[order]
        rows["sure"][of, place] = seen.confidence[part][order]
        rows["reads"][which] += count
        rows["count"][which] += count.astype(np.int32)

    def encode(self) -> bytes:
        """The cameras as an Arrow IPC stream; equal states give equal bytes."""
        columns = {"camera": pa.array(self.ids, pa.string())}
        for name in ROW.names or ():
            column = np.ascontiguousarray(self.rows[name])
            flat = pa.array(column.reshape(-1))
            width = column.shape[1] if column.ndim == 2 else 0
            columns[name] = pa.FixedSizeListArray.from_arrays(flat, width) if width else flat
        return arrow_bytes.write(pa.table(columns), _SCHEMA, VERSION, {})

    @classmethod
    def decode(cls, data: bytes, parameters: HealthParameters | None = None) -> Self:
        """The state that `encode` wrote.

        Raises `ValueError` when the bytes are no snapshot or of another version.
        """
        table = arrow_bytes.read(data, _SCHEMA, VERSION)
        out = cls(parameters)
        out._intern(table["camera"].to_pylist())
        for name in ROW.names or ():
            column = table[name].combine_chunks()
            if pa.types.is_fixed_size_list(column.type):
                column = column.flatten()
            shape = out.rows[name].shape
            out.rows[name] = column.to_numpy(zero_copy_only=False).reshape(shape)
        return out


def straightened(seen: SightingBatch, offset_ms: Int64) -> SightingBatch:
    """The sightings with `offset_ms`, int64[n], added to their pass times."""
    return replace(seen, t_ms=seen.t_ms + offset_ms) if offset_ms.any() else seen

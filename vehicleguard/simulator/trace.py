"""Recorded traces as if they happened now: real fixes, unaltered but for their time.

Reads Parquet or CSV with `vehicle_id, t, lon, lat` and optionally `speed_mps, heading_deg,
accuracy_m`; times are shifted so that the first fix is due at the start, and the trace begins anew
when it has ended.  Vehicles of a trace are in service: they are never armed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray

from vehicleguard.simulator.gateways import Outgoing
from vehicleguard.simulator.reports import Payload, topic_of

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]

PREFIX = "AUS-"
SILENCE_S = 600.0
"""A time in which no vehicle at all reports (the night, a day that was not recorded) is cut to
`LULL_S` when it is longer than this."""
LULL_S = 60.0

_NEEDED = ("vehicle_id", "t", "lon", "lat")
_OPTIONAL = ("speed_mps", "heading_deg", "accuracy_m")


class TraceError(ValueError):
    """The file is no trace; the text names the file and what was expected."""


@dataclass(frozen=True, slots=True)
class Trace:
    """Fixes sorted by time; every column but `names` is of length n.

    `vehicle` int64 indexes `names`; `at` float64, seconds since the first fix, long silences cut;
    `lon`, `lat` degrees; `speed` m/s, `heading` degrees, `acc` metres, NaN = not recorded.
    """

    names: tuple[str, ...]
    vehicle: Int64
    at: Float64
    lon: Float64
    lat: Float64
    speed: Float64
    heading: Float64
    acc: Float64

    @classmethod
    def read(cls, path: Path, prefix: str = PREFIX) -> Self:
        """The trace in `path`.  Raises `TraceError`; rows without a position are left out."""
        table = _table(path)
        absent = [name for name in _NEEDED if name not in table.column_names]
        if absent:
            msg = f"{path}: a trace needs the columns {', '.join(_NEEDED)}; missing: {absent[0]}"
            raise TraceError(msg)
        try:
            columns = {name: _floats(table, name) for name in (*_NEEDED[1:], *_OPTIONAL)}
            ids = table["vehicle_id"].cast(pa.string()).combine_chunks().dictionary_encode()
        except pa.ArrowInvalid as error:
            msg = f"{path}: t, lon and lat must be numbers: {error}"
            raise TraceError(msg) from error
        codes = ids.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        usable = np.isfinite(columns["t"] + columns["lon"] + columns["lat"]) & (codes >= 0)
        rows = np.flatnonzero(usable)
        rows = rows[np.argsort(columns["t"][rows], kind="stable")]
        if not len(rows):
            msg = f"{path}: no row has vehicle_id, t, lon and lat"
            raise TraceError(msg)
        t = columns["t"][rows]
        steps = np.diff(t, prepend=t[0])
        return cls(
            names=tuple(prefix + _plain(name) for name in ids.dictionary.to_pylist()),
            vehicle=codes[rows].astype(np.int64),
            at=np.cumsum(np.where(steps > SILENCE_S, LULL_S, steps)),
            lon=columns["lon"][rows],
            lat=columns["lat"][rows],
            speed=columns["speed_mps"][rows],
            heading=columns["heading_deg"][rows],
            acc=columns["accuracy_m"][rows],
        )


class TraceFeeder:
    """Plays `trace` from epoch seconds `start_s` on, `speed` times as fast, over and over.

    Reported speeds are as recorded: at another pace than 1 they no longer fit the positions.
    """

    def __init__(self, trace: Trace, start_s: float, speed: float = 1.0) -> None:
        self._trace = trace
        self._start = start_s
        self._speed = speed
        self._next = 0
        self._round = 0
        self._seq = np.zeros(len(trace.names), np.int64)
        self._topics = [topic_of(name) for name in trace.names]

    @property
    def _lap(self) -> float:
        return float(self._trace.at[-1]) + LULL_S

    @property
    def rate(self) -> float:
        """Mean messages per second."""
        return len(self._trace.at) * self._speed / self._lap

    def due(self, now_s: float) -> Iterator[Outgoing]:
        """The fixes up to epoch seconds `now_s` that were not handed out before."""
        while True:
            into = (now_s - self._start) * self._speed - self._round * self._lap
            end = int(np.searchsorted(self._trace.at, into, side="right"))
            yield from self._rows(self._next, end)
            self._next = max(self._next, end)
            if self._next < len(self._trace.at) or into < self._lap:
                return
            self._round, self._next = self._round + 1, 0

    def _rows(self, begin: int, end: int) -> Iterator[Outgoing]:
        trace = self._trace
        shift = self._start + self._round * self._lap / self._speed
        for k in range(begin, end):
            vehicle = int(trace.vehicle[k])
            fix = Payload(
                t=round(shift + float(trace.at[k]) / self._speed, 3),
                lon=float(trace.lon[k]),
                lat=float(trace.lat[k]),
                speed=_known(trace.speed[k]),
                heading=_known(trace.heading[k]),
                acc=_known(trace.acc[k]),
                armed=False,
                seq=int(self._seq[vehicle]),
            )
            self._seq[vehicle] += 1
            yield Outgoing(self._topics[vehicle], msgspec.json.encode(fix), urgent=False)


def _known(value: np.float64) -> float | None:
    return None if np.isnan(value) else round(float(value), 2)


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "_", re.sub(r"^aus-", "", name, flags=re.IGNORECASE))


def _table(path: Path) -> pa.Table:
    try:
        if path.suffix.lower() == ".csv":
            options = pyarrow.csv.ConvertOptions(strings_can_be_null=True)
            return pyarrow.csv.read_csv(path, convert_options=options)
        return pyarrow.parquet.read_table(path)
    except (pa.ArrowInvalid, OSError) as error:
        msg = f"{path}: not a readable Parquet or CSV file: {error}"
        raise TraceError(msg) from error


def _floats(table: pa.Table, name: str) -> Float64:
    if name not in table.column_names:
        return np.full(table.num_rows, np.nan)
    column = pc.cast(table[name], pa.float64()).combine_chunks()
    values: Float64 = column.to_numpy(zero_copy_only=False)
    return values

"""What each camera is used to: a fixed row a camera, advanced by what it sees.

Reads are counted by the hour of arrival, and the hours of the day are learned; the newest lags
(arrival less pass time) and confidences are kept.  Advanced minute by minute of arrival, so that no
cut of batches changes a row.  `CameraHealth` holds the rows and judges them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ingest.fix import Float32, Float64, Int64

HOUR_MS, MINUTE_MS = 3_600_000, 60_000
HOURS = 24
KEPT = 32
"""Lags and confidences kept of each camera, the newest."""

ROW = np.dtype(
    [
        ("first_ms", "i8"),  # arrival of its first read; 0 = never
        ("heard_ms", "i8"),  # arrival of its newest read
        ("seen_ms", "i8"),  # newest pass time that it gave
        ("told_ms", "i8"),  # when it, or its server, last spoke of itself; 0 = never
        ("until_ms", "i8"),  # up to when that holds; 0 = until it says otherwise
        ("since_ms", "i8"),  # since when it is in its condition
        ("hour", "i8"),  # hours since the epoch that `count` is of
        ("reads", "i8"),  # all of them
        ("offset_ms", "i8"),  # what its pass times of this minute need added; 0 = nothing
        ("count", "i4"),  # reads of that hour
        ("before", "i4"),  # and of the hour before
        ("habit", "f4", HOURS),  # reads an hour, by hour of the day (UTC)
        ("lag_s", "f4", KEPT),  # arrival less pass time, NaN = none yet
        ("sure", "f4", KEPT),  # confidences, NaN = none yet, or not told
        ("used_to", "f4"),  # the median confidence that it is used to, NaN = not known
        ("days", "u1", HOURS),  # how often each hour was learned
        ("condition", "u1"),
        ("is_up", "u1"),  # what it said of itself at `told_ms`
    ],
    align=True,
)
"""Layout of one camera's row.  Times in ms of UTC."""

_SLOWEST = 1 / 14  # of a new hour in a habit: two weeks
_DOUBT = 8.0  # how much slower what looks like a fault becomes habit
FALLEN = 0.2
"""Below this part of its habit an hour looks like a fault."""
_LEARNABLE = 10.0  # reads an hour from which on a fall can look like a fault
ENOUGH = 8
"""Lags or confidences from which on their median says something."""


def fresh_rows(n: int) -> NDArray[np.void]:
    """Rows of `n` cameras never heard of."""
    rows = np.zeros(n, ROW)
    rows["lag_s"], rows["sure"], rows["used_to"] = np.nan, np.nan, np.nan
    return rows


def middle(values: Float32) -> tuple[Float64, Float64, Int64]:
    """Median, distance between the quartiles, and number of values of each row of [k, `KEPT`].

    NaN is no value; a row of none has NaN for both.
    """
    ordered = np.sort(values, axis=1).astype(np.float64)  # NaN comes last
    many = np.count_nonzero(~np.isnan(values), axis=1)
    row = np.arange(len(values))

    def at(part: float) -> Float64:
        index = np.maximum((many - 1) * part, 0)
        low = ordered[row, np.floor(index).astype(np.int64)]
        high = ordered[row, np.ceil(index).astype(np.int64)]
        out: Float64 = low + (high - low) * (index % 1)
        return out

    return at(0.5), at(0.75) - at(0.25), many


def advance(
    rows: NDArray[np.void],
    which: Int64,
    hour: int,
    offset_ms_of: Float64,
) -> None:
    """Bring the rows `which`, each once, to `hour`; their offsets for this minute are given.

    What they counted becomes habit hour by hour, that of their first, which was not whole, apart.
    """
    held = rows[which]
    held["offset_ms"] = np.rint(offset_ms_of).astype(np.int64)
    gap = hour - held["hour"]
    gap[held["first_ms"] == 0] = 0
    whole = held["hour"] > held["first_ms"] // HOUR_MS
    _learn(held, np.flatnonzero((gap > 0) & whole), held["hour"] % HOURS, held["count"])
    nothing = np.zeros(len(held), np.int32)
    for k in range(1, min(int(gap.max(initial=0)), HOURS)):
        _learn(held, np.flatnonzero(gap > k), (held["hour"] + k) % HOURS, nothing)
    new = gap > 0
    _learn_confidence(held, np.flatnonzero(new))
    held["before"][new] = np.where(gap == 1, held["count"], 0)[new]
    held["count"][new] = 0
    held["hour"] = np.maximum(held["hour"], hour)
    rows[which] = held


def _learn(held: NDArray[np.void], at: Int64, hour: Int64, reads: NDArray[np.int32]) -> None:
    """Let `reads` of an hour of the day become habit of the rows `at`."""
    if not len(at):
        return
    of_day, told = hour[at], reads[at].astype(np.float32)
    habit, days = held["habit"][at, of_day], held["days"][at, of_day]
    part = np.maximum(1 / (days + 1.0), _SLOWEST)
    fell = (days >= 3) & (habit >= _LEARNABLE) & (told < FALLEN * habit)
    part = np.where(fell, part / _DOUBT, part).astype(np.float32)
    held["habit"][at, of_day] = habit + part * (told - habit)
    held["days"][at, of_day] = np.minimum(days.astype(np.int64) + 1, 255)


def _learn_confidence(held: NDArray[np.void], at: Int64) -> None:
    median, _, many = middle(held["sure"][at])
    good = many >= ENOUGH
    at, median = at[good], median[good].astype(np.float32)
    known = held["used_to"][at]
    step = np.where(median < known - 0.1, _SLOWEST / _DOUBT, _SLOWEST).astype(np.float32)
    held["used_to"][at] = np.where(np.isnan(known), median, known + step * (median - known))


def expected(rows: NDArray[np.void], from_ms: Int64, to_ms: Int64) -> Float64:
    """Reads that habit lets expect of each row between two instants, float64[n]."""
    habit = rows["habit"].astype(np.float64)
    length = np.maximum(to_ms - from_ms, 0)
    days, rest = np.divmod(length, HOURS * HOUR_MS)
    out = days * habit.sum(axis=1)
    end = from_ms + rest
    row = np.arange(len(rows))
    start = from_ms // HOUR_MS
    for k in range(HOURS + 1):
        begins = (start + k) * HOUR_MS
        overlap = np.minimum(end, begins + HOUR_MS) - np.maximum(from_ms, begins)
        out += habit[row, (start + k) % HOURS] * np.maximum(overlap, 0) / HOUR_MS
    found: Float64 = out
    return found

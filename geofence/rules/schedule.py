"""When a rule counts: weekly windows on an operator's wall clock, as instants of UTC.

A calendar is asked in numbers only: switch instants in ms, found once for a span of days.  Clock
changes are followed: a window begins at the first and ends at the last of two equal wall times, and
a wall time that a change leaves out stands for the instant of the change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import IntEnum
from typing import Self
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from geofence.rules.window import DAY_MINUTES, Window

Int64 = NDArray[np.int64]
DAY_MS = 86_400_000
_BEFORE, _AFTER = 8, 120  # days that a span reaches beyond what was asked for


class DayKind(IntEnum):
    """What a holiday is treated as, beside the weekdays 0 (Monday) to 6."""

    OFF = 7
    ON = 8


@dataclass(frozen=True)
class Schedule:
    """Windows on the wall clock of `time_zone`; `special` days are a weekday or a `DayKind`."""

    windows: tuple[Window, ...]
    time_zone: ZoneInfo
    special: Mapping[date, int] = field(default_factory=dict)

    def switches(self, first: date, days: int) -> Int64:
        """Instants at which it opens and closes in turn, int64[2k] ms UTC, ascending.

        Covers the windows that begin on the `days` days from `first`; windows that touch or
        overlap are one.
        """
        spans = []
        for nth in range(days):
            day = first + timedelta(days=nth)
            kind = self.special.get(day, day.weekday())
            if kind == DayKind.ON:
                spans.append(self._span(day, 0, DAY_MINUTES))
            spans += [
                self._span(day, window.start, window.minutes)
                for window in self.windows
                if kind in window.days
            ]
        merged: list[int] = []
        for begin, end in sorted(spans):
            if begin >= end:
                continue
            if merged and begin <= merged[-1]:
                merged[-1] = max(merged[-1], end)
            else:
                merged += (begin, end)
        return np.array(merged, np.int64)

    def _span(self, day: date, start: int, minutes: int) -> tuple[int, int]:
        midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a wall clock's time
        begin = midnight + timedelta(minutes=start)
        return self._instant(begin, 0), self._instant(begin + timedelta(minutes=minutes), 1)

    def _instant(self, wall: datetime, fold: int) -> int:
        """Ms UTC of a wall time, the earlier (fold 0) or later (1) where there are two."""
        local = wall.replace(tzinfo=self.time_zone, fold=fold)
        instant = local.astimezone(UTC)
        if instant.astimezone(self.time_zone).replace(tzinfo=None) == wall:
            return round(instant.timestamp()) * 1000
        # left out by a clock change: the two readings lie on either side of it
        low, high = sorted(
            round(local.replace(fold=fold).astimezone(UTC).timestamp()) for fold in (0, 1)
        )
        before = self._offset(low)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self._offset(middle) == before else (low, middle)
        return high * 1000

    def _offset(self, seconds: int) -> timedelta | None:
        return datetime.fromtimestamp(seconds, self.time_zone).utcoffset()


@dataclass(frozen=True)
class Calendar:
    """Several schedules over one span of time, for kernels.

    * `schedules`: by number.
    * `begin_ms`, `end_ms`: the span that is right; nothing is known outside of it.
    * `at` int64[s + 1] and `switch_ms` int64[k]: those of schedule i are
      `switch_ms[at[i]:at[i + 1]]`, opening and closing in turn, the first an opening.
    """

    schedules: tuple[Schedule, ...]
    begin_ms: int
    end_ms: int
    at: Int64
    switch_ms: Int64

    @classmethod
    def over(cls, schedules: Sequence[Schedule], begin_ms: int, end_ms: int) -> Self:
        """The switches from some days before `begin_ms` to some months after `end_ms`."""
        first = datetime.fromtimestamp(begin_ms / 1000, UTC).date() - timedelta(days=_BEFORE)
        last = datetime.fromtimestamp(end_ms / 1000, UTC).date() + timedelta(days=_AFTER)
        days = (last - first).days
        parts = [schedule.switches(first, days) for schedule in schedules]
        at = np.zeros(len(parts) + 1, np.int64)
        np.cumsum([len(part) for part in parts], out=at[1:])
        # a window of the first day may have begun the day before, and the last may go on
        low = datetime(first.year, first.month, first.day, tzinfo=UTC).timestamp()
        return cls(
            schedules=tuple(schedules),
            begin_ms=round(low * 1000) + 3 * DAY_MS,
            end_ms=round(low * 1000) + (days - 3) * DAY_MS,
            at=at,
            switch_ms=np.concatenate([*parts, np.empty(0, np.int64)]).astype(np.int64),
        )

    @classmethod
    def nowhere(cls, schedules: Sequence[Schedule]) -> Self:
        """A calendar that knows no instant yet."""
        none = np.empty(0, np.int64)
        return cls(tuple(schedules), 0, -1, np.zeros(len(schedules) + 1, np.int64), none)

    def covering(self, begin_ms: int, end_ms: int) -> Self:
        """This calendar where it covers the span given, else one that does."""
        if self.begin_ms <= begin_ms and end_ms <= self.end_ms:
            return self
        return type(self).over(self.schedules, begin_ms, end_ms)

    def is_open(self, schedule: int, t_ms: Int64) -> NDArray[np.bool_]:
        """Whether a schedule is open at n instants, bool[n]; closing instants are closed."""
        own = self.switch_ms[self.at[schedule] : self.at[schedule + 1]]
        return np.asarray(np.searchsorted(own, t_ms, side="right") % 2 == 1)

"""Vehicles that arm themselves by a schedule: which ones, and in which hours.

A schedule is the owners' or operators' word, as good as arming by hand: a parked vehicle is armed
at once, and turning the key does not disarm it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geofence.rules.schedule import DAY_MS, Calendar, Schedule
from ingest.fix import Int64

UInt8 = NDArray[np.uint8]
NEVER: tuple[UInt8, Int64] = np.empty(0, np.uint8), np.empty(0, np.int64)
"""What the kernel takes where no schedule arms anything."""


@dataclass
class GuardHours:
    """The hours of `schedule`, for vehicles in one of `groups` (none: for all).

    `groups_of` are the groups of each vehicle id.
    """

    schedule: Schedule
    groups: Collection[str]
    groups_of: Mapping[str, Collection[str]]
    _rows: UInt8 = field(default_factory=lambda: np.zeros(1024, np.uint8), init=False)
    _known: int = field(default=0, init=False)
    _calendar: Calendar = field(init=False)

    def __post_init__(self) -> None:
        self._calendar = Calendar.nowhere([self.schedule])

    def of_rows(self, ids: Sequence[str]) -> UInt8:
        """1 for each vehicle that the schedule is about, uint8[len(ids)]; `ids` only ever grow."""
        count = len(ids)
        if count > len(self._rows):
            self._rows = np.concatenate([self._rows, np.zeros(count, np.uint8)])
        for row in range(self._known, count):
            held = self.groups_of.get(ids[row], ())
            self._rows[row] = not self.groups or any(group in held for group in self.groups)
        self._known = max(self._known, count)
        return self._rows[:count]

    def switches(self, t_ms: Int64) -> Int64:
        """The instants at which it opens and closes in turn, around these times, int64[k] ms."""
        self._calendar = self._calendar.covering(int(t_ms.min()) - DAY_MS, int(t_ms.max()) + DAY_MS)
        return self._calendar.switch_ms


def unknown_schedule(data: Mapping[str, Any]) -> str | None:
    """What is wrong with the name of the schedule in the data of a rules file, if anything."""
    arming, schedules = data.get("arming"), data.get("schedules")
    name = arming.get("schedule") if isinstance(arming, Mapping) else None
    known = schedules if isinstance(schedules, Mapping) else {}
    if not isinstance(name, str) or name in known:
        return None
    there = f"known are {', '.join(sorted(known))}" if known else "there is none"
    return f'expected the name of a [schedules.NAME] ({there}), found "{name}"'

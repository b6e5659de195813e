"""When a unit is on duty: weekly windows on the wall clock of the city.

Windows are written as those of rules are (`geofence.rules.window`), several with `;` between them:
"Mon-Fri 08:00-20:00; Sat,Sun 10:00-18:00".
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Self
from zoneinfo import ZoneInfo

from geofence.rules.schedule import Schedule
from geofence.rules.window import Window

TIME_ZONE = "Asia/Shanghai"
_BETWEEN = re.compile(r"[;；]")


@dataclass(frozen=True, slots=True)
class Shift:
    """Windows on the wall clock of `time_zone`; without any, always."""

    windows: tuple[Window, ...] = ()
    time_zone: str = TIME_ZONE

    @classmethod
    def parse(cls, text: str, time_zone: str = TIME_ZONE) -> Self:
        """Read windows with `;` between them; none in an empty text.

        Raises `ValueError` that says what was expected.
        """
        parts = [part.strip() for part in _BETWEEN.split(text)]
        return cls(tuple(Window.parse(part) for part in parts if part), time_zone)

    def is_on(self, at_ms: int) -> bool:
        """Whether it is somebody's duty at `at_ms` (epoch ms); the closing instant is not."""
        if not self.windows:
            return True
        today = datetime.fromtimestamp(at_ms / 1000, ZoneInfo(self.time_zone)).date()
        return bisect_right(_switches(self, today), at_ms) % 2 == 1


@lru_cache(maxsize=4096)
def _switches(shift: Shift, today: date) -> tuple[int, ...]:
    """Instants (epoch ms) at which it begins and ends in turn, as far as `today` sees of them."""
    schedule = Schedule(shift.windows, ZoneInfo(shift.time_zone))
    # a window lasts a day at most, so that of yesterday may go on
    return tuple(schedule.switches(today - timedelta(days=1), 2).tolist())

"""Weekly windows as an operator writes them: "Mon-Fri 22:00-06:00", "周六,周日".

A window belongs to the day on which it begins; one that ends at or before its start runs over
midnight.  Refuses what can be read in two ways.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

DAY_MINUTES = 1440
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAY = {name.lower(): n for n, name in enumerate(DAYS)}
_DAY |= {
    name: n % 7 for n, name in enumerate(("周一", "周二", "周三", "周四", "周五", "周六", "周日"))
}
_DAY |= {"周天": 6}
_SPANS = {"daily": (0, 6), "每天": (0, 6)}
_TIMES = re.compile(r"(\d\d?):(\d\d)\s*[-–至]\s*(\d\d?):(\d\d)")
EXPECTED = 'expected days and times such as "Mon-Fri 22:00-06:00", "Sat,Sun" or "daily 00:00-05:00"'


@dataclass(frozen=True, slots=True)
class Window:
    """One weekly window: on `days` (0 = Monday), from minute `start` of the day for `minutes`."""

    days: frozenset[int]
    start: int
    minutes: int

    @classmethod
    def parse(cls, text: str) -> Window:
        """Read `[DAYS] [HH:MM-HH:MM]`; without days every day, without times the whole day.

        Days are names, lists and ranges of them ("Fri-Mon" runs over the week's end), in English
        or Chinese; 24:00 ends a day.  Raises `ValueError` that says what was expected.
        """
        clean = " ".join(text.split())
        times = _TIMES.search(clean)
        named = (clean[: times.start()] if times else clean).strip()
        if not clean or (times and clean[times.end() :].strip()):
            raise ValueError(EXPECTED)
        days = _days(named) if named else frozenset(range(7))
        if times is None:
            return cls(days, 0, DAY_MINUTES)
        start, end = _minute(times[1], times[2]), _minute(times[3], times[4])
        if start == DAY_MINUTES:
            raise ValueError("expected a start before 24:00")
        if start == end:
            raise ValueError("expected an end other than the start (a whole day is 00:00-24:00)")
        return cls(days, start, end - start if end > start else end + DAY_MINUTES - start)


def _minute(hours: str, minutes: str) -> int:
    of_day = int(hours) * 60 + int(minutes)
    if int(minutes) > 59 or of_day > DAY_MINUTES:
        msg = f"expected a time from 00:00 to 24:00, found {hours}:{minutes}"
        raise ValueError(msg)
    return of_day


def _days(text: str) -> frozenset[int]:
    days: set[int] = set()
    for part in re.split(r"[,、，]", text):
        name = part.strip().lower()
        if name in _SPANS:
            days.update(range(7))
            continue
        first, *last = (day.strip() for day in re.split(r"[-–至]", name))
        if first not in _DAY or len(last) > 1 or (last and last[0] not in _DAY):
            msg = f'{EXPECTED}, found "{part.strip()}"'
            raise ValueError(msg)
        begin = _DAY[first]
        span = (_DAY[last[0]] - begin) % 7 if last else 0
        days.update((begin + n) % 7 for n in range(span + 1))
    return frozenset(days)

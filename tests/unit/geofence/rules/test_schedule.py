"""Schedules against a wall clock read minute by minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geofence.rules.schedule import Calendar, DayKind, Schedule
from geofence.rules.window import Window


def schedule(*windows: str, zone: str = "Asia/Shanghai", special: dict | None = None) -> Schedule:
    return Schedule(tuple(Window.parse(w) for w in windows), ZoneInfo(zone), special or {})


def ms(text: str, zone: str = "Asia/Shanghai", fold: int = 0) -> int:
    wall = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return round(wall.timestamp() * 1000)


def is_open(of: Schedule, *instants: int) -> list[bool]:
    calendar = Calendar.over([of], min(instants), max(instants))
    return calendar.is_open(0, np.array(instants)).tolist()


def test_a_window_over_midnight_belongs_to_the_day_it_begins() -> None:
    friday = schedule("Fri 22:00-06:00")
    times = ("2026-11-20T21:59", "2026-11-20T22:00", "2026-11-21T05:59", "2026-11-21T06:00")
    assert is_open(friday, *map(ms, times)) == [False, True, True, False]


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("Mon-Fri 1:00-2:00", {0, 1, 2, 3, 4}),
        ("Fri-Mon", {4, 5, 6, 0}),
        ("Sat, Sun", {5, 6}),
        ("daily 00:00-24:00", set(range(7))),
        ("22:00-06:00", set(range(7))),
        ("周一至周三、周日 22:00-06:00", {0, 1, 2, 6}),
        ("每天", set(range(7))),
    ],
)
def test_days_are_named_listed_and_ranged(text: str, days: set[int]) -> None:
    assert Window.parse(text).days == days


@pytest.mark.parametrize(
    "text", ["", "Monday-Foo", "Mon 25:00-26:00", "Mon 1:00-1:00", "Mon 24:00-1:00", "1:00-2:00 x"]
)
def test_a_window_that_cannot_be_read_says_what_was_expected(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        Window.parse(text)


def test_a_holiday_is_as_the_day_that_it_is_treated_as() -> None:
    thursday = date(2026, 10, 1)
    noon = ms("2026-10-01T12:00")
    for kind, weekday, weekend in [(6, False, True), (DayKind.OFF, False, False), (0, True, False)]:
        assert is_open(schedule("Mon-Fri", special={thursday: kind}), noon) == [weekday]
        assert is_open(schedule("Sun", special={thursday: kind}), noon) == [weekend]
    night = schedule("Mon 01:00-02:00", special={thursday: DayKind.ON})
    assert is_open(night, noon, noon + 12 * 3_600_000) == [True, False]


def test_the_window_of_the_eve_runs_into_a_day_off() -> None:
    off = schedule("Mon-Fri 22:00-06:00", special={date(2026, 10, 1): DayKind.OFF})
    assert is_open(off, ms("2026-10-01T03:00"), ms("2026-10-01T23:00")) == [True, False]


def test_a_window_follows_the_clock_change() -> None:
    night = schedule("daily 22:00-06:00", zone="Europe/Berlin")
    for day in ("2026-03-28", "2026-10-24", "2026-06-01"):
        start = ms(f"{day}T22:00", "Europe/Berlin")
        after = str(date.fromisoformat(day) + timedelta(days=1))
        end = ms(f"{after}T06:00", "Europe/Berlin")
        assert is_open(night, start - 1, start, end - 1, end) == [False, True, True, False]


def test_a_start_that_the_clock_leaves_out_is_the_moment_of_the_change() -> None:
    hole = schedule("Sun 02:30-05:00", zone="Europe/Berlin")
    change = ms("2026-03-29T03:00", "Europe/Berlin")
    assert is_open(hole, change - 1, change) == [False, True]


def test_an_hour_that_comes_twice_is_open_from_its_first_to_its_last() -> None:
    twice = schedule("Sun 02:00-02:30", zone="Europe/Berlin")
    first, last = (ms("2026-10-25T02:00", "Europe/Berlin", 0),
                   ms("2026-10-25T02:30", "Europe/Berlin", 1))  # fmt: skip
    assert last - first == 90 * 60_000
    assert is_open(twice, first - 1, first, last - 1, last) == [False, True, True, False]


@given(
    st.lists(
        st.tuples(
            st.sets(st.integers(0, 6), min_size=1), st.integers(0, 1439), st.integers(1, 1440)
        ),
        min_size=1,
        max_size=3,
    ),
    st.integers(0, 20_000),
)
def test_open_is_what_a_wall_clock_says(windows: list, nth: int) -> None:
    of = Schedule(
        tuple(Window(frozenset(days), start, min(n, 1440)) for days, start, n in windows),
        ZoneInfo("Asia/Shanghai"),
    )
    t = datetime(2026, 11, 2, tzinfo=UTC) + timedelta(minutes=nth)
    wall = t.astimezone(ZoneInfo("Asia/Shanghai"))
    minute = wall.hour * 60 + wall.minute
    wanted = any(
        (wall.weekday() in w.days and w.start <= minute < w.start + w.minutes)
        or ((wall.weekday() - 1) % 7 in w.days and minute + 1440 < w.start + w.minutes)
        for w in of.windows
    )
    assert is_open(of, round(t.timestamp() * 1000)) == [wanted]


def test_a_longer_calendar_agrees_with_the_shorter_one() -> None:
    of = schedule("Mon-Fri 22:00-06:00", "Sat")
    short = Calendar.over([of], ms("2026-11-20T00:00"), ms("2026-11-21T00:00"))
    long = Calendar.nowhere([of]).covering(ms("2025-01-01T00:00"), ms("2028-01-01T00:00"))
    at = np.arange(short.begin_ms, short.end_ms, 1_700_000)
    assert (short.is_open(0, at) == long.is_open(0, at)).all()
    assert short.covering(short.begin_ms, short.end_ms) is short

"""Shifts, and what is known of a unit: positions age, and the newest counts in whatever order."""

from __future__ import annotations

import math
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.force import Duty, Moved, Rank, Shift, Status, Told, Unheard, Unit
from geofence.rules.window import Window

CITY = ZoneInfo("Asia/Shanghai")
NOW = 1_800_000_000_000
UNIT = Unit("u", "u", Rank.STATION, "p", (112.3, 28.5))


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=CITY).timestamp() * 1000)


@pytest.mark.parametrize(
    ("shifts", "when", "on"),
    [
        ("", "2026-11-28T03:00", True),
        ("08:00-20:00", "2026-11-28T08:00", True),
        ("08:00-20:00", "2026-11-28T20:00", False),
        ("Fri 20:00-08:00", "2026-11-28T07:59", True),  # a Saturday morning
        ("Fri 20:00-08:00", "2026-11-29T07:59", False),
        ("Mon-Fri 08:00-20:00; Sat 10:00-12:00", "2026-11-28T11:00", True),
        ("周六,周日", "2026-11-28T23:59", True),
    ],
)
def test_a_shift_is_kept_by_the_wall_clock_of_the_city(shifts: str, when: str, *, on: bool) -> None:
    assert Shift.parse(shifts).is_on(at(when)) is on


windows = st.builds(
    Window,
    st.frozensets(st.integers(0, 6), min_size=1),
    st.integers(0, 1439),
    st.integers(1, 1440),
)


@settings(deadline=None)
@given(st.lists(windows, min_size=1, max_size=3), st.integers(0, 14 * 1440))
def test_a_shift_is_on_while_one_of_its_windows_is(held: list[Window], minute: int) -> None:
    start = at("2026-11-16T00:00")  # a Monday; the city has no summer time
    week_minute = minute % (7 * 1440)
    slow = any(
        (week_minute - day * 1440 - one.start) % (7 * 1440) < one.minutes
        for one in held
        for day in one.days
    )
    assert Shift(tuple(held)).is_on(start + minute * 60_000) is slow


def test_a_position_is_fresh_then_stale_then_gives_way_to_the_home() -> None:
    duty = Duty({"u": UNIT}, fresh_s=120, lost_s=1800)
    assert duty.whereabouts("u", NOW) == (112.3, 28.5, "home", None)
    assert duty.hear(Moved("u", NOW, 112.4, 28.6), NOW) is None
    for age_s, expected in [
        (0, (112.4, 28.6, "fresh", 0)),
        (120, (112.4, 28.6, "fresh", 120)),
        (121, (112.4, 28.6, "stale", 121)),
        (1800, (112.4, 28.6, "stale", 1800)),
        (1801, (112.3, 28.5, "home", 1801)),
    ]:
        assert duty.whereabouts("u", NOW + 1000 * age_s) == expected


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (Moved("x", NOW, 112, 28), Unheard.UNKNOWN_UNIT),
        (Moved("u", NOW + 60_001, 112, 28), Unheard.IN_FUTURE),
        (Moved("u", NOW, math.nan, 28), Unheard.NO_PLACE),
        (Moved("u", NOW, math.inf, 28), Unheard.NO_PLACE),
        (Moved("u", NOW, 28.5, 112.3), Unheard.NO_PLACE),
        (Moved("u", NOW, 0, 0), Unheard.NO_PLACE),
        (Told("x", NOW, Status.BUSY), Unheard.UNKNOWN_UNIT),
    ],
)
def test_what_cannot_be_is_not_believed_and_says_why(event: Moved | Told, why: Unheard) -> None:
    duty = Duty({"u": UNIT})
    assert duty.hear(event, NOW) is why
    assert duty.whereabouts("u", NOW).by == "home"
    assert duty.status("u") is Status.FREE


events = st.lists(
    st.one_of(
        st.builds(Moved, st.just("u"), st.integers(0, 9), st.floats(1, 2), st.floats(1, 2)),
        st.builds(Told, st.just("u"), st.integers(0, 9), st.sampled_from(Status)),
    ),
    max_size=12,
)


@settings(deadline=None)
@given(events)
def test_in_whatever_order_events_come_the_newest_of_each_kind_counts(
    heard: list[Moved | Told],
) -> None:
    duty = Duty({"u": UNIT})
    for event in heard:
        duty.hear(event, 10)
    moved = [one for one in heard if isinstance(one, Moved)]
    told = [one for one in heard if isinstance(one, Told)]
    if moved:
        last = max(moved, key=lambda one: one.t_ms)  # the first of equals
        assert duty.whereabouts("u", 10)[:2] == (last.lon, last.lat)
    if told:
        assert duty.status("u") is max(told, key=lambda one: one.t_ms).status

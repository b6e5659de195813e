"""Hours and places that a vehicle is known for; soft evidence, of those that have a habit."""

from __future__ import annotations

import numpy as np
import pytest

from streams.detect import habit
from streams.signal import SignalKind
from streams.state import ROW, FleetState
from tests.timeline import HOME, T0_MS, Track, offset
from tests.unit.streams.told import RULES, kinds, the, told

HOUR_MS = 3_600_000
MIDNIGHT_MS = T0_MS - (T0_MS + 8 * HOUR_MS) % (24 * HOUR_MS)  # in China
WORK = offset(HOME, 6000, 0)


def known(trips: int, hours: tuple[int, ...], places: tuple[tuple[float, float], ...]) -> np.record:
    """The row of a vehicle that set off so often, at these hours, to these places."""
    row = FleetState(1)._rows[:1].view(np.recarray)[0]
    for n in range(trips):
        row.away_ms = MIDNIGHT_MS + hours[n % len(hours)] * HOUR_MS + 60_000
        row.dwell_lon, row.dwell_lat = places[n % len(places)]
        habit.learn(row)
    return row


def is_strange(row: np.record, hour: int, place: tuple[float, float]) -> bool:
    return bool(habit.is_strange(row, MIDNIGHT_MS + hour * HOUR_MS + 120_000, place))


def test_what_it_does_every_day_is_not_strange() -> None:
    row = known(20, (8, 18), (HOME, WORK))
    assert row.trips == 20
    for hour in (8, 18):
        for place in (HOME, WORK):
            assert not is_strange(row, hour, place)


def test_an_hour_earlier_or_later_is_not_strange_and_the_night_is() -> None:
    row = known(20, (8, 18), (HOME, WORK))
    assert [hour for hour in range(24) if not is_strange(row, hour, HOME)] == [7, 8, 9, 17, 18, 19]


def test_the_hours_of_a_day_meet_at_midnight() -> None:
    row = known(20, (0,), (HOME,))
    assert [hour for hour in range(24) if not is_strange(row, hour, HOME)] == [0, 1, 23]


def test_a_neighbourhood_where_it_never_parked_is_strange() -> None:
    row = known(20, (8, 18), (HOME, WORK))
    assert is_strange(row, 8, offset(HOME, 0, 30_000))


def test_nine_trips_are_no_habit() -> None:
    assert not is_strange(known(9, (8, 18), (HOME, WORK)), 3, (0.5, 0.5))
    assert is_strange(known(10, (8, 18), (HOME, WORK)), 3, HOME)


def test_who_sets_off_at_all_hours_to_everywhere_has_no_habit() -> None:
    everywhere = tuple(offset(HOME, 3000 * n, 2000 * n) for n in range(40))
    row = known(240, tuple(range(0, 24, 2)), everywhere)
    assert not any(is_strange(row, hour, (60.0, 40.0)) for hour in range(24))


def test_trips_are_counted_up_to_what_a_byte_holds() -> None:
    assert known(300, (8,), (HOME,)).trips == np.iinfo(ROW["trips"]).max


def commuter(days: int) -> Track:
    """Rides at 8 and 18 in China with the key, and is parked with the key off."""
    track = Track(t_ms=MIDNIGHT_MS, ignition=False)
    for day in range(days):
        for hour in (8, 18):
            leaves_ms = MIDNIGHT_MS + (24 * day + hour) * HOUR_MS
            track.park((leaves_ms - track.t_ms) / 60_000, every_s=600)
            track.ignition = True
            home = offset(track.at, 0, 0)
            for _ in range(30):
                east = 10 * 20 if hour == 8 else -10 * 20
                track.fix(after_s=20, at=offset(track.at, east, 0), speed=10.0)
            assert home != track.at
            track.ignition = False
    return track


@pytest.mark.parametrize(("days", "strange"), [(7, True), (3, False)])
def test_a_commuter_that_leaves_at_night_is_off_its_habit(*, days: int, strange: bool) -> None:
    track = commuter(days)
    assert told(track) == []
    signals = told(track.park(9 * 60, every_s=600).ride(30))
    assert SignalKind.LEFT_FENCE in kinds(signals)
    assert (SignalKind.OFF_HABIT in kinds(signals)) == strange


def test_off_habit_joins_what_it_belongs_to_and_is_no_kind_that_red_counts() -> None:
    signals = told(commuter(7).park(9 * 60, every_s=600).ride(30), rules=RULES)
    off = the(SignalKind.OFF_HABIT, signals)
    assert off.evidence["kinds"] == ["habit"]
    assert len({signal.episode_ms for signal in signals}) == 1

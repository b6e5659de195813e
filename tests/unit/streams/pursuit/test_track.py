"""What the end of a track says: place, pace, course."""

import math

import pytest

from streams.pursuit import Sighted, Track
from streams.pursuit.track import LastSeen
from tests.timeline import HOME, T0_MS, offset
from tests.unit.streams.pursuit.making import NAN, eastwards


def test_pace_and_course_are_those_of_the_way_made() -> None:
    seen = LastSeen.of(eastwards())
    assert (seen.t_ms, seen.lon, seen.lat) == (T0_MS, *HOME)
    assert seen.pace_mps == pytest.approx(10, rel=0.01)
    assert seen.course_deg == pytest.approx(90, abs=0.1)
    assert seen.camera is None


def test_fixes_a_few_seconds_apart_are_looked_at_over_half_a_minute() -> None:
    before, bend = offset(HOME, -300, -40), offset(HOME, 0, -40)
    rows = [(T0_MS - 35_000, *before), (T0_MS - 5_000, *bend), (T0_MS, *HOME)]
    seen = LastSeen.of(Track.of([(*row, NAN, NAN, NAN) for row in rows]))
    assert seen.course_deg == pytest.approx(math.degrees(math.atan2(300, 40)), abs=0.5)


def test_a_fix_of_long_ago_tells_no_course() -> None:
    rows = [(T0_MS - 600_000, *offset(HOME, -500, 0), NAN, NAN, NAN), (T0_MS, *HOME, NAN, NAN, NAN)]
    seen = LastSeen.of(Track.of(rows))
    assert math.isnan(seen.pace_mps)
    assert math.isnan(seen.course_deg)


def test_one_fix_alone_is_taken_at_its_word() -> None:
    seen = LastSeen.of(Track.of([(T0_MS, *HOME, 7.0, 45.0, 12.0)]))
    assert (seen.pace_mps, seen.course_deg, seen.accuracy_m) == (7, 45, 12)


def test_a_newer_sighting_is_where_the_pursuit_begins() -> None:
    north = offset(HOME, 0, 600)
    sighted = Sighted(T0_MS + 60_000, *north, "C1")
    seen = LastSeen.of(eastwards(), [sighted])
    assert (seen.lon, seen.lat, seen.camera) == (*north, "C1")
    assert seen.pace_mps == pytest.approx(10, rel=0.02)
    assert seen.course_deg == pytest.approx(0, abs=0.5)


def test_an_older_sighting_changes_nothing_but_the_course() -> None:
    sighted = Sighted(T0_MS - 45_000, *offset(HOME, -450, 0), "C1")
    assert LastSeen.of(eastwards(), [sighted]).camera is None


def test_what_has_not_happened_yet_is_not_known() -> None:
    sighted = Sighted(T0_MS + 60_000, *HOME, "C1")
    assert LastSeen.of(eastwards(), [sighted], now_ms=T0_MS + 1).camera is None
    with pytest.raises(ValueError, match="no place"):
        LastSeen.of(eastwards(), now_ms=0)


def test_a_track_is_in_order_of_time() -> None:
    shuffled = Track.of([(t, *HOME, NAN, NAN, NAN) for t in (3, 1, 2, 3)])
    assert shuffled.t_ms.tolist() == [1, 2, 3]
    columns = [getattr(shuffled, name)[::-1] for name in Track.__dataclass_fields__]
    with pytest.raises(ValueError, match="order of time"):
        Track(*columns)

"""Plates against trackers: what is proved, what is only told, and what is nothing."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.plates import (
    FOUND,
    Cause,
    Kind,
    LastFixes,
    LastSightings,
    PlateParameters,
    PlateWatch,
)
from streams.state import FleetState
from tests.timeline import HOME, T0_MS, offset
from tests.unit.streams.plates.making import BOOK, CAR, Trackers, look, sightings

P = PlateParameters()


def kinds(found) -> list[Kind]:
    return [Kind(int(one["kind"])) for one in found]


def test_a_plate_seen_where_the_tracker_is_agrees_with_it() -> None:
    (found,) = look({"at": (120, 0), "t_s": 10})
    assert (found["kind"], found["vehicle"]) == (Kind.HERE, CAR)
    assert found["apart_m"] == pytest.approx(120, rel=0.01)


def test_a_plate_seen_where_the_tracker_cannot_be_is_elsewhere() -> None:
    (found,) = look({"at": (9000, 0), "t_s": 60})
    assert found["kind"] == Kind.ELSEWHERE
    assert found["is_new"] == 1
    assert found["episode_ms"] == found["t_ms"]
    assert found["apart_m"] == pytest.approx(9000, rel=0.01)
    assert found["allowed_m"] == P.slack_m + P.max_mps * (60 + P.clock_s)
    assert found["needed_mps"] == pytest.approx(150, rel=0.01)


def test_what_a_fast_vehicle_could_have_driven_is_not_elsewhere() -> None:
    (found,) = look({"at": (3500, 0), "t_s": 60})
    assert found["kind"] == Kind.POINT


def test_a_silent_tracker_makes_a_read_the_place_to_pursue_from() -> None:
    for trackers in (Trackers(ago_s=P.heard_s + 1), Trackers(ago_s=None)):
        (found,) = look({"at": (60_000, 0)}, trackers=trackers)
        assert found["kind"] == Kind.POINT
    assert math.isnan(found["apart_m"])


@pytest.mark.parametrize(
    ("color", "kind", "cause"),
    [
        ("蓝", "轿车", Cause.TRACKER_REMOVED),
        ("yellow", "轿车", Cause.CLONED),
        ("blue", "truck", Cause.CLONED),
        (None, "truck", Cause.CLONED),
        ("blue", None, Cause.UNCLEAR),
        (None, None, Cause.UNCLEAR),
        ("99", "7", Cause.UNCLEAR),
    ],
)
def test_colour_and_class_tell_a_removed_tracker_from_a_cloned_plate(color, kind, cause) -> None:
    (found,) = look({"at": (9000, 0), "color": color, "kind": kind})
    assert (found["kind"], found["cause"]) == (Kind.ELSEWHERE, cause)


def test_one_plate_in_two_places_is_two_vehicles() -> None:
    first, second, third = look(
        {"at": (50_000, 0), "t_s": 0, "camera": "A"},
        {"at": (0, 0), "t_s": 60, "camera": "B"},
        trackers=Trackers(ago_s=None),
    )
    assert kinds([first, second, third]) == [Kind.POINT, Kind.POINT, Kind.TWO_PLACES]
    assert third["needed_mps"] == pytest.approx(50_000 / 60, rel=0.01)
    assert third["other_ms"] == first["t_ms"]


def test_two_places_that_a_road_joins_in_the_time_are_one_way() -> None:
    found = look({"at": (20_000, 0)}, {"t_s": 900}, trackers=Trackers(ago_s=None))
    assert kinds(found) == [Kind.POINT, Kind.POINT]


def test_of_one_episode_only_the_first_is_new() -> None:
    rows = [{"at": (9000, 0), "t_s": s} for s in (0, 30, 60)]
    found = look(*rows)
    assert found["is_new"].tolist() == [1, 0, 0]
    assert len(set(found["episode_ms"].tolist())) == 1


def test_after_a_quiet_time_an_episode_begins_anew() -> None:
    state = LastSightings(BOOK.vehicles)
    look({"at": (9000, 0)}, state=state)
    later_s = P.quiet_s + 10
    trackers = Trackers(ago_s=-later_s)
    (found,) = look({"at": (9000, 0), "t_s": later_s}, state=state, trackers=trackers)
    assert found["is_new"] == 1
    assert found["episode_ms"] == found["t_ms"]


@pytest.mark.parametrize(
    "row",
    [
        {"plate": "湘H12?45"},
        {"plate": None},
        {"plate": "湘H54321"},
        {"confidence": 0.79},
        {"at": (math.nan, math.nan)},
    ],
)
def test_what_was_not_read_surely_proves_nothing(row) -> None:
    state = LastSightings(BOOK.vehicles)
    assert len(look({"at": (9000, 0), **row}, state=state)) == 0
    assert not state.rows["t_ms"].any()


def test_a_late_read_points_the_way_but_proves_no_theft() -> None:
    late = {"at": (9000, 0), "t_s": 60, "late_s": P.late_s + 1}
    assert len(look(late)) == 0
    (found,) = look(late, trackers=Trackers(ago_s=None))
    assert found["kind"] == Kind.POINT
    assert kinds(look(late | {"late_s": P.late_s})) == [Kind.ELSEWHERE]


def test_a_read_from_the_future_is_a_wrong_clocks() -> None:
    state = LastSightings(BOOK.vehicles)
    assert len(look({"t_s": 28_800, "late_s": -28_800}, state=state)) == 0
    assert not state.rows["t_ms"].any()
    assert len(look({"t_s": 60, "late_s": -60})) == 1


def test_a_plate_read_nearly_right_points_the_way_but_proves_no_theft() -> None:
    nearly = {"plate": "湘H1234S", "at": (9000, 0)}
    assert len(look(nearly)) == 0
    (found,) = look(nearly, trackers=Trackers(ago_s=None))
    assert (found["kind"], found["cost"], found["vehicle"]) == (Kind.POINT, 1, CAR)


def test_zero_and_one_are_what_a_reader_means_by_o_and_i() -> None:
    bike = BOOK.vehicles.index("bike")
    row, cost = BOOK.match(["湘hb·ooo1", "湘HB000I", "湘H8000I", "湘HD0001", "湘H8O001"])
    # the last but two is one confusion from both 湘HB0001 and 湘H8D001
    assert row.tolist() == [bike, bike, -1, -1, -1]
    assert cost.tolist() == [0, 0, 0, 0, 0]


def test_another_vehicle_under_the_plate_does_not_lead_the_pursuit_away() -> None:
    state = LastSightings(BOOK.vehicles)
    look({"at": (300, 0), "camera": "own"}, state=state, trackers=Trackers(ago_s=None))
    look(
        {"at": (90_000, 0), "t_s": 60, "color": "green", "camera": "other"},
        state=state,
        trackers=Trackers(ago_s=None),
    )
    assert state.cameras[state.rows["camera"][CAR]] == "own"


def test_a_late_sighting_does_not_move_what_was_seen_last() -> None:
    state = LastSightings(BOOK.vehicles)
    look({"t_s": 60, "camera": "new"}, {"t_s": 0, "camera": "old"}, state=state)
    assert state.cameras[state.rows["camera"][CAR]] == "new"


def apart_m(a: tuple[float, float], b: tuple[float, float]) -> float:
    shrink = math.cos(math.radians((a[1] + b[1]) / 2))
    return math.hypot((a[0] - b[0]) * shrink, a[1] - b[1]) * 111_195


class Oracle:
    """One sighting after another, in plain Python."""

    def __init__(self, fixes: Trackers) -> None:
        self.fixes = fixes
        self.last: dict[str, tuple] = {}
        self.episode: dict[tuple, list] = {}

    def about_tracker(self, t: int, place: tuple[float, float]) -> int:
        gap_s = abs(t - self.fixes.fix_ms) / 1000
        away_m = apart_m(place, self.fixes.place)
        if gap_s <= P.heard_s and away_m > P.slack_m + P.max_mps * (gap_s + P.clock_s):
            return Kind.ELSEWHERE
        if gap_s <= P.agree_s and away_m <= P.slack_m:
            return Kind.HERE
        return Kind.POINT if t > self.fixes.fix_ms else 0

    def about_reads(self, vehicle: str, t: int, place: tuple[float, float]) -> int:
        if vehicle not in self.last:
            return 0
        before_ms, before = self.last[vehicle]
        gap_s = abs(t - before_ms) / 1000
        far = apart_m(place, before) > P.slack_m + P.max_mps * (gap_s + P.clock_s)
        return Kind.TWO_PLACES if far and gap_s <= P.between_s else 0

    def began(self, vehicle: str, kind: int, t: int) -> int:
        if kind not in {Kind.ELSEWHERE, Kind.TWO_PLACES}:
            return 0
        held = self.episode.get((vehicle, kind))
        if held is None or t > held[1] + P.quiet_s * 1000:
            held = self.episode[vehicle, kind] = [t, t]
        held[1] = max(held[1], t)
        return held[0]

    def look(self, rows: list[dict]) -> list[tuple]:
        batch, out = sightings(*rows), []
        by_text = {p.text: (v, p.color) for v, p in zip(BOOK.vehicles, BOOK.plates, strict=True)}
        for n, row in enumerate(rows):
            vehicle, color = by_text.get(row["plate"], (None, None))
            if vehicle is None or row["confidence"] < P.least_confidence:
                continue
            t, place = int(batch.t_ms[n]), (batch.lon[n], batch.lat[n])
            told = self.about_tracker(t, place), self.about_reads(vehicle, t, place)
            out += [(n, vehicle, kind, self.began(vehicle, kind, t)) for kind in told if kind]
            own = None in {color, row["color"]} or row["color"] == color
            if told[0] and own and t > self.last.get(vehicle, (0,))[0]:
                self.last[vehicle] = (t, place)
        return out


reads = st.lists(
    st.fixed_dictionaries(
        {
            "plate": st.sampled_from(["湘H12345", "湘HB0001", "湘H00000"]),
            "t_s": st.integers(-900, 9000),
            "at": st.sampled_from([(0, 0), (200, 0), (1500, 0), (9000, 0), (70_000, 0)]),
            "confidence": st.sampled_from([0.5, 0.9]),
            "color": st.sampled_from([None, "blue", "green"]),
        }
    ),
    max_size=25,
)


@settings(deadline=None)
@given(reads, st.integers(1, 7))
def test_any_cut_of_batches_says_what_the_oracle_says(rows, size) -> None:
    trackers, watch = Trackers(), PlateWatch(BOOK)
    state = LastSightings(BOOK.vehicles)
    told = []
    for first in range(0, len(rows), size):
        batch = sightings(*rows[first : first + size])
        found = watch.step(batch, (batch.lon, batch.lat), trackers, state)
        assert found.dtype == FOUND
        told += [
            (int(f["sighting"]) + first, BOOK.vehicles[f["vehicle"]], f["kind"], f["episode_ms"])
            for f in found
        ]
        # a snapshot taken anywhere goes on as if nothing had been
        again = LastSightings.decode(state.encode(), BOOK.vehicles)
        assert again.encode() == state.encode()
        state = again
    assert told == Oracle(trackers).look(rows)


def test_a_snapshot_has_the_same_bytes_however_it_came_about() -> None:
    one, other = LastSightings(BOOK.vehicles), LastSightings(BOOK.vehicles[::-1])
    rows = [{"plate": "湘HB0001", "camera": "X"}, {"camera": "Y"}]
    look(*rows, state=one)
    watched = PlateWatch(BOOK)
    for row in rows:
        batch = sightings(row)
        state = LastSightings.decode(other.encode(), BOOK.vehicles)
        watched.step(batch, (batch.lon, batch.lat), Trackers(), state)
        other = state
    assert one.encode() == other.encode()


def test_a_vehicle_that_left_the_registry_is_forgotten() -> None:
    state = LastSightings(BOOK.vehicles)
    look({}, state=state)
    assert not LastSightings.decode(state.encode(), ("bike",)).rows["t_ms"].any()
    with pytest.raises(ValueError, match="Arrow"):
        LastSightings.decode(b"nothing", ())


def test_the_trackers_last_fixes_are_those_of_the_fleets_state() -> None:
    fleet = FleetState()
    fleet.intern(("car", "van"))
    fleet.rows["fix_ms"][0] = T0_MS
    fleet.rows["lon"][0], fleet.rows["lat"][0] = HOME
    fixes = LastFixes.of(fleet, ["bike", "car", "van"])
    assert fixes.fix_ms.tolist() == [0, T0_MS, 0]
    assert (fixes.lon[1], fixes.lat[1]) == HOME
    assert fixes.fix_ms.dtype == np.int64
    (found,) = look(
        {"at": (9000, 0)},
        trackers=lambda rows: LastFixes.of(fleet, [BOOK.vehicles[r] for r in rows]),
    )
    assert found["kind"] == Kind.ELSEWHERE


def test_what_was_seen_last_is_what_a_pursuit_begins_from() -> None:
    state = LastSightings(BOOK.vehicles)
    look({"at": (300, 0), "camera": "K1", "t_s": 5}, state=state)
    (seen,) = state.of("car")
    assert (seen.t_ms, seen.camera) == (T0_MS + 5000, "K1")
    assert (seen.lon, seen.lat) == offset(HOME, 300, 0)
    assert math.isnan(seen.direction_deg)
    assert state.of("bike") == state.of("nobody") == ()

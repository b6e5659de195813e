"""When a vehicle is believed to have come into a zone, left it, or jumped through it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geofence import ZoneSet
from geofence.watch import Kind, Presence, Watch
from geofence.watch.snapshot import PresenceError, decode, encode
from ingest.fix import FixBatch
from tests.timeline import HOME, T0_MS, Track, batch_of, offset
from tests.unit.geofence.make import PATIENT, circle, collection, polygon

YARD_M = 200.0


def square(east_m: float, north_m: float, side_m: float, **properties: object) -> dict:
    """A square zone with its south-west corner so far from home."""
    corners = [(0, 0), (side_m, 0), (side_m, side_m), (0, side_m), (0, 0)]
    ring = [offset(HOME, east_m + x, north_m + y) for x, y in corners]
    return polygon(ring, **properties)


YARD = ZoneSet.from_geojson(collection(circle(*HOME, YARD_M, id="yard")))


def told(batch: FixBatch, zones: ZoneSet = YARD, *, crossed: bool = False) -> list[tuple]:
    """(kind, vehicle, zone, seconds since T0 of first fix, of the confirming one, live)."""
    watch = Watch(zones, crossed=np.ones(len(zones), bool) if crossed else None)
    found, _ = watch.advance(Presence.over(zones), batch, batch.vehicle)
    return [
        (
            Kind(t["kind"]).name,
            batch.ids[t["vehicle"]],
            int(t["zone"]),
            (int(t["t_ms"]) - T0_MS) / 1000,
            (int(t["t_detected_ms"]) - T0_MS) / 1000,
            bool(t["live"]),
        )
        for t in found
        if t["kind"] != Kind.FOUND
    ]


def parked(minutes: int = 10, **said: object) -> Track:
    track = Track(**said)
    for _ in range(2 * minutes):
        track.fix(after_s=30)
    return track


def driven(track: Track, *places_m: tuple[float, float], every_s: float = 30) -> Track:
    """On to places so many metres east and north of home."""
    for east_m, north_m in places_m:
        track.fix(after_s=every_s, at=offset(HOME, east_m, north_m))
    return track


def test_leaving_is_told_as_of_the_first_fix_outside() -> None:
    track = driven(parked(), (150, 0), (420, 0), (800, 0), (1200, 0))
    assert told(track.batch()) == [("EXIT", "v", 0, 660.0, 690.0, True)]


def test_coming_in_is_told_as_of_the_first_fix_inside() -> None:
    track = driven(Track(at=offset(HOME, 2000, 0)).fix(), (1500, 0), (900, 0), (100, 0), (20, 0))
    assert told(track.batch()) == [("ENTER", "v", 0, 120.0, 150.0, True)]


def test_a_vehicle_first_heard_of_inside_did_not_come_in() -> None:
    batch = parked().batch()
    watch, presence = Watch(YARD), Presence.over(YARD)
    (found,), _ = watch.advance(presence, batch, batch.vehicle)
    assert (found["kind"], found["t_ms"], found["fix"]) == (Kind.FOUND, batch.t_ms[0], 0)
    assert presence.zones_of(0).tolist() == [0]
    assert [column.tolist() for column in presence.inside()] == [[0], [0], [batch.t_ms[0]]]


@pytest.mark.parametrize("far_m", [260, 400, 2000])
def test_one_fix_of_a_parked_vehicle_far_off_is_no_exit(far_m: float) -> None:
    track = driven(parked(), (far_m, 0), (0, 0), (3, 0))
    assert told(track.batch()) == []


def test_a_parked_receiver_that_wanders_over_the_line_for_an_hour_is_no_exit() -> None:
    track = parked()
    fence = ZoneSet.from_geojson(collection(square(-500, -500, 505)))
    for minute in range(60):
        driven(track, (90 if minute % 3 else -20, 20), every_s=60)
    assert told(track.batch(), fence) == []


def test_what_a_receiver_calls_vague_proves_less() -> None:
    sure = driven(parked(), (270, 0), (290, 0), (300, 0), (310, 0), (320, 0))
    assert [kind for kind, *_ in told(sure.batch())] == ["EXIT"]
    track = parked()
    for east_m in (270, 290, 300, 310, 320):
        track.fix(at=offset(HOME, east_m, 0), accuracy=120.0)
    assert told(track.batch()) == []


def test_driving_along_the_line_flips_nothing() -> None:
    fence = ZoneSet.from_geojson(collection(square(0, 0, 4000)))
    track = Track(at=offset(HOME, 300, 200)).fix()
    for step in range(60):
        driven(track, (300 + 60 * step, 25 if step % 2 else -35), every_s=10)
    assert told(track.batch(), fence) == []


def test_late_and_repeated_fixes_flip_nothing() -> None:
    track = driven(parked(), (3, 0))
    now = track.t_ms
    for back_s in (300, 200, 100, 0):
        track.t_ms = now - back_s * 1000
        driven(track, (3000, 0), every_s=0)
    track.t_ms = now
    assert told(driven(track, (0, 0)).batch()) == []


def test_back_fill_moves_the_presence_and_is_not_live() -> None:
    track = parked()
    for east_m in (600, 1200, 1800):
        track.fix(at=offset(HOME, east_m, 0), back_fill=True)
    assert told(track.batch()) == [("EXIT", "v", 0, 630.0, 660.0, False)]


def test_a_jump_that_physics_forbids_enters_nothing() -> None:
    track = Track(at=offset(HOME, 50_000, 0)).fix()
    driven(track, (0, 0), every_s=10)
    driven(track, (50_010, 0), every_s=10)
    assert told(track.batch()) == []


def test_a_zone_jumped_through_is_crossed_at_the_time_in_between() -> None:
    small = ZoneSet.from_geojson(collection(square(-60, -60, 120), square(3000, 3000, 10)))
    track = Track(at=offset(HOME, -4000, 0)).fix()
    driven(track, (-2500, 0), (-1000, 0), (1000, 0), (2500, 0), every_s=60)
    ((kind, _, zone, began, found, live),) = told(track.batch(), small, crossed=True)
    assert (kind, zone, found, live) == ("CROSS", 0, 210.0, True)
    assert 175 < began < 185
    assert told(track.batch(), small) == []


def test_a_vehicle_that_stops_inside_crossed_nothing() -> None:
    track = Track(at=offset(HOME, -900, 0)).fix()
    driven(track, (0, 0), (0, 5), (0, 0), every_s=60)
    assert [kind for kind, *_ in told(track.batch(), crossed=True)] == ["ENTER"]


def test_nothing_is_claimed_over_a_gap() -> None:
    track = driven(Track(at=offset(HOME, -900, 0)).fix(), (900, 0), (2000, 0), every_s=3600)
    assert told(track.batch(), crossed=True) == []


def test_neighbours_in_one_batch_do_not_touch_each_other() -> None:
    one = driven(parked(vehicle="a"), (600, 0), (1200, 0), (1800, 0))
    other = driven(parked(vehicle="b"), (3, 0), (2, 0))
    assert [who for _, who, *_ in told(batch_of(one.rows + other.rows))] == ["a"]


def test_watching_with_a_presence_of_other_zones_is_refused() -> None:
    other = ZoneSet.from_geojson(collection(circle(*HOME, 50, id="other")))
    with pytest.raises(ValueError, match="over the zones"):
        Watch(YARD).advance(Presence.over(other), (batch := parked().batch()), batch.vehicle)


NET = ZoneSet.from_geojson(
    collection(
        square(-400, -400, 500, id="west"),
        square(100, -400, 500, id="east"),
        circle(*offset(HOME, 100, 300), 150, id="disc"),
        square(-2000, -2000, 5000, id="all"),
    )
)
walks = st.lists(
    st.tuples(
        st.integers(0, 2),  # vehicle
        st.sampled_from([1, 10, 30, 60, 400]),
        st.integers(-700, 700),
        st.integers(-700, 700),
        st.sampled_from([np.nan, 5.0, 60.0]),
    ),
    max_size=60,
)


def batch_of_walk(walk: list[tuple]) -> FixBatch:
    tracks = [Track(vehicle=name) for name in "abc"]
    for which, after_s, east_m, north_m, accuracy in walk:
        tracks[which].fix(after_s=after_s, at=offset(HOME, east_m, north_m), accuracy=accuracy)
    return batch_of([row for track in tracks for row in track.rows])


def run(batch: FixBatch, zones: ZoneSet, cuts: list[int]) -> tuple[list[bytes], Presence]:
    watch, presence, out = Watch(zones), Presence.over(zones), []
    for first, after in zip([0, *cuts], [*cuts, len(batch)], strict=True):
        part = batch.take(slice(first, after))
        found, _ = watch.advance(presence, part, part.vehicle)
        found = found.copy()
        found["fix"] += first
        out += [t.tobytes() for t in found]
    return out, presence


@PATIENT
@given(walks, st.lists(st.integers(0, 60), max_size=4))
def test_where_a_batch_is_cut_changes_nothing(walk: list[tuple], cuts: list[int]) -> None:
    if not walk:
        return
    batch = batch_of_walk(walk)
    whole, _ = run(batch, NET, [])
    cut, _ = run(batch, NET, sorted(min(c, len(batch)) for c in cuts))
    assert cut == whole


@PATIENT
@given(walks, st.integers(0, 60))
def test_a_snapshot_and_the_rest_give_the_bytes_of_never_having_stopped(
    walk: list[tuple], cut: int
) -> None:
    if not walk:
        return
    batch = batch_of_walk(walk)
    cut = min(cut, len(batch))
    watch, presence = Watch(NET), Presence.over(NET)
    part = batch.take(slice(0, cut))
    watch.advance(presence, part, part.vehicle)
    data = encode(presence, 3)
    restored = decode(data)
    assert encode(restored, 3) == data
    rest = batch.take(slice(cut, None))
    on, back = (watch.advance(p, rest, rest.vehicle)[0] for p in (presence, restored))
    assert back.tobytes() == on.tobytes()
    assert encode(restored, 3) == encode(presence, 3)


def test_bytes_that_are_no_presence_are_refused() -> None:
    with pytest.raises(PresenceError, match="Arrow"):
        decode(b"nothing")


def test_other_positions_of_the_same_zones_lose_and_double_nothing() -> None:
    features = NET.to_geojson()["features"]
    turned = ZoneSet.from_geojson(collection(*reversed(features)))
    walk = driven(parked(2), (300, -100), (400, -200), (420, -210), (430, -220), (440, -220))
    batch = walk.batch()
    whole, _ = run(batch, NET, [])
    for cut in range(1, len(batch)):
        part = batch.take(slice(0, cut))
        presence = Presence.over(NET)
        before, _ = Watch(NET).advance(presence, part, part.vehicle)
        rest = batch.take(slice(cut, None))
        after, _ = Watch(turned).advance(presence.rebased(turned), rest, rest.vehicle)
        told_ids = [(t["kind"], NET.zones[t["zone"]].id, t["t_ms"]) for t in before]
        told_ids += [(t["kind"], turned.zones[t["zone"]].id, t["t_ms"]) for t in after]
        expected = [np.frombuffer(t, before.dtype)[0] for t in whole]
        assert sorted(told_ids) == sorted(
            (t["kind"], NET.zones[t["zone"]].id, t["t_ms"]) for t in expected
        )


def test_drawing_a_zone_around_a_parked_vehicle_tells_nothing() -> None:
    none = ZoneSet()
    batch = parked().batch()
    presence = Presence.over(none)
    Watch(none).advance(presence, batch, batch.vehicle)
    moved = presence.rebased(YARD)
    assert moved.zones_of(0).tolist() == [0]
    more = driven(parked(), (3, 0), (600, 0), (1200, 0)).batch().take(slice(20, None))
    found, _ = Watch(YARD).advance(moved, more, more.vehicle)
    assert [Kind(t["kind"]).name for t in found] == ["EXIT"]


def test_a_zone_that_is_drawn_anew_or_taken_away_tells_nothing() -> None:
    batch = parked().batch()
    presence = Presence.over(YARD)
    Watch(YARD).advance(presence, batch, batch.vehicle)
    elsewhere = ZoneSet.from_geojson(collection(circle(*offset(HOME, 900, 0), 50, id="yard")))
    for zones in (elsewhere, ZoneSet()):
        moved = presence.rebased(zones)
        assert moved.zones_of(0).tolist() == []
        more = driven(parked(), (3, 0), (4, 0), (3, 0)).batch().take(slice(20, None))
        found, _ = Watch(zones).advance(moved, more, more.vehicle)
        assert not len(found)
    # and what the presence was, it still is
    assert presence.zones_of(0).tolist() == [0]

"""Zones jumped through: the compiled pass against a plain reading of what it claims."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from geofence import ZoneSet
from geofence.watch import Kind
from geofence.watch.cover import Cover, touches
from geofence.watch.cross import EVERY_M, LONGEST_M, LONGEST_S, Crossing
from geofence.watch.track import STEP, Use, distance_m
from tests.unit.geofence.make import PATIENT, any_zone, collection

NEAR = st.tuples(st.floats(112.1, 112.5), st.floats(28.1, 28.5))
FROM = st.tuples(NEAR, st.floats(-0.04, 0.04), st.floats(-0.04, 0.04))
ZONES = st.lists(any_zone(), min_size=1, max_size=6).map(
    lambda features: ZoneSet.from_geojson(collection(*features))
)


def holding(zones: ZoneSet, lon: float, lat: float) -> set[int]:
    return set(zones.match([lon], [lat])[1].tolist())


def crossed_between(
    zones: ZoneSet, begin: tuple[float, float], end: tuple[float, float]
) -> dict[int, float]:
    """Zones that hold neither end, and the share of the way at the first place in each."""
    length_m = distance_m(*begin, *end)
    if not EVERY_M < length_m <= LONGEST_M:
        return {}
    found: dict[int, float] = {}
    parts = math.ceil(length_m / EVERY_M)
    for nth in range(1, parts):
        share = nth / parts
        lon, lat = (a + share * (b - a) for a, b in zip(begin, end, strict=True))
        for zone in holding(zones, lon, lat):
            found.setdefault(zone, share)
    at_ends = holding(zones, *begin) | holding(zones, *end)
    return {zone: share for zone, share in found.items() if zone not in at_ends}


@PATIENT
@given(
    zones=ZONES,
    ways=st.lists(FROM, min_size=1, max_size=8),
    moods=st.lists(st.tuples(st.booleans(), st.booleans()), min_size=8, max_size=8),
    took_s=st.sampled_from([30, 600, 601]),
    unwanted=st.integers(0, 6),
)
def test_it_finds_what_a_plain_reading_finds(
    zones: ZoneSet, ways: list, moods: list[tuple[bool, bool]], took_s: int, unwanted: int
) -> None:
    n = len(ways)
    leaving, resting = zip(*moods, strict=True)
    steps = np.zeros(n, STEP)
    lon, lat = np.empty(n), np.empty(n)
    wanted = np.arange(len(zones)) != unwanted
    expected = {}
    for i, (begin, east, north) in enumerate(ways):
        end = begin[0] + east, begin[1] + north
        middle = begin[0] + 0.3 * east, begin[1] + 0.7 * north
        steps[i]["use"] = Use.LIVE if i % 3 else Use.HISTORY
        steps[i]["resting"], steps[i]["leaving"] = resting[i], leaving[i]
        steps[i]["from_ms"], steps[i]["t_ms"] = 0, took_s * 1000
        steps[i]["leave_ms"] = took_s * 500
        steps[i]["from_lon"], steps[i]["from_lat"] = begin
        steps[i]["left_lon"], steps[i]["left_lat"] = begin
        if leaving[i]:
            steps[i]["leave_lon"], steps[i]["leave_lat"] = middle
            steps[i]["from_lon"], steps[i]["from_lat"] = middle
        lon[i], lat[i] = end
        if resting[i] or took_s > LONGEST_S:
            continue
        legs = [(begin, middle), (middle, end)] if leaving[i] else [(begin, end)]
        begun = [-took_s * 500, 0] if leaving[i] else [0]
        for (a, b), from_ms in zip(legs, begun, strict=True):
            for zone, share in crossed_between(zones, a, b).items():
                if wanted[zone]:
                    expected.setdefault((i, zone), from_ms + int(share * took_s * 1000))
    vehicle = np.arange(n, dtype=np.int32)
    found = Crossing(zones, wanted).jumps(steps, vehicle, (lon, lat))
    assert {(int(t["fix"]), int(t["zone"])): int(t["t_ms"]) for t in found} == expected
    assert len(found) == len(expected)
    assert set(found["kind"].tolist()) <= {Kind.CROSS}
    assert found["live"].tolist() == [int(t["fix"] % 3 != 0) for t in found]


@PATIENT
@given(zones=ZONES, places=st.lists(NEAR, min_size=1, max_size=50))
def test_the_raster_never_denies_a_place_that_a_zone_holds(zones: ZoneSet, places: list) -> None:
    cover = Cover.of(zones.zones)
    corners = [(b[k], b[m]) for z in zones.zones if (b := z.bounds) for k in (0, 2) for m in (1, 3)]
    for lon, lat in corners:
        assert touches(cover, lon, lat)
    for lon, lat in places:
        assert touches(cover, lon, lat) or not holding(zones, lon, lat)


def test_no_zone_covers_nothing() -> None:
    assert not touches(Cover.of([]), 0.0, 0.0)
    assert not touches(Cover.of([]), math.nan, 0.0)

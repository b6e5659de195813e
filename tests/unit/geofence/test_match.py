import math
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from geofence import ZoneSet
from tests.unit.geofence import oracle
from tests.unit.geofence.make import PATIENT, box, circle, collection, corridor, feature, polygon

# Seven decimals are what terminals send; a step to the next float is what arithmetic adds.
LON = st.integers(1_120_000_000, 1_130_000_000).map(lambda n: n / 1e7)
LAT = st.integers(280_000_000, 290_000_000).map(lambda n: n / 1e7)
STEPS = st.integers(-2, 2)


def pairs(zones: ZoneSet, points: Any) -> list[tuple[int, int]]:
    fix, zone = zones.match([p[0] for p in points], [p[1] for p in points])
    assert fix.dtype == zone.dtype == np.int64
    return list(zip(fix.tolist(), zone.tolist(), strict=True))


def nudged(value: float, steps: int) -> float:
    for _ in range(abs(steps)):
        value = math.nextafter(value, math.inf if steps > 0 else -math.inf)
    return value


def star(draw: Any, lon: float, lat: float, least: float, most: float) -> list[tuple[float, float]]:
    """A closed ring around (lon, lat) that cannot cross itself, at `least` to `most` degrees."""
    corners = draw(st.integers(3, 12))
    radii = draw(st.lists(st.floats(least, most), min_size=corners, max_size=corners))
    turn = draw(st.floats(0, 6))
    ring = [
        (
            lon + r * math.cos(turn + 2 * math.pi * k / corners),
            lat + r * math.sin(turn + 2 * math.pi * k / corners),
        )
        for k, r in enumerate(radii)
    ]
    return [*ring, ring[0]]


@st.composite
def rings_of_a_polygon(draw: Any) -> list[list[tuple[float, float]]]:
    lon, lat = draw(LON), draw(LAT)
    outer = star(draw, lon, lat, 0.1, 0.5)
    return [outer, star(draw, lon, lat, 0.001, 0.04)] if draw(st.booleans()) else [outer]


@st.composite
def points_near(draw: Any, rings: list[list[tuple[float, float]]]) -> tuple[float, float]:
    """A point anywhere, on a vertex, on an edge, or a float or two beside those."""
    if draw(st.booleans()):
        return draw(LON), draw(LAT)
    a, b = draw(st.sampled_from([edge for ring in rings for edge in pairwise(ring)]))
    share = draw(st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]) | st.floats(0, 1))
    lon, lat = a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])
    return nudged(lon, draw(STEPS)), nudged(lat, draw(STEPS))


@PATIENT
@given(st.data())
def test_polygons_with_holes_hold_what_exact_arithmetic_says(data: st.DataObject) -> None:
    polygons = data.draw(st.lists(rings_of_a_polygon(), min_size=1, max_size=4))
    zones = ZoneSet.from_geojson(collection(*(polygon(*rings) for rings in polygons)))
    assume(not zones.problems)  # rounding can still make two edges of a star touch
    every_ring = [ring for rings in polygons for ring in rings]
    points = data.draw(st.lists(points_near(every_ring), min_size=1, max_size=20))
    assert pairs(zones, points) == [
        (i, z)
        for i, point in enumerate(points)
        for z, rings in enumerate(polygons)
        if oracle.in_polygon(*point, rings)
    ]


SQUARE_WITH_LAKE = [box(112.0, 28.0, 112.4, 28.4), box(112.1, 28.1, 112.3, 28.3)]
ISLAND_WITH_POND = [box(112.15, 28.15, 112.25, 28.25), box(112.18, 28.18, 112.22, 28.22)]
NESTED = [SQUARE_WITH_LAKE, ISLAND_WITH_POND, [box(112.19, 28.19, 112.21, 28.21)]]


@PATIENT
@given(st.lists(points_near([ring for part in NESTED for ring in part]), max_size=30))
def test_nested_multipolygons_hold_islands_but_not_lakes(points: Any) -> None:
    zones = ZoneSet.from_geojson(collection(feature("MultiPolygon", NESTED)))
    assert not zones.problems
    assert pairs(zones, points) == [
        (i, 0) for i, point in enumerate(points) if oracle.in_multipolygon(*point, NESTED)
    ]


def test_vertices_and_edges_of_shell_and_hole_are_inside() -> None:
    zones = ZoneSet.from_geojson(collection(polygon(*SQUARE_WITH_LAKE)))
    on_the_line = [(112.0, 28.0), (112.4, 28.2), (112.2, 28.4), (112.1, 28.1), (112.3, 28.2)]
    assert pairs(zones, on_the_line) == [(i, 0) for i in range(5)]
    beside = [(math.nextafter(112.4, 113), 28.2), (math.nextafter(112.3, 0), 28.2)]
    assert pairs(zones, beside) == []


def test_identical_overlapping_zones_all_match_in_order() -> None:
    square = polygon(box(112.0, 28.0, 112.4, 28.4))
    zones = ZoneSet.from_geojson(collection(square, circle(112.2, 28.2, 500), square, square))
    found = pairs(zones, [(112.2, 28.2), (0.0, 0.0), (112.4, 28.4)])
    assert found == [(0, 0), (0, 1), (0, 2), (0, 3), (2, 0), (2, 2), (2, 3)]


@PATIENT
@given(
    st.floats(-179, 179),
    st.floats(-89, 89),
    st.floats(1, 30_000),
    st.lists(st.tuples(st.floats(-180, 180), st.floats(0, 2)), min_size=1, max_size=20),
)
def test_a_circle_holds_exactly_what_the_geodesic_reaches(
    lon: float, lat: float, radius_m: float, ways: list[tuple[float, float]]
) -> None:
    zones = ZoneSet.from_geojson(collection(circle(lon, lat, radius_m)))
    points = [oracle.GEOD.fwd(lon, lat, way, share * radius_m)[:2] for way, share in ways]
    clear = [p for p in points if abs(oracle.distance_m((lon, lat), p) - radius_m) > 1e-6]
    assert pairs(zones, clear) == [
        (i, 0) for i, p in enumerate(clear) if oracle.distance_m((lon, lat), p) <= radius_m
    ]


@pytest.mark.parametrize("lat", [0.0, 28.55, 45.0, 65.0, 80.0])
@pytest.mark.parametrize("radius_m", [1.0, 300.0, 5_000.0, 200_000.0, 1_000_000.0])
def test_a_millimetre_decides_at_the_rim_of_a_circle(lat: float, radius_m: float) -> None:
    zones = ZoneSet.from_geojson(collection(circle(112.35, lat, radius_m)))
    ways = np.arange(0.0, 360.0, 7.0)
    centre = np.full(ways.size, 112.35), np.full(ways.size, lat)
    for beyond_m, expected in ((-0.001, ways.size), (0.001, 0)):
        lon, to_lat, _ = oracle.GEOD.fwd(*centre, ways, np.full(ways.size, radius_m + beyond_m))
        assert len(zones.match(lon, to_lat)[0]) == expected


def test_a_circle_over_the_pole_or_the_antimeridian_is_whole() -> None:
    zones = ZoneSet.from_geojson(collection(circle(0, 89.9, 50_000), circle(179.99, 10, 5_000)))
    assert pairs(zones, [(180.0, 89.9), (-179.99, 10.0), (179.97, 10.0)]) == [
        (0, 0),
        (1, 1),
        (2, 1),
    ]


LINES = st.tuples(LON, LAT).flatmap(
    lambda start: st.lists(
        st.tuples(st.floats(-0.05, 0.05), st.floats(-0.05, 0.05)), min_size=1, max_size=4
    ).map(
        lambda steps: [
            (start[0] + sum(s[0] for s in steps[:k]), start[1] + sum(s[1] for s in steps[:k]))
            for k in range(len(steps) + 1)
        ]
    )
)


@PATIENT
@given(st.data())
def test_a_corridor_holds_what_lies_within_half_its_width(data: st.DataObject) -> None:
    line = data.draw(LINES)
    assume(len(set(line)) > 1)
    half_m = data.draw(st.floats(1, 2_000))
    zones = ZoneSet.from_geojson(collection(corridor(line, 2 * half_m)))
    points = []
    for _ in range(data.draw(st.integers(1, 5))):
        a, b = data.draw(st.sampled_from(list(pairwise(line))))
        share = data.draw(st.floats(0, 1))
        on = (a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1]))
        way, far = data.draw(st.floats(-180, 180)), data.draw(st.floats(0, 2))
        points.append(oracle.GEOD.fwd(*on, way, far * half_m)[:2])
    distances = [oracle.line_distance_m(p, line) for p in points]
    clear = [(p, d) for p, d in zip(points, distances, strict=True) if abs(d - half_m) > 0.001]
    assert pairs(zones, [p for p, _ in clear]) == [
        (i, 0) for i, (_, d) in enumerate(clear) if d <= half_m
    ]


def test_corridor_ends_and_joints_are_round() -> None:
    line = [(112.30, 28.50), (112.32, 28.50), (112.32, 28.48)]
    zones = ZoneSet.from_geojson(collection(corridor(line, 200)))
    for at, ways in ((line[0], (180, 225, 270, 315, 360)), (line[1], (0, 45, 90))):
        for way in ways:
            near = oracle.GEOD.fwd(*at, way, 99.99)[:2]
            far = oracle.GEOD.fwd(*at, way, 100.01)[:2]
            assert pairs(zones, [near, far]) == [(0, 0)], (at, way)


def test_a_repeated_vertex_does_no_harm_to_a_corridor() -> None:
    line = [(112.30, 28.50), (112.30, 28.50), (112.32, 28.50)]
    zones = ZoneSet.from_geojson(collection(corridor(line, 200)))
    assert pairs(zones, [(112.31, 28.5), (112.30, 28.5), (112.33, 28.5)]) == [(0, 0), (1, 0)]


@pytest.mark.parametrize(
    "bad",
    [(math.nan, 28.2), (112.2, math.nan), (math.inf, 28.2), (112.2, -math.inf), (472.2, 28.2),
     (112.2, 90.1), (-180.1, 0.0)],
)  # fmt: skip
def test_a_fix_that_is_nowhere_matches_nothing_and_harms_no_neighbour(
    bad: tuple[float, float],
) -> None:
    zones = ZoneSet.from_geojson(
        collection(polygon(box(-180, -90, 180, 90)), circle(112.2, 28.2, 1_000_000))
    )
    found = pairs(zones, [(112.2, 28.2), bad, (112.2, 28.2)])
    assert found == [(0, 0), (0, 1), (2, 0), (2, 1)]


def test_scalars_lists_and_other_dtypes_are_taken() -> None:
    zones = ZoneSet.from_geojson(collection(polygon(box(112, 28, 113, 29))))
    assert [a.tolist() for a in zones.match(112.5, 28.5)] == [[0], [0]]
    assert [a.tolist() for a in zones.match([112, 0], (28, 0))] == [[0], [0]]
    half = np.array([112.5, 0.5], np.float32)
    assert [a.tolist() for a in zones.match(half[::-1], np.array([0.5, 28.5]))] == [[1], [0]]


@pytest.mark.parametrize("features", [[], [polygon(box(112, 28, 113, 29))]])
def test_nothing_asked_or_nowhere_to_be_gives_empty_columns(features: list[Any]) -> None:
    zones = ZoneSet.from_geojson(collection(*features))
    for lon, lat in (([], []), ([0.0], [0.0]), ([math.nan], [math.nan])):
        fix, zone = zones.match(lon, lat)
        assert fix.shape == zone.shape == (0,)
        assert fix.dtype == zone.dtype == np.int64


@pytest.mark.parametrize(
    ("lon", "lat"),
    [([1.0, 2.0], [1.0]), (1.0, [1.0, 2.0]), ([], [1.0]), ([[1.0]], [[1.0]])],
)
def test_columns_of_unequal_length_are_an_error(lon: Any, lat: Any) -> None:
    zones = ZoneSet.from_geojson(collection(polygon(box(112, 28, 113, 29))))
    with pytest.raises(ValueError, match="lon and lat: expected one length"):
        zones.match(lon, lat)


def test_many_threads_get_the_answer_of_one() -> None:
    rng = np.random.default_rng(5)
    features = [
        polygon(box(w, s, w + 0.1, s + 0.1))
        for w, s in rng.uniform((112, 28), (113, 29), (50, 2)).tolist()
    ]
    features += [circle(*at, 900) for at in rng.uniform((112, 28), (113, 29), (50, 2)).tolist()]
    zones = ZoneSet.from_geojson(collection(*features))
    lon, lat = rng.uniform(112, 113, 2000), rng.uniform(28, 29, 2000)
    alone = [column.tolist() for column in zones.match(lon, lat)]
    assert alone[0]
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: zones.match(lon, lat), range(8)):
            assert [column.tolist() for column in found] == alone

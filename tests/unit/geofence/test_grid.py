"""The cells, where they could go wrong: ties on their sides, crowds, whole continents, room."""

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geofence import ZoneSet
from geofence.grid.predicate import orientation
from tests.unit.geofence import oracle
from tests.unit.geofence.make import PATIENT, box, circle, collection, corridor, polygon

NEARBY = st.integers(-3, 3)
# Multiples of 1/64 degree are sides of cells at many levels.
LATTICE = st.integers(-20, 20).map(lambda n: n / 64)


def nudged(value: float, steps: int) -> float:
    for _ in range(abs(steps)):
        value = math.nextafter(value, math.inf if steps > 0 else -math.inf)
    return value


def pairs(zones: ZoneSet, points: Any) -> list[tuple[int, int]]:
    fix, zone = zones.match([p[0] for p in points], [p[1] for p in points])
    return list(zip(fix.tolist(), zone.tolist(), strict=True))


@PATIENT
@given(
    st.tuples(st.floats(-180, 180), st.floats(-90, 90)),
    st.tuples(st.floats(-180, 180), st.floats(-90, 90)),
    st.floats(0, 1),
    NEARBY,
    NEARBY,
)
def test_the_side_of_an_edge_is_exact(a: Any, b: Any, along: float, dx: int, dy: int) -> None:
    x = nudged(a[0] + along * (b[0] - a[0]), dx)
    y = nudged(a[1] + along * (b[1] - a[1]), dy)
    small = [v for v in (*a, *b, x, y) if 0 < abs(v) < 1e-100]
    if small:
        return  # their products underflow; no survey has any
    ax, ay, bx, by, px, py = (Fraction(v) for v in (*a, *b, x, y))
    det = (bx - ax) * (py - ay) - (by - ay) * (px - ax)
    assert orientation(*a, *b, x, y) == (det > 0) - (det < 0)


@st.composite
def lattice_ring(draw: Any) -> list[tuple[float, float]]:
    """A simple ring whose corners lie on sides and corners of cells."""
    corners = draw(st.lists(st.tuples(LATTICE, LATTICE), min_size=3, max_size=9, unique=True))
    hull = shapely.convex_hull(shapely.multipoints(corners))
    x, y = shapely.get_coordinates(hull.centroid)[0]
    # a star around the middle of the corners is simple, and mostly not convex
    corners.sort(key=lambda p: (math.atan2(p[1] - y, p[0] - x), p))
    return [*corners, corners[0]]


@PATIENT
@given(lattice_ring(), st.lists(st.tuples(LATTICE, LATTICE, NEARBY, NEARBY), max_size=40))
def test_corners_and_sides_on_the_lines_between_cells_are_exact(ring: Any, places: Any) -> None:
    if not shapely.polygons(ring).is_valid:
        return
    points = [(nudged(x, dx), nudged(y, dy)) for x, y, dx, dy in places]
    points += [(a[0], b[1]) for a in ring for b in ring]
    # small neighbours make the cells fine
    fine = [polygon(box(x, y, x + 1e-4, y + 1e-4)) for x, y in ring[:-1]]
    zones = ZoneSet.from_geojson(collection(polygon(ring), *fine))
    found = [pair for pair in pairs(zones, points) if pair[1] == 0]
    assert found == [(i, 0) for i, p in enumerate(points) if oracle.in_polygon(*p, [ring])]


@pytest.mark.parametrize("crowd", [3, 20, 70, 300])
def test_however_many_zones_share_a_side(crowd: int) -> None:
    rng = np.random.default_rng(crowd)
    same = [box(112.0, 28.0, 112.01, 28.01)] * crowd
    nested = [box(112.0, 28.0, 112.0 + 0.02 / (n + 1), 28.005) for n in range(crowd)]
    circles = [circle(112.01, 28.0, 300 + n) for n in range(crowd)]
    zones = ZoneSet.from_geojson(
        collection(*[polygon(ring) for ring in (*same, *nested)], *circles)
    )
    points = rng.uniform((111.998, 27.998), (112.022, 28.012), (400, 2)).tolist()
    points += [(112.0 + 0.02 / (n + 1), 28.004) for n in range(crowd)] + [(112.0, 28.0)]
    expected = []
    for i, point in enumerate(points):
        for n, ring in enumerate((*same, *nested)):
            if ring[0][0] <= point[0] <= ring[2][0] and ring[0][1] <= point[1] <= ring[2][1]:
                expected.append((i, n))
        away = oracle.distance_m((112.01, 28.0), tuple(point))
        expected += [(i, 2 * crowd + n) for n in range(crowd) if away <= 300 + n]
    assert pairs(zones, points) == expected


def test_zones_as_large_as_the_earth_and_fixes_at_its_ends() -> None:
    zones = ZoneSet.from_geojson(
        collection(
            polygon(box(-180, -90, 180, 90)),
            polygon(box(-180, -90, 0, 0)),
            polygon(box(179, 89, 180, 90)),
            polygon([[-180, -90], [180, -90], [0, 90], [-180, -90]]),
        )
    )
    assert pairs(zones, [(180, 90), (-180, -90), (0, 0), (0, 90), (-180, 90), (1, -1)]) == [
        (0, 0), (0, 2),
        (1, 0), (1, 1), (1, 3),
        (2, 0), (2, 1), (2, 3),
        (3, 0), (3, 3),
        (4, 0),
        (5, 0), (5, 3),
    ]  # fmt: skip


def test_many_zones_a_fix_find_room() -> None:
    whole = polygon(box(112, 28, 113, 29))
    zones = ZoneSet.from_geojson(collection(*[whole] * 500))
    lon, lat = np.random.default_rng(1).uniform((112, 28), (113, 29), (3000, 2)).T
    # first a long way through nothing, so that the guess at the room is wrong
    fix, zone = zones.match(np.r_[np.zeros(5000), lon], np.r_[np.zeros(5000), lat])
    assert fix.tolist() == np.repeat(np.arange(5000, 8000), 500).tolist()
    assert zone.tolist() == np.tile(np.arange(500), 3000).tolist()


def test_thousands_of_fixes_on_rims_are_left_to_the_geodesic() -> None:
    zones = ZoneSet.from_geojson(
        collection(
            circle(112.35, 28.55, 500.0),
            corridor([(112.3, 28.5), (112.4, 28.6), (112.4, 28.7)], 200.0),
        )
    )
    turn = np.linspace(0, 360, 3000)
    lon, lat, _ = oracle.GEOD.fwd(
        np.full(3000, 112.35), np.full(3000, 28.55), turn, np.tile([499.9999, 500.0001], 1500)
    )
    fix, zone = zones.match(lon, lat)
    assert fix[zone == 0].tolist() == list(range(0, 3000, 2))
    line = [(112.3, 28.5), (112.4, 28.6), (112.4, 28.7)]
    for i in range(0, 3000, 30):
        near = oracle.line_distance_m((lon[i], lat[i]), line) <= 100.0
        assert near == (i in fix[zone == 1])
    assert np.all(np.diff(fix * 2 + zone) > 0)


def test_the_answer_does_not_depend_on_where_a_batch_is_cut() -> None:
    rng = np.random.default_rng(3)
    middles = rng.uniform((112, 28), (112.2, 28.2), (300, 2))
    zones = ZoneSet.from_geojson(
        collection(*[polygon(box(x, y, x + 0.01, y + 0.02)) for x, y in middles.tolist()])
    )
    lon, lat = rng.uniform((112, 28), (112.2, 28.2), (5000, 2)).T
    whole = pairs(zones, np.column_stack([lon, lat]))
    parts = []
    for first in range(0, 5000, 777):
        fix, zone = zones.match(lon[first : first + 777], lat[first : first + 777])
        parts += list(zip((fix + first).tolist(), zone.tolist(), strict=True))
    assert parts == whole

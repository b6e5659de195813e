import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod
from shapely import Point, contains_xy
from shapely import box as square

from geofence import ZoneSet
from geofence.shape import apart_m, areas_m2, outline, vertices
from tests.unit.geofence.make import PATIENT, any_zone, box, circle, collection, corridor, polygon

GEOD = Geod(ellps="WGS84")


def zones(*features):
    return ZoneSet.from_geojson(collection(*features)).zones


@PATIENT
@given(st.lists(any_zone(), min_size=1, max_size=8))
def test_areas_are_those_of_the_ellipsoid_within_a_hundredth(features):
    found = zones(*features)
    for zone, area in zip(found, areas_m2(found), strict=True):
        if zone.kind == "polygon":
            exact = abs(GEOD.geometry_area_perimeter(zone.geometry)[0])
        elif zone.kind == "circle":
            exact = np.pi * zone.reach_m**2
        else:
            exact = 2 * zone.reach_m * GEOD.geometry_length(zone.geometry)
            exact += np.pi * zone.reach_m**2
        assert area == pytest.approx(exact, rel=0.01)


@PATIENT
@given(any_zone())
def test_what_is_drawn_is_what_matches(feature):
    zone_set = ZoneSet.from_geojson(collection(feature))
    drawn = outline(zone_set.zones[0])
    assert drawn is not None
    lon, lat = np.random.default_rng(1).uniform((112.0, 28.0), (112.7, 28.7), (400, 2)).T
    inside = np.zeros(400, bool)
    inside[zone_set.match(lon, lat)[0]] = True
    differ = np.flatnonzero(contains_xy(drawn, lon, lat) != inside)
    for at in differ:  # only where the line is drawn, a two-hundredth of the reach thick
        edge = drawn.boundary.distance(Point(lon[at], lat[at])) * 111_320
        assert edge <= 0.005 * zone_set.zones[0].reach_m


def test_every_position_counts_as_a_vertex():
    found = zones(
        circle(112, 28, 5), corridor([(112, 28), (113, 28)], 5), polygon(box(112, 28, 113, 29))
    )
    assert vertices(found) == 1 + 2 + 5
    assert vertices([]) == 0
    assert areas_m2([]).size == 0


def test_the_outline_of_a_refused_zone_is_none():
    refused = ZoneSet.from_geojson(collection(circle(112, 28, -1)), strict=False).zones
    assert outline(refused[0]) is None
    assert areas_m2(refused).tolist() == [0.0]


def test_outlines_lie_as_far_apart_as_the_one_was_moved():
    one, moved = square(112, 28, 112.1, 28.1), square(112, 28.01, 112.1, 28.11)
    assert apart_m(one, one) == 0
    _, _, exact = GEOD.inv(112, 28, 112, 28.01)
    assert apart_m(one, moved) == pytest.approx(exact, rel=1e-3)

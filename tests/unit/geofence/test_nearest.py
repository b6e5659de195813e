import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod
from shapely import Point

from geofence import ZoneSet
from geofence.nearest import nearest
from tests.unit.geofence.make import PATIENT, PLACE, any_zone, box, circle, collection, polygon

GEOD = Geod(ellps="WGS84")


def slowly(zones, lon, lat):
    """The least distance to any of many places along every edge."""
    found = []
    for zone in zones:
        edge = zone.geometry if zone.reach_m else zone.geometry.boundary
        lines = getattr(edge, "geoms", [edge])
        places = [
            line.interpolate(n / 2000, normalized=True).coords[0] if line.length else line.coords[0]
            for line in lines
            for n in range(2001)
        ]
        lons, lats = zip(*places, strict=True)
        _, _, far = GEOD.inv([lon] * len(places), [lat] * len(places), lons, lats)
        found.append(min(far) - zone.reach_m)
    return min(found)


@PATIENT
@given(st.lists(any_zone(), min_size=1, max_size=5), PLACE)
def test_nearest_is_what_a_walk_along_every_edge_finds(features, place):
    zones = ZoneSet.from_geojson(collection(*features)).zones
    found = nearest(zones, *place)
    assert found is not None
    position, far_m = found
    expected = slowly(zones, *place)
    assert far_m == pytest.approx(expected, abs=60)  # half a step of the walk
    assert far_m <= expected + 0.1
    assert slowly([zones[position]], *place) == pytest.approx(far_m, abs=60)


def test_far_away_the_nearest_is_found_too():
    zones = ZoneSet.from_geojson(collection(circle(0, 0, 10), circle(100, 0, 10))).zones
    position, far_m = nearest(zones, -97.7, 30.2)
    _, _, exact = GEOD.inv(-97.7, 30.2, 0, 0)
    assert (position, far_m) == (0, pytest.approx(exact - 10))


def test_the_rim_of_a_hole_is_an_edge():
    zones = ZoneSet.from_geojson(
        collection(polygon(box(112, 28, 113, 29), box(112.4, 28.4, 112.6, 28.6)))
    ).zones
    _, far_m = nearest(zones, 112.5, 28.599)
    _, _, exact = GEOD.inv(112.5, 28.599, 112.5, 28.6)
    assert far_m == pytest.approx(exact, abs=0.01)
    assert not zones[0].geometry.contains(Point(112.5, 28.599))


def test_nothing_is_near_where_every_zone_was_refused():
    zones = ZoneSet.from_geojson(collection(circle(112, 28, -1)), strict=False).zones
    assert nearest(zones, 112, 28) is None

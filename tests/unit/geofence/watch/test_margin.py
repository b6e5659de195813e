"""How deep a place lies in a zone, against planar shapely in metres and the geodesic."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, Point, Polygon
from shapely.affinity import affine_transform

from geofence import ZoneSet
from geofence.metric import scale
from geofence.watch.margin import BLOCK, Margins
from tests.unit.geofence.make import PATIENT, box, circle, collection, corridor, polygon

CAP_M = 500.0
AT = (112.35, 28.55)


def in_metres(shape):
    per_lon, per_lat = (float(v) for v in scale(np.array(AT[1])))
    return affine_transform(shape, [per_lon, 0, 0, per_lat, -AT[0] * per_lon, -AT[1] * per_lat])


def expected(shape, reach_m: float, lon: float, lat: float) -> float:
    place = in_metres(Point(lon, lat))
    shape = in_metres(shape)
    if reach_m:
        margin = reach_m - place.distance(shape)
    else:
        margin = place.distance(shape.boundary) * (1 if shape.contains(place) else -1)
    return min(CAP_M, max(-CAP_M, margin))


near = st.floats(-0.008, 0.008)
places = st.lists(st.tuples(near, near), min_size=1, max_size=20)
corners = st.lists(st.tuples(near, near), min_size=3, max_size=9, unique=True)


@PATIENT
@given(corners, st.booleans(), places)
def test_margins_of_outlines_with_holes_are_those_of_the_plane(corners, hole, offsets) -> None:
    hull = Polygon([(AT[0] + x, AT[1] + y) for x, y in corners]).convex_hull
    if hull.geom_type != "Polygon" or hull.area < 1e-9:
        return
    cx, cy = hull.centroid.coords[0]
    shrunk = [(cx + 0.3 * (x - cx), cy + 0.3 * (y - cy)) for x, y in hull.exterior.coords]
    inner = [shrunk] if hole else []
    zones = ZoneSet.from_geojson(collection(polygon(list(hull.exterior.coords), *inner)))
    lon, lat = np.array([(AT[0] + x, AT[1] + y) for x, y in offsets]).T
    got = Margins.of(zones.zones).margin_m(lon, lat, np.zeros(len(lon), np.int64), CAP_M)
    shape = zones.zones[0].geometry
    want = [expected(shape, 0, x, y) for x, y in zip(lon, lat, strict=True)]
    assert got == pytest.approx(want, rel=1e-3, abs=0.5)


@PATIENT
@given(places, st.floats(1, 400))
def test_margins_of_circles_and_corridors_are_those_of_the_plane(offsets, reach_m) -> None:
    line = [(AT[0], AT[1]), (AT[0] + 0.004, AT[1]), (AT[0] + 0.004, AT[1] + 0.003)]
    zones = ZoneSet.from_geojson(
        collection(circle(*AT, reach_m), corridor(line, 2 * reach_m, name="road"))
    )
    lon, lat = np.array([(AT[0] + x, AT[1] + y) for x, y in offsets]).T
    for zone, shape in enumerate([Point(AT), LineString(line)]):
        which = np.full(len(lon), zone)
        got = Margins.of(zones.zones).margin_m(lon, lat, which, CAP_M)
        want = [expected(shape, reach_m, x, y) for x, y in zip(lon, lat, strict=True)]
        assert got == pytest.approx(want, rel=1e-3, abs=0.5)


def test_the_side_is_the_one_that_match_says() -> None:
    angle = np.linspace(0, 2 * np.pi, 5 * BLOCK + 7, endpoint=False)
    reach = 0.006 * (1 + 0.4 * np.sin(9 * angle))
    ring = np.column_stack([AT[0] + reach * np.cos(angle), AT[1] + reach * np.sin(angle)])
    zones = ZoneSet.from_geojson(
        collection(
            polygon([*ring.tolist(), ring[0].tolist()]),
            {"type": "Feature", "geometry": None, "properties": {}},
            polygon(box(112.3, 28.5, 112.4, 28.6)),
        ),
        strict=False,
    )
    random = np.random.default_rng(3)
    lon = random.uniform(112.29, 112.41, 20_000)
    lat = random.uniform(28.49, 28.61, 20_000)
    held = np.zeros((len(zones), len(lon)), bool)
    fix, zone = zones.match(lon, lat)
    held[zone, fix] = True
    margins = Margins.of(zones.zones)
    for at in range(len(zones)):
        margin = margins.margin_m(lon, lat, np.full(len(lon), at), CAP_M)
        assert ((margin >= 0) == held[at]).all()
    assert margins.deep_m[1] == 0
    assert margins.deep_m[2] == pytest.approx(0.5 * 0.5 * 9780, rel=0.2)

"""Pictures of zones: nothing is hidden, nothing is cut off, nothing breaks the file."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geofence import ZoneSet
from tests.unit.geofence.make import PATIENT, any_zone, box, circle, collection, polygon
from vehicleguard.zone_plan import WIDTH, _width, plan
from vehicleguard.zone_svg import svg


def zones(*features):
    return ZoneSet.from_geojson(collection(*features), strict=False).zones


@PATIENT
@given(st.lists(any_zone(), min_size=1, max_size=8))
def test_every_zone_is_in_the_picture_and_no_name_hides_another(features):
    drawn = plan(zones(*features))
    assert len(drawn.shapes) == len(features) == len(drawn.labels) + drawn.unlabelled
    for shape in drawn.shapes:
        west, north, east, south = shape.outline.bounds
        assert 0 <= west <= east <= WIDTH
        assert 0 <= north <= south <= drawn.height
    for n, one in enumerate(drawn.labels):
        for other in drawn.labels[:n]:
            beside = abs(one.x - other.x) >= (_width(one.text) + _width(other.text)) / 2
            assert beside or abs(one.y - other.y) >= 14
    areas = [shape.outline.area for shape in drawn.shapes]
    assert areas == sorted(areas, reverse=True)


@PATIENT
@given(st.text(max_size=40), st.text(max_size=20))
def test_any_name_and_tag_gives_a_picture_that_can_be_read(name, tag):
    drawn = plan(zones(circle(112, 28, 50, id="a", name=name, tags=[tag])))
    root = ET.fromstring(svg(drawn, name, name))  # noqa: S314 - written here
    assert root.tag.endswith("svg")


@pytest.mark.parametrize("lon_m", [20, 3_000, 500_000])
def test_the_scale_is_a_round_length_and_true(lon_m):
    per_degree = 111_319.49 * np.cos(np.radians(28))
    east = 112 + lon_m / per_degree
    drawn = plan(zones(circle(112, 28, 1, id="a"), circle(east, 28, 1, id="b")))
    a, b = (shape.outline.centroid.x for shape in drawn.shapes)
    assert abs(a - b) / drawn.scale_px * drawn.scale_m == pytest.approx(lon_m, rel=0.01)
    assert 50 <= drawn.scale_px <= WIDTH / 5
    assert drawn.scale_m / 10 ** np.floor(np.log10(drawn.scale_m)) in {1, 2, 5}


def test_fixes_beyond_the_zones_are_left_out_and_those_in_one_place_are_one_dot():
    held = zones(circle(112, 28, 100, id="a"))
    fixes = np.array([[112, 28], [112, 28], [113, 28], [np.nan, 28]])
    assert len(plan(held, fixes=fixes).fixes) == 1


def test_the_first_tag_colours_a_zone_and_a_hole_stays_open():
    held = zones(
        polygon(box(112, 28, 112.1, 28.1), box(112.04, 28.04, 112.06, 28.06), id="a", tags=["x"]),
        circle(112, 28, 100, id="b", tags=["x", "y"]),
        circle(112, 28, 100, id="c"),
    )
    drawn = plan(held)
    assert [(tag, n) for _, tag, n in drawn.legend] == [("x", 2), ("", 1)]
    assert "evenodd" in svg(drawn, "t")
    assert svg(drawn, "t").count("Z") >= 4


def test_refused_zones_alone_are_no_picture():
    assert plan(zones(circle(112, 28, -1))) is None

import pytest

from geofence import geojson
from geofence.survey import Survey
from tests.unit.geofence.make import box, circle, collection, corridor, polygon


def survey(*features, datum="wgs84"):
    return Survey.of(geojson.read_stated(collection(*features), datum))


def test_kinds_tags_and_vertices_are_counted_over_what_is_in_use():
    found = survey(
        circle(112, 28, 100, id="a", tags=["school", "key"]),
        circle(112, 28.1, 100, id="b", tag="school"),
        corridor([(112, 28), (112.1, 28)], 40, id="c"),
        circle(112, 28, -5, id="refused", tags=["school"]),
    )
    assert dict(found.kinds) == {"circle": 2, "corridor": 1}
    assert (dict(found.tags), found.untagged) == ({"school": 2, "key": 1}, 1)
    assert found.vertices == 4
    assert found.bounds[0] < 112 < found.bounds[2]
    assert found.warnings == ()


HERE = (112.0, 28.0)


@pytest.mark.parametrize(
    ("features", "datum", "warning"),
    [
        ([circle(-97.7, 30.2, 10, id="a")], "gcj02", "every zone lies outside of China"),
        ([circle(-97.7, 30.2, 10, id="a")], "bd09", "every zone lies outside of China"),
        ([circle(40, 80, 10, id="a")], "wgs84", "once latitude and longitude are swapped"),
        ([circle(*HERE, 10)], "wgs84", "no id, so the position has to stand for it: feature 0;"),
        (
            [circle(*HERE, 10, id=n) for n in "abcde"],
            "wgs84",
            "drawn exactly alike: a, b, c and 2 more",
        ),
        ([polygon(box(112, 28, 113, 29), id="a")], "wgs84", "larger than 1,000 km²: a (10,8"),
    ],
)
def test_what_is_likely_a_slip_is_warned_of(features, datum, warning):
    (said,) = survey(*features, datum=datum).warnings
    assert warning in said


@pytest.mark.parametrize(
    ("features", "datum"),
    [
        ([circle(-97.7, 30.2, 10, id="a")], "wgs84"),
        ([circle(-97.7, 30.2, 10, id="a"), circle(*HERE, 10, id="b")], "gcj02"),
        ([circle(*HERE, 10, id="0")], "wgs84"),
        ([circle(*HERE, 10, id="a"), circle(*HERE, 11, id="b")], "wgs84"),
        ([polygon(box(112, 28, 113, 29), id="a", role="jurisdiction")], "wgs84"),
    ],
)
def test_what_may_well_be_meant_is_not(features, datum):
    assert survey(*features, datum=datum).warnings == ()

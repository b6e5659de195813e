from hypothesis import given
from hypothesis import strategies as st

from geofence import ZoneSet
from geofence.zone_change import ZoneChange, changes
from tests.unit.geofence.make import PATIENT, any_zone, box, circle, collection, polygon


def zones(*features):
    return ZoneSet.from_geojson(collection(*features), strict=False).zones


def test_zones_are_added_removed_redrawn_tagged_and_named_by_their_ids():
    old = zones(
        circle(112, 28, 100, id="gone"),
        circle(112, 28, 100, id="same", tags=["a"]),
        circle(112, 28, 100, id="wider"),
        circle(112, 28, 100, id="tagged", tags=["a"], name="A"),
    )
    new = zones(
        circle(112, 28, 100, id="tagged", tags=["b", "a"], name="B"),
        circle(112, 28, 150, id="wider"),
        circle(112, 28, 100, id="same", tag="a"),
        circle(112, 28, 100, id="new"),
    )
    added, removed, tagged, wider = changes(old, new)
    assert (added, removed) == (ZoneChange("new", "added"), ZoneChange("gone", "removed"))
    assert tagged == ZoneChange("tagged", "changed", tags=(("a",), ("a", "b")), name=("A", "B"))
    assert (wider.zone, wider.tags, wider.name) == ("wider", None, None)
    assert 49.5 < wider.redrawn_m < 50.5


def test_a_ring_that_begins_elsewhere_is_the_same():
    ring = box(112, 28, 112.1, 28.1)
    turned = [*ring[2:-1], *ring[:3]]
    assert changes(zones(polygon(ring, id="a")), zones(polygon(turned, id="a"))) == []
    assert changes(zones(polygon(ring, id="a")), zones(polygon(ring[::-1], id="a"))) == []


@PATIENT
@given(st.lists(any_zone(), min_size=1, max_size=5))
def test_a_file_in_another_datum_holds_the_same_zones(features):
    held = ZoneSet.from_geojson(collection(*features))
    for datum in ("gcj02", "bd09"):
        back = ZoneSet.from_geojson(held.to_geojson(datum), datum)
        assert changes(held.zones, back.zones) == []


def test_a_refused_zone_counts_as_not_there():
    good, bad = circle(112, 28, 9, id="a"), circle(112, 28, -1, id="a")
    assert changes(zones(good), zones(bad)) == [ZoneChange("a", "removed")]

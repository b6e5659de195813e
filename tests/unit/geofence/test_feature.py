import math
from typing import Any

import pytest

from geofence import Problem, ZoneError, ZoneKind, ZoneSet
from tests.unit.geofence.make import box, circle, collection, corridor, feature, polygon

GOOD = polygon(box(112, 28, 113, 29), id="good")
HERE = (112.5, 28.5)


def only_problem(bad: Any) -> Problem:
    """What is said of one bad feature between two good ones, which must go on working."""
    other = circle(*HERE, 500, id="other")
    with pytest.raises(ZoneError) as caught:
        ZoneSet.from_geojson(collection(GOOD, bad, other))
    (problem,) = caught.value.problems
    assert str(caught.value) == str(problem)
    assert "\n" not in str(problem)
    assert problem.position == 1
    assert not problem.repaired

    zones = ZoneSet.from_geojson(collection(GOOD, bad, other), strict=False)
    assert zones.problems == (problem,)
    assert [zone.kind for zone in zones.zones] == ["polygon", "refused", "circle"]
    assert zones.zones[1].bounds is zones.zones[1].geometry is None
    assert zones.match(*HERE)[1].tolist() == [0, 2]
    return problem


BAD: list[tuple[Any, str, str]] = [
    (None, "type", 'expected "Feature", got nothing'),
    (7, "type", 'expected "Feature", got 7'),
    ({"type": "Point"}, "type", 'expected "Feature"'),
    ({"type": "Feature", "properties": []}, "properties", "expected an object, got []"),
    ({"type": "Feature", "id": True}, "id", "expected a text or a number, got true"),
    ({"type": "Feature", "properties": {"id": [1]}}, "properties.id", "got [1]"),
    ({"type": "Feature", "id": "good"}, "id", "feature 0 has this one"),
    ({"type": "Feature", "geometry": None}, "geometry.type", "got nothing"),
    (feature("MultiPoint", [HERE]), "geometry.type", 'got "MultiPoint"'),
    (feature("Nonsense", []), "geometry.type", "expected one of Polygon, MultiPolygon, Point"),
    (feature("Point", HERE), "properties.radius_m", "expected metres above 0"),
    (circle(*HERE, 0), "properties.radius_m", "got 0"),
    (circle(*HERE, -5), "properties.radius_m", "got -5"),
    (circle(*HERE, "500"), "properties.radius_m", 'got "500"'),
    (circle(*HERE, radius_m=True), "properties.radius_m", "got true"),
    (circle(*HERE, math.nan), "properties.radius_m", "got NaN"),
    (circle(*HERE, math.inf), "properties.radius_m", "got Infinity"),
    (circle(*HERE, 10**400), "properties.radius_m", "up to 1000000, got 1000"),
    (circle(math.nan, 28, 500), "geometry.coordinates", "got [nan, 28]"),
    (circle(181, 28, 500), "geometry.coordinates", "expected longitude -180..180"),
    (circle(28.5, 112.5, 500), "geometry.coordinates", "[28.5, 112.5] (swapped?)"),
    (feature("Point", [], radius_m=5), "geometry.coordinates", "got []"),
    (feature("Point", None, radius_m=5), "geometry.coordinates", "got nothing"),
    (feature("Point", ["112", "28"], radius_m=5), "geometry.coordinates", '["112", "28"]'),
    (feature("LineString", [HERE, (112, 28)]), "properties.width_m", "expected metres"),
    (corridor([HERE, (112, 28)], 0), "properties.width_m", "got 0"),
    (corridor([HERE], 50), "geometry.coordinates", "at least 2 different positions"),
    (corridor([HERE, HERE], 50), "geometry.coordinates", "at least 2 different positions"),
    (corridor([HERE, (112, -91)], 50), "geometry.coordinates", "got [112, -91]"),
    (polygon(), "geometry.coordinates", "expected a list of rings, got []"),
    (polygon([]), "geometry.coordinates[0]", "expected a list of positions, got []"),
    (polygon([HERE, (112, 28), HERE]), "geometry.coordinates[0]", "4 or more positions, got 3"),
    (polygon([HERE, (112, 28), (113, 28)]), "geometry.coordinates[0]", "positions, got 3"),
    (polygon([HERE] * 4), "geometry.coordinates", "outline without an area"),
    (polygon(box(1, 1, 4, 4), [(2, 2)]), "geometry.coordinates[1]", "4 or more positions, got 1"),
    (polygon([*box(1, 1, 4, 4), [5]]), "geometry.coordinates[0]", "got [5]"),
    (polygon([*box(1, 1, 4, 4), [5, None]]), "geometry.coordinates[0]", "got [5, null]"),
    (polygon([*box(1, 1, 4, 4), [5, [6]]]), "geometry.coordinates[0]", "got [5, [6]]"),
    (polygon([[1, 1, 0], [2, 1], [2, math.inf]]), "geometry.coordinates[0]", "got [2, inf]"),
    (polygon([(1, 1), (2, 2), (3, 3), (1, 1)]), "geometry.coordinates", "outline without an area"),
    (polygon(box(1, 1, 2, 2), box(3, 3, 4, 4)), "geometry.coordinates", "read in two ways"),
    (feature("MultiPolygon", [[box(1, 1, 2, 2)], []]), "geometry.coordinates[1]", "list of rings"),
    (feature("MultiPolygon", {"a": 1}), "geometry.coordinates", "expected a list of polygons"),
    (feature("MultiPolygon", [[box(1, 1, 2, 2)], [box(3, 3, 400, 4)]]),
     "geometry.coordinates[1][0]", "got [400, 3]"),
]  # fmt: skip


@pytest.mark.parametrize(("bad", "key", "said"), BAD, ids=[f"{b[1]}: {b[2]}" for b in BAD])
def test_a_bad_feature_is_refused_by_name_and_harms_no_neighbour(
    bad: Any, key: str, said: str
) -> None:
    problem = only_problem(bad)
    assert problem.key == key
    assert said in problem.expected


def test_a_pentagram_wound_twice_can_be_read_in_two_ways() -> None:
    turn = [math.radians(90 + 144 * k) for k in range(6)]
    ring = [(112 + math.cos(a), 28 + math.sin(a)) for a in turn]
    assert "read in two ways (Self-intersection" in only_problem(polygon(ring)).expected


def test_all_problems_are_collected_and_the_first_is_named_with_the_count() -> None:
    bad = [circle(*HERE, -1, id="market\nplace"), feature("Point", HERE), GOOD, GOOD]
    with pytest.raises(ZoneError) as caught:
        ZoneSet.from_geojson(collection(*bad))
    assert [p.position for p in caught.value.problems] == [0, 1, 3]
    assert str(caught.value) == (
        'feature 0 "market\N{REPLACEMENT CHARACTER}place": properties.radius_m: '
        "expected metres above 0 and up to 1000000, got -1 (and 2 more problems)"
    )


def test_a_bow_tie_is_mended_and_reported() -> None:
    bow_tie = polygon([(112, 28), (113, 29), (113, 28), (112, 29), (112, 28)], id="bow")
    zones = ZoneSet.from_geojson(collection(GOOD, bow_tie))
    (problem,) = zones.problems
    assert problem.repaired
    assert (problem.position, problem.id) == (1, "bow")
    assert "mended: Self-intersection" in problem.expected
    fix, zone = zones.match([112.25, 112.75, 112.5, 112.5, 112.5], [28.5, 28.5, 28.25, 28.75, 28.5])
    assert fix[zone == 1].tolist() == [0, 1, 4]


def test_spikes_without_an_area_are_dropped() -> None:
    spiked = polygon([(0, 0), (2, 0), (2, 2), (2, 5), (2, 2), (0, 2), (0, 0)])
    zones = ZoneSet.from_geojson(collection(spiked))
    assert [problem.repaired for problem in zones.problems] == [True]
    assert zones.zones[0].bounds == (0, 0, 2, 2)


def test_parts_that_overlap_are_one_area_and_their_overlap_no_hole() -> None:
    parts = feature("MultiPolygon", [[box(0, 0, 2, 2)], [box(1, 1, 3, 3)], [box(3, 1, 4, 3)]])
    zones = ZoneSet.from_geojson(collection(parts))
    assert "parts overlap or share an edge" in zones.problems[0].expected
    assert zones.match([0.5, 1.5, 2.5, 3.5, 0.5], [0.5, 1.5, 2.5, 1.5, 2.5])[0].tolist() == [
        0, 1, 2, 3,
    ]  # fmt: skip


def test_an_open_ring_is_closed_and_reported() -> None:
    zones = ZoneSet.from_geojson(collection(polygon(box(112, 28, 113, 29)[:-1])))
    assert [problem.repaired for problem in zones.problems] == [True]
    assert "closed it" in zones.problems[0].expected
    assert zones.match(112.5, 28.5)[1].tolist() == [0]


def test_heights_are_ignored_wherever_they_stand() -> None:
    ring = [[112, 28, 5], [113, 28], [113, 29, 5, 1], [112, 29], [112, 28]]
    zones = ZoneSet.from_geojson(collection(polygon(ring), circle(112.5, 28.5, 500)))
    assert zones.match(112.5, 28.5)[1].tolist() == [0, 1]
    assert not zones.problems


def test_ids_and_names_come_from_where_they_stand_first() -> None:
    area = box(112, 28, 113, 29)
    features = [
        {**polygon(area, id="inner", name="市场"), "id": "outer"},
        polygon(area, id="inner"),
        {**polygon(area), "id": 430902},
        {**polygon(area), "id": 7.0},
        polygon(area, name=""),
        {**polygon(area), "properties": None, "id": ""},
    ]
    zones = ZoneSet.from_geojson(collection(*features)).zones
    assert [z.id for z in zones] == ["outer", "inner", "430902", "7", "4", "5"]
    assert [z.name for z in zones] == ["市场", "inner", "430902", "7", "4", "5"]
    assert zones[5].properties == {}


def test_a_zone_says_what_it_is() -> None:
    features = [
        polygon(box(112, 28, 113, 29), id="p", tags=["key_site"]),
        circle(112.5, 28.5, 500, id="c"),
        corridor([(112.5, 28.5), (112.6, 28.5)], 80, id="k"),
    ]
    polygonal, round_, long = ZoneSet.from_geojson(collection(*features)).zones
    assert [z.kind for z in (polygonal, round_, long)] == list(ZoneKind)[:3]
    assert [z.reach_m for z in (polygonal, round_, long)] == [0, 500, 40]
    assert polygonal.bounds == (112, 28, 113, 29)
    assert polygonal.properties["tags"] == ["key_site"]
    assert round_.bounds is not None
    assert long.bounds is not None
    assert round_.bounds[0] < 112.5 < round_.bounds[2] < 112.51
    assert 112.499 < long.bounds[0] < 112.5
    assert 112.6 < long.bounds[2] < 112.601

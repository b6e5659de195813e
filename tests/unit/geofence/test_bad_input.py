"""Zone files as people send them: what is mended, what is refused, and that the rest goes on."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from geofence import ZoneError, ZoneSet
from tests.unit.geofence import oracle
from tests.unit.geofence.make import box, circle, collection, corridor, feature, polygon

HERE = (112.35, 28.55)
HOME = polygon(box(112.3, 28.5, 112.4, 28.6), id="home")
BOW_TIE = [(112, 28), (113, 29), (113, 28), (112, 29), (112, 28)]
TURN = np.radians(90 + 144 * np.arange(6))
PENTAGRAM = np.column_stack([112 + np.cos(TURN), 28 + np.sin(TURN)]).tolist()

MENDED = {
    "crosses itself": (polygon(BOW_TIE), "Self-intersection"),
    "left open": (polygon(box(112, 28, 113, 29)[:-1]), "closed it"),
    "spiked": (polygon([(0, 0), (2, 0), (2, 2), (2, 5), (2, 2), (0, 2), (0, 0)]), "mended"),
}
REFUSED = {
    "crosses itself, read in two ways": (polygon(PENTAGRAM), "read in two ways"),
    "ring of two points": (polygon([HERE, (112, 28)]), "4 or more positions, got 2"),
    "ring of two points, closed": (polygon([HERE, (112, 28), HERE]), "positions, got 3"),
    "ring of two points, said twice": (polygon([HERE, (112, 28)] * 2), "without an area"),
    "line of one point": (corridor([HERE, HERE], 50), "2 different positions"),
    "NaN in a ring": (polygon([*box(1, 1, 2, 2)[:3], [math.nan, 1], [1, 1]]), "got [nan, 1]"),
    "NaN for a centre": (circle(math.nan, 28, 500), "got [nan, 28]"),
    "NaN for a radius": (circle(*HERE, math.nan), "got NaN"),
    "infinite": (corridor([HERE, (math.inf, 28)], 50), "got [inf, 28]"),
    "empty polygon": (feature("Polygon", []), "list of rings, got []"),
    "empty multipolygon": (feature("MultiPolygon", []), "list of polygons, got []"),
    "empty ring": (polygon([]), "list of positions, got []"),
    "empty collection of geometries": (feature("GeometryCollection", None), "expected one of"),
    "no geometry": ({"type": "Feature", "properties": {}, "geometry": None}, "got nothing"),
    "swapped coordinates": (
        polygon([[lat, lon] for lon, lat in box(112, 28, 113, 29)]),
        "got [28, 112] (swapped?)",
    ),
    "swapped centre": (circle(28.55, 112.35, 300), "got [28.55, 112.35] (swapped?)"),
    "metres of a map": (circle(12_500_000, 3_300_000, 300), "longitude -180..180"),
    "id of another": ({**circle(*HERE, 300), "id": "home"}, "feature 0 has this one"),
}


def test_an_empty_collection_is_a_set_without_zones(tmp_path: Path) -> None:
    path = tmp_path / "empty.geojson"
    path.write_text(json.dumps(collection()))
    zones = ZoneSet.from_geojson(path)
    assert (len(zones), zones.problems) == (0, ())
    assert [column.tolist() for column in zones.match(*HERE)] == [[], []]


@pytest.mark.parametrize("how", MENDED)
def test_what_can_be_read_in_one_way_is_mended_and_reported(how: str) -> None:
    given, said = MENDED[how]
    zones = ZoneSet.from_geojson(collection(HOME, given))
    (problem,) = zones.problems
    assert (problem.position, problem.repaired) == (1, True)
    assert said in problem.expected
    assert shapely.is_valid(zones.zones[1].geometry)


@pytest.mark.parametrize("how", REFUSED)
def test_what_cannot_be_read_is_refused_by_feature_and_reason(how: str) -> None:
    given, said = REFUSED[how]
    with pytest.raises(ZoneError) as caught:
        ZoneSet.from_geojson(collection(HOME, {"id": "odd", **given}))
    assert str(caught.value).startswith(f'feature 1 "{given.get("id", "odd")}": ')
    assert said in str(caught.value)


def test_a_file_of_every_fault_keeps_all_its_good_zones() -> None:
    bad = [given for given, _ in REFUSED.values()]
    good = [circle(*HERE, 300 + n) for n in range(len(bad))]
    mended = [given for given, _ in MENDED.values()]
    mixed = [each for pair in zip(bad, good, strict=True) for each in pair]
    zones = ZoneSet.from_geojson(collection(HOME, *mixed, *mended), strict=False)
    assert [p.position for p in zones.problems if not p.repaired] == list(range(1, len(mixed), 2))
    assert [p.position for p in zones.problems if p.repaired] == [
        1 + len(mixed) + n for n in range(len(mended))
    ]
    assert zones.match(*HERE)[1].tolist() == [
        *(0, *range(2, len(mixed) + 1, 2)),
        *(1 + len(mixed), 2 + len(mixed)),  # the spiked one lies elsewhere
    ]


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_a_file_in_another_datum_says_so_or_is_told_and_is_not_half_a_kilometre_off(
    datum: str,
) -> None:
    away = ZoneSet.from_geojson(collection(circle(*HERE, 200)), datum=datum)
    said = ZoneSet.from_geojson({**collection(circle(*HERE, 200)), "datum": datum})
    assert said.zones == away.zones
    middle = shapely.get_coordinates(away.zones[0].geometry)[0]
    assert oracle.distance_m(HERE, tuple(middle)) > 500
    assert len(away.match(*middle)[0]) == 1
    assert len(away.match(*HERE)[0]) == 0
    with pytest.raises(ZoneError, match="datum"):
        ZoneSet.from_stated_geojson(collection(circle(*HERE, 200)))


def test_a_zone_of_a_million_vertices_is_taken_as_it_is_and_matched_exactly() -> None:
    rng = np.random.default_rng(6)
    turn = np.linspace(0, 2 * np.pi, 1_000_001)
    far = 0.1 + 1e-4 * rng.random(turn.size)
    ring = np.column_stack([112.5 + far * np.cos(turn), 28.5 + far * np.sin(turn)])
    ring[-1] = ring[0]
    zones = ZoneSet.from_geojson(collection(HOME, polygon(ring.tolist())))
    assert not zones.problems
    area = zones.zones[1].geometry
    assert shapely.get_num_coordinates(area) == 1_000_001
    at = ring[rng.integers(len(ring), size=20_000)] + rng.normal(0, 1e-5, (20_000, 2))
    shapely.prepare(area)
    fix, zone = zones.match(*at.T)
    assert fix[zone == 1].tolist() == np.flatnonzero(shapely.intersects_xy(area, *at.T)).tolist()


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, 180.1, -180.1, 1e300, 5e-324])
@pytest.mark.parametrize("column", [0, 1])
def test_fixes_that_are_nowhere_lie_in_no_zone_and_harm_no_neighbour(
    bad: float, column: int
) -> None:
    zones: Any = ZoneSet.from_geojson(
        collection(HOME, circle(*HERE, 500), corridor([HERE, (112.4, 28.6)], 50))
    )
    at = np.array([HERE, HERE, HERE])
    at[1, column] = bad
    fix, zone = zones.match(*at.T)
    assert list(zip(fix.tolist(), zone.tolist(), strict=True)) == [
        (n, z) for n in (0, 2) for z in range(3)
    ]
    signatures = zones.signatures(*at.T)
    assert signatures[0] == signatures[2] != 0
    assert signatures[1] == 0

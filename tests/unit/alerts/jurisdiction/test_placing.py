"""An incident lies where its position lies: by outlines, else by centres, and it says which.

The shipped areas are always there; the real counties, which may not be shipped, are added where
they lie: `VEHICLEGUARD_SHARED_DATA`, or `../shared/data` beside the repository.
"""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.jurisdiction import Areas, AreasError, Placer, Rung
from geofence.datum import Datum, from_wgs84, to_wgs84
from tests.unit.alerts.jurisdiction.areas import AREAS, CITY, PLACER, area, point, square
from vehicleguard import sample

ROOT = Path(__file__).parents[4]
SHARED = Path(os.environ.get("VEHICLEGUARD_SHARED_DATA", ROOT.parent / "shared" / "data"))
OUTLINES = [
    (sample.path(sample.JURISDICTIONS), "wgs84"),
    *((path, "gcj02") for path in [SHARED / "yiyang.geojson"] if path.exists()),
]


@cache
def read(path: Path, datum: str) -> tuple[Placer, dict[str, Any]]:
    """The areas of a file, and their outlines as they stand there."""
    features = json.loads(path.read_text("utf-8"))["features"]
    outlines = {
        str(f["properties"].get("code") or f["properties"]["adcode"]): shapely.geometry.shape(
            f["geometry"]
        )
        for f in features
    }
    return Placer(Areas.read(path, datum)), outlines


def ways(placer: Placer, lon: float, lat: float) -> list[tuple[str, str]]:
    (placed,) = placer.place([(lon, lat)])
    return [stage[:2] for stage in placed.stages]


@pytest.mark.parametrize(
    ("at", "stages"),
    [
        ((112.11, 28.11), ["c part", "c1 outline", "c1t1 outline", "c1t1v1 nearest",
                           "c1t1v1g1 nearest"]),
        ((112.39, 28.39), ["c part", "c1 outline", "c1t1 outline", "c1t1v2 nearest"]),
        ((112.9, 28.1), ["c part", "c1 outline"]),
        ((113.5, 28.5), ["c part", "c2 outline"]),
        ((116.4, 39.9), ["c outside"]),
        ((112.0, 27.9), ["c outside"]),
    ],
)  # fmt: skip
def test_an_incident_is_placed_as_deep_as_its_position_is_known(
    at: tuple[float, float], stages: list[str]
) -> None:
    assert [" ".join(stage) for stage in ways(PLACER, *at)] == stages


def test_what_is_not_by_outline_says_so_in_both_languages() -> None:
    near, sure, away = PLACER.place([(112.11, 28.11), (113.5, 28.5), (116.4, 39.9)])
    assert (
        "from the village on by the nearest centre, 1.5 km: no outline" in near.said(AREAS.tree).en
    )
    assert "自村起无边界，按最近中心 1.5 公里" in near.said(AREAS.tree).zh
    assert sure.said(AREAS.tree) == ("c › c2", "cc2")
    assert away.said(AREAS.tree) == ("outside of c", "c以外")


def test_a_gap_between_counties_goes_by_the_township_that_holds_it() -> None:
    placer = Placer(Areas.read({
        "type": "FeatureCollection", "datum": "wgs84", "features": [
            area("a", "county", "c", square(112, 28, 0.9)),
            area("b", "county", "c", square(113, 28, 1)),
            area("b1", "township", "b", square(112.95, 28, 0.5)),
        ]}))  # fmt: skip
    assert ways(placer, 112.97, 28.1) == [("c", "part"), ("b", "part"), ("b1", "outline")]
    assert ways(placer, 112.92, 28.1) == [("c", "outside")]


def test_a_centre_too_far_away_says_nothing() -> None:
    placer = Placer(Areas.read({
        "type": "FeatureCollection", "datum": "wgs84",
        "features": [area("a", "county", "c", point(112, 28))],
    }))  # fmt: skip
    assert ways(placer, 112.9, 28) == [("c", "nearest"), ("a", "nearest")]
    assert ways(placer, 113.1, 28) == [("c", "outside")]


def test_a_position_that_is_none_lies_outside() -> None:
    assert ways(PLACER, float("nan"), 28.0) == [("c", "outside")]
    assert ways(PLACER, 28.1, 112.1) == [("c", "outside")]


SHIPPED = Placer(Areas.read(sample.path(sample.JURISDICTIONS)))


def test_the_shipped_areas_are_a_city_of_counties_and_townships() -> None:
    tree = SHIPPED.tree
    assert (tree.root, tree.areas[tree.root].name) == ("430900", ("Yiyang", "益阳市"))
    rungs = [area.rung for area in tree.areas.values()]
    assert [rungs.count(rung) for rung in Rung] == [1, 6, 29, 0, 0]


@pytest.mark.parametrize(("path", "datum"), OUTLINES, ids=[path.name for path, _ in OUTLINES])
@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(110.7, 113.0), st.floats(27.9, 29.6)), max_size=20))
def test_real_areas_hold_a_position_as_one_outline_asked_after_the_other_says(
    path: Path, datum: str, points: list[tuple[float, float]]
) -> None:
    placer, features = read(path, datum)
    lon, lat = (np.array([p[axis] for p in points], float) for axis in (0, 1))
    moved = from_wgs84(lon, lat, Datum(datum))
    held = {code: shapely.intersects_xy(shape, *moved) for code, shape in features.items()}
    for n, placed in enumerate(placer.place(points)):
        inside = {code for code, found in held.items() if found[n]}
        on_the_way = set(placed.path[1:])
        assert on_the_way <= inside
        assert all(stage.by == "outline" for stage in placed.stages[1:])
        # a border belongs to both sides, and one of them is taken
        rungs = {placer.tree.areas[code].rung for code in inside}
        assert {placer.tree.areas[code].rung for code in on_the_way} == rungs
        assert placed.stages[0].by == ("part" if inside else "outside")


@pytest.mark.parametrize(("path", "datum"), OUTLINES, ids=[path.name for path, _ in OUTLINES])
def test_real_areas_hold_the_places_within_them(path: Path, datum: str) -> None:
    placer, features = read(path, datum)
    for code, shape in features.items():
        inner = shape.representative_point()
        x, y = to_wgs84(np.array([inner.x]), np.array([inner.y]), Datum(datum))
        assert code in placer.place([(float(x[0]), float(y[0]))])[0].path


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"features": []}, "one area or more"),
        ({"features": "x"}, "one area or more"),
        ({"datum": None}, "nothing says what the coordinates refer to"),
        ({"features": [area("c1", "county", "c", None), area("c1", "county", "c", None)]},
         "c1: is there twice"),
        ({"features": [area("c1", "county", "c", None), area("x", "village", "y", None)]},
         "x: parent y is not there"),
        ({"features": [area("a", "county", "a", None)]}, "a: expected a parent above it"),
        ({"features": [area("a", "county", "b", None), area("b", "county", "a", None)]},
         "a: expected a parent above it"),
        ({"features": [area("a", "planet", "", None)]}, "a: level: expected one of city"),
        ({"features": [area("", "city", "", None)]}, "feature 0: code: expected"),
        ({"features": [area("a", "city", "", None), area("b", "city", "", None)]},
         "expected one area without a parent, found a, b"),
        ({"features": [area("a", "city", "", {"type": "Polygon", "coordinates": []})]}, "a: "),
        ({"features": [area("a", "city", "", None, center="here")]}, "a: "),
        ({"features": [None, 1, []]}, "feature 0"),
    ],
)  # fmt: skip
def test_areas_without_sense_are_refused_in_one_line(change: dict[str, Any], said: str) -> None:
    document = {key: value for key, value in {**CITY, **change}.items() if value is not None}
    with pytest.raises(AreasError) as caught:
        Areas.read(document)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff", b"[]", b"[" * 100_000, b'{"features": ' * 50_000, b"1e999", b"x" * 1_000_000],
    ids=["empty", "not utf-8", "list", "deep", "deeper", "huge", "long"],
)
def test_a_file_that_is_no_areas_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "areas.geojson"
    path.write_bytes(content)
    with pytest.raises(AreasError) as caught:
        Areas.read(path)
    assert len(str(caught.value)) < 400


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AreasError, match="cannot be read"):
        Areas.read(tmp_path / "none.geojson")

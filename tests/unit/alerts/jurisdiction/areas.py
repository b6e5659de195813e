"""Areas for the tests of this room: squares in a city of two counties, and incidents in them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from alerts.event import Event
from alerts.incident import Incident, fold
from alerts.jurisdiction import Areas, Placer
from alerts.level import Level
from tests.unit.alerts.reports import report


def square(west: float, south: float, size: float) -> dict[str, Any]:
    east, north = west + size, south + size
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def point(lon: float, lat: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [lon, lat]}


def area(
    code: str, level: str, parent: str, geometry: dict[str, Any] | None, **more: object
) -> dict[str, Any]:
    properties = {"code": code, "level": level, "parent": parent, "name": code, **more}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


CITY = {
    "type": "FeatureCollection",
    "datum": "wgs84",
    "features": [
        area("c", "city", "", None),
        area("c1", "county", "c", square(112.0, 28.0, 1)),
        area("c2", "county", "c", square(113.0, 28.0, 1)),
        area("c1t1", "township", "c1", square(112.0, 28.0, 0.5)),
        area("c1t2", "township", "c1", square(112.5, 28.5, 0.5)),
        area("c1t1v1", "village", "c1t1", point(112.1, 28.1)),
        area("c1t1v2", "village", "c1t1", point(112.4, 28.4)),
        area("c1t1v1g1", "grid", "c1t1v1", None, center=[112.1, 28.1]),
    ],
}
AREAS = Areas.read(CITY)
PLACER = Placer(AREAS)


def incident(
    level: Level = Level.RED, lon: float = 112.11, lat: float = 28.11, n: int = 0
) -> Incident:
    told = replace(report(vehicle=f"v{n}", level=level.label), lon=lon, lat=lat)
    opened = Event(f"i{n}", "opened", 1000.0, 1_000_000, "detector", level=level, report=told)
    return fold(None, opened)

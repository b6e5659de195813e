"""Features and collections for tests, as short as they can be said."""

from collections.abc import Sequence
from typing import Any

from hypothesis import HealthCheck, settings

PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""For property tests: a busy machine is no failure."""

Json = dict[str, Any]


def collection(*features: Any) -> Json:
    return {"type": "FeatureCollection", "features": list(features)}


def feature(kind: str, coordinates: Any, **properties: Any) -> Json:
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": kind, "coordinates": coordinates},
    }


def polygon(*rings: Sequence[Any], **properties: Any) -> Json:
    return feature("Polygon", [[list(p) for p in ring] for ring in rings], **properties)


def box(west: float, south: float, east: float, north: float) -> list[list[float]]:
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def circle(lon: float, lat: float, radius_m: Any, **properties: Any) -> Json:
    return feature("Point", [lon, lat], radius_m=radius_m, **properties)


def corridor(line: Sequence[Any], width_m: Any, **properties: Any) -> Json:
    return feature("LineString", [list(p) for p in line], width_m=width_m, **properties)

"""Features and collections for tests, as short as they can be said."""

from collections.abc import Sequence
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

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


PLACE = st.tuples(
    st.integers(112_000, 112_400).map(lambda n: n / 1000),
    st.integers(28_000, 28_400).map(lambda n: n / 1000),
)


@st.composite
def any_zone(draw: Any, ids: st.SearchStrategy[str] | None = None) -> Json:
    """A box, circle or corridor of some size near (112.2, 28.2), most of them overlapping."""
    kind = draw(st.sampled_from(["box", "circle", "corridor"]))
    named = {} if ids is None else {"id": draw(ids)}
    if kind == "circle":
        return circle(*draw(PLACE), draw(st.integers(50, 20_000)), **named)
    if kind == "corridor":
        line = draw(st.lists(PLACE, min_size=2, max_size=4, unique=True))
        return corridor(line, draw(st.integers(50, 9_000)), **named)
    (west, south), width = draw(PLACE), draw(st.integers(1, 300)) / 1000
    return polygon(box(west, south, west + width, south + width), **named)

"""What the map draws without a tile server: outlines, fences and town names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from geofence import ZoneSet

Json = Mapping[str, object]
_NOTHING: Json = {"type": "FeatureCollection", "features": []}


class PlacesError(ValueError):
    """A file of outlines or towns cannot be drawn; the text is one line."""


class PlaceView:
    """`console.ports.Places` over the zones in use and two optional GeoJSON files (WGS-84)."""

    def __init__(self, zones: ZoneSet, outlines: Path | None, towns: Path | None) -> None:
        # members beside the features (the attribution) travel with the outlines
        drawn = _read(outlines) if outlines else _NOTHING
        self._zones: Json = {
            **drawn,
            "features": [*_features(drawn), *_features(zones.to_geojson())],
        }
        self._towns = _read(towns) if towns else _NOTHING

    def zones(self) -> Json:
        """GeoJSON FeatureCollection: outlines first, guarding zones above them."""
        return self._zones

    def towns(self) -> Json:
        """GeoJSON FeatureCollection of Points."""
        return self._towns

    def bounds(self) -> tuple[float, float, float, float] | None:
        """West, south, east, north of everything drawn, or None when there is nothing."""
        places = [
            place
            for feature in (*_features(self._zones), *_features(self._towns))
            for place in _places(feature.get("geometry"))
        ]
        if not places:
            return None
        lons, lats = [p[0] for p in places], [p[1] for p in places]
        return min(lons), min(lats), max(lons), max(lats)


def _read(path: Path) -> Json:
    try:
        data = json.loads(path.read_text("utf-8"))
    except OSError as error:
        msg = f"{path}: cannot be read: {error.strerror or error}"
        raise PlacesError(msg) from error
    except ValueError as error:
        msg = f"{path}: not JSON: {error}"
        raise PlacesError(msg) from error
    if not isinstance(data, dict) or not isinstance(data.get("features"), list):
        msg = f"{path}: type: expected a GeoJSON FeatureCollection"
        raise PlacesError(msg)
    return data


def _features(collection: Json) -> list[Json]:
    features = collection["features"]
    return features if isinstance(features, list) else []


def _places(geometry: object) -> list[list[float]]:
    """Every position in a geometry, however deeply nested."""
    coordinates = geometry.get("coordinates") if isinstance(geometry, dict) else None
    found: list[list[float]] = []
    stack = [coordinates]
    while stack:
        item = stack.pop()
        if not isinstance(item, list):
            continue
        if len(item) >= 2 and all(isinstance(part, int | float) for part in item[:2]):
            found.append(item)
        else:
            stack.extend(item)
    return found

"""Reading zone files in GeoJSON (RFC 7946) and writing them.

What is wrong with the whole file is raised (`ZoneError`); what is wrong with a single feature is a
value (`Problem`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

import shapely

from geofence.datum import Datum
from geofence.feature import Reader
from geofence.zone import Problem, Zone, ZoneError, one_line, shown

Source = str | bytes | os.PathLike[str] | Mapping[str, object]

_WGS84_NAMES = ("CRS84", "EPSG::4326", "EPSG:4326")


def read(source: Source, datum: str) -> tuple[tuple[Zone, ...], tuple[Problem, ...], Path | None]:
    """Zones by position of the feature, every problem found, and the file they came from.

    `source` is a path, a GeoJSON text (a str whose first sign is `{` or `[`, or bytes) or the
    parsed object.  Refused features come as zones of kind `REFUSED`.  Raises `ZoneError` when
    the source cannot be read, is not JSON, is no FeatureCollection, or the datum is unknown.
    """
    try:
        known = Datum(datum)
    except ValueError:
        names = ", ".join(Datum)
        raise ZoneError("datum", f"expected one of {names}, got {shown(datum)}") from None
    content, path = _content(source)
    document = content if isinstance(content, Mapping) else _parse(content, path)
    reader = Reader(known)
    zones = tuple(reader.zone(n, feature) for n, feature in enumerate(_features(document, path)))
    return zones, tuple(reader.problems), path


def write(zones: tuple[Zone, ...]) -> dict[str, object]:
    """The zones as a FeatureCollection in WGS-84; a refused zone has the geometry null."""
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": zone.id,
                "properties": dict(zone.properties),
                "geometry": None
                if zone.geometry is None
                else json.loads(shapely.to_geojson(zone.geometry)),
            }
            for zone in zones
        ],
    }


def _content(source: object) -> tuple[str | bytes | Mapping[str, object], Path | None]:
    if isinstance(source, Mapping | bytes):
        return source, None
    if isinstance(source, str) and source.lstrip("\ufeff \t\r\n")[:1] in ("{", "["):
        return source.lstrip("\ufeff"), None
    if not isinstance(source, str | os.PathLike) or not os.fspath(source):
        found = shown(source) if isinstance(source, str) else type(source).__name__
        raise ZoneError("zones", f"expected a path, GeoJSON text, bytes or dict, got {found}")
    path = Path(source)
    try:
        return path.read_bytes(), path
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ZoneError("", f"expected a readable GeoJSON file: {reason}", path) from error


def _parse(text: str | bytes, path: Path | None) -> object:
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ZoneError("", "expected GeoJSON, got JSON nested too deeply", path) from error
    except ValueError as error:
        reason = one_line(str(error), 120)
        raise ZoneError("", f"expected GeoJSON, got no JSON: {reason}", path) from error


def _features(document: object, path: Path | None) -> list[object]:
    kind = document.get("type") if isinstance(document, Mapping) else document
    if not isinstance(document, Mapping) or kind != "FeatureCollection":
        raise ZoneError("type", f'expected "FeatureCollection", got {shown(kind)}', path)
    features = document.get("features")
    if not isinstance(features, list | tuple):
        raise ZoneError("features", f"expected a list, got {shown(features)}", path)
    crs = document.get("crs")  # of the GeoJSON before RFC 7946; other systems still write it
    if crs is not None and not _is_wgs84(crs):
        raise ZoneError("crs", f"expected longitude and latitude (CRS84), got {shown(crs)}", path)
    return list(features)


def _is_wgs84(crs: object) -> bool:
    properties = crs.get("properties") if isinstance(crs, Mapping) else None
    name = properties.get("name") if isinstance(properties, Mapping) else None
    return isinstance(name, str) and name.endswith(_WGS84_NAMES)

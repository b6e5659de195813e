"""Reading zone files in GeoJSON (RFC 7946) and writing them.

What is wrong with the whole file is raised (`ZoneError`); what is wrong with a single feature is a
value (`Problem`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from geofence.datum import Datum, from_wgs84
from geofence.feature import Reader
from geofence.stated import known, settled, stated
from geofence.zone import Problem, Zone, ZoneError, one_line, shown

Source = str | bytes | os.PathLike[str] | Mapping[str, object]

_OWN = {"type", "features", "datum", "crs", "bbox"}


class Found(NamedTuple):
    """What a zone file holds.

    * `zones`: by position of the feature; `problems`: every one found.
    * `path`: the file they came from; `datum`: what its coordinates refer to.
    * `unnamed`: positions of the features without an id of their own.
    * `members`: what else the file says of itself, such as an attribution.
    """

    zones: tuple[Zone, ...]
    problems: tuple[Problem, ...]
    path: Path | None
    datum: Datum
    unnamed: tuple[int, ...]
    members: Mapping[str, object]

    @property
    def refused(self) -> tuple[Problem, ...]:
        """The problems that refuse their features."""
        return tuple(problem for problem in self.problems if not problem.repaired)


def read(source: Source, datum: str) -> Found:
    """The zones of `source`, in `datum` unless it says another one itself (`geofence.stated`).

    `source` is a path, a GeoJSON text (a str whose first sign is `{` or `[`, or bytes) or the
    parsed object.  Refused features come as zones of kind `REFUSED`.  Raises `ZoneError` when
    the source cannot be read, is not JSON, is no FeatureCollection, or the datum is unknown.
    """
    asked = known(datum)
    document, path = _collection(source)
    if asked is Datum.WGS84:  # the default of a call, which nobody may have meant
        return _zones(document, stated(document, path) or asked, path)
    return _zones(document, settled(document, asked, path), path)


def read_stated(source: Source, datum: str | None) -> Found:
    """As `read`, and somebody has to say the datum: the file, or `datum`.

    Raises `ZoneError` besides when neither does, and when they differ.
    """
    asked = None if datum is None else known(datum)
    document, path = _collection(source)
    return _zones(document, settled(document, asked, path), path)


def _zones(document: Mapping[str, object], datum: Datum, path: Path | None) -> Found:
    reader = Reader(datum)
    zones = tuple(reader.zone(n, feature) for n, feature in enumerate(_features(document, path)))
    members = {key: value for key, value in document.items() if key not in _OWN}
    return Found(zones, tuple(reader.problems), path, datum, tuple(reader.unnamed), members)


def write(zones: tuple[Zone, ...], datum: Datum) -> dict[str, object]:
    """The zones as a FeatureCollection that states its `datum`; a refused one has no geometry."""

    def moved(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(from_wgs84(xy[:, 0], xy[:, 1], datum))

    return {
        "type": "FeatureCollection",
        "datum": str(datum),
        "features": [
            {
                "type": "Feature",
                "id": zone.id,
                "properties": dict(zone.properties),
                "geometry": None
                if zone.geometry is None
                else json.loads(shapely.to_geojson(shapely.transform(zone.geometry, moved))),
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


def _collection(source: object) -> tuple[Mapping[str, object], Path | None]:
    content, path = _content(source)
    document = content if isinstance(content, Mapping) else _parse(content, path)
    kind = document.get("type") if isinstance(document, Mapping) else document
    if not isinstance(document, Mapping) or kind != "FeatureCollection":
        raise ZoneError("type", f'expected "FeatureCollection", got {shown(kind)}', path)
    return document, path


def _features(document: Mapping[str, object], path: Path | None) -> list[object]:
    features = document.get("features")
    if not isinstance(features, list | tuple):
        raise ZoneError("features", f"expected a list, got {shown(features)}", path)
    return list(features)

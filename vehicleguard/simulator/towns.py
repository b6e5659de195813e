"""The towns around which the simulated people live, read from GeoJSON points."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from vehicleguard.simulator.habits import Towns


class TownsError(ValueError):
    """The file holds no towns; the text names the file and what was expected."""


def load(path: Path) -> Towns:
    """The towns in a FeatureCollection of Points (WGS-84).

    A town weighs `properties.weight`, else its `population`, else 1; one that says
    `in_yiyang: false` is left out.  Raises `TownsError`.
    """
    try:
        document: Any = msgspec.json.decode(path.read_bytes())
    except (OSError, msgspec.DecodeError) as error:
        msg = f"{path}: not a readable GeoJSON file: {error}"
        raise TownsError(msg) from error
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list):
        msg = f"{path}: expected a GeoJSON FeatureCollection of Points"
        raise TownsError(msg)
    rows = [row for feature in features if (row := _row(feature)) is not None]
    if not rows:
        msg = f"{path}: expected at least one Point with a positive weight"
        raise TownsError(msg)
    lon, lat, weight = np.array(rows, np.float64).T
    return Towns(lon, lat, weight)


def _row(feature: Any) -> tuple[float, float, float] | None:
    """Longitude, latitude and weight, or None for what is no town."""
    try:
        geometry, said = feature["geometry"], feature["properties"] or {}
        if geometry["type"] != "Point" or said.get("in_yiyang") is False:
            return None
        lon, lat = (float(c) for c in geometry["coordinates"][:2])
        weight = float(said.get("weight", said.get("population") or 1.0))
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
    on_earth = abs(lon) <= 180.0 and abs(lat) < 89.0
    return (lon, lat, weight) if on_earth and 0.0 < weight < np.inf else None

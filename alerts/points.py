"""Positions in any datum as WGS-84: what a file lists as points, converted by the room of zones."""

from __future__ import annotations

from collections.abc import Sequence

from geofence import geojson
from geofence.datum import Datum

DATUMS = tuple(str(datum) for datum in Datum)

Position = tuple[float, float]
"""Lon, lat in degrees."""


def in_wgs84(points: Sequence[Position], datum: str) -> list[Position]:
    """The same positions in WGS-84, in order.

    They have to be numbers on the earth.  Raises `geofence.ZoneError` for an unknown datum.
    """
    features = [
        {
            "type": "Feature",
            "id": str(n),
            "properties": {"radius_m": 1},
            "geometry": {"type": "Point", "coordinates": list(point)},
        }
        for n, point in enumerate(points)
    ]
    found = geojson.read({"type": "FeatureCollection", "features": features}, datum)
    centres = [zone.geometry.centroid for zone in found.zones if zone.geometry is not None]
    if len(centres) != len(points):
        msg = f"not a position: {found.refused[0]}"
        raise ValueError(msg)
    return [(float(centre.x), float(centre.y)) for centre in centres]

"""What a zone covers, as a number to compare, an area in square metres, and an outline to draw.

All of it is for telling people; what decides is `ZoneSet.match`.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from geofence.metric import GEOD, quick_distance_m, scale
from geofence.zone import Zone, ZoneKind

Float64 = NDArray[np.float64]
UInt64 = NDArray[np.uint64]

_R_M = 6_371_007.2  # of the sphere with the area of the ellipsoid
_CORNERS = 96  # of a circle's outline: off by less than a thousandth of the radius


def shapes(zones: Sequence[Zone]) -> UInt64:
    """A well mixed number a zone, uint64[z], that tells whether it was drawn anew."""
    drawn = shapely.to_wkb([zone.geometry for zone in zones])
    texts = (
        (b"" if outline is None else outline) + struct.pack("<d", zone.reach_m)
        for outline, zone in zip(drawn, zones, strict=True)
    )
    joined = b"".join(hashlib.blake2b(text, digest_size=8).digest() for text in texts)
    return np.frombuffer(joined, "<u8").astype(np.uint64)


def areas_m2(zones: Sequence[Zone]) -> Float64:
    """float64[z], about how large each is (within 1 %); 0 for what is refused."""
    reach = np.array([zone.reach_m for zone in zones], np.float64)
    of_polygons = shapely.transform(_geometries(zones), _equal_area)
    out = np.nan_to_num(shapely.area(of_polygons)) + np.pi * reach**2
    lines = np.flatnonzero([zone.kind is ZoneKind.CORRIDOR for zone in zones])
    xy, line = shapely.get_coordinates(
        [zones[at].geometry for at in lines.tolist()], return_index=True
    )
    step = quick_distance_m(xy[:-1, 0], xy[:-1, 1], xy[1:, 0], xy[1:, 1])
    step[line[1:] != line[:-1]] = 0.0
    long = np.bincount(line[1:], step, len(lines))
    out[lines] += 2.0 * reach[lines] * long
    return out


def vertices(zones: Sequence[Zone]) -> int:
    """How many positions they were drawn with; a ring's last, which is its first, counts."""
    return int(shapely.get_num_coordinates(_geometries(zones)).sum())


def outline(zone: Zone) -> Polygon | MultiPolygon | None:
    """The area of a zone as a polygon in degrees, to be drawn; None when it was refused.

    A circle's has 96 corners; a corridor's is drawn in a plane around its middle.
    """
    geometry = zone.geometry
    if geometry is None or isinstance(geometry, Polygon | MultiPolygon):
        return geometry
    if zone.kind is ZoneKind.CIRCLE:
        azimuth = np.linspace(0.0, 360.0, _CORNERS, endpoint=False)
        ((lon, lat),) = geometry.coords
        n = np.ones(_CORNERS)
        east, north, _ = GEOD.fwd(lon * n, lat * n, azimuth, zone.reach_m * n)
        return Polygon(np.column_stack([east, north]))
    middle = geometry.centroid
    per = np.array(scale(np.array(middle.y)))
    around = shapely.transform(geometry, lambda xy: xy * per).buffer(zone.reach_m)
    drawn = shapely.transform(around, lambda xy: xy / per)
    assert isinstance(drawn, Polygon | MultiPolygon)  # noqa: S101 - buffers of lines are
    return drawn


def _geometries(zones: Sequence[Zone]) -> NDArray[np.object_]:
    out = np.empty(len(zones), object)
    out[:] = [zone.geometry for zone in zones]
    return out


def _equal_area(xy: Float64) -> Float64:
    """Lambert's cylindrical projection (1772), which keeps areas; metres."""
    x, y = np.radians(xy).T
    return np.column_stack([_R_M * x, _R_M * np.sin(y)])


def apart_m(one: BaseGeometry, other: BaseGeometry) -> float:
    """How far the two outlines lie apart at most (Hausdorff), about, in metres."""
    per = np.array(scale(np.array(one.centroid.y)))
    a, b = (shapely.transform(drawn, lambda xy: xy * per) for drawn in (one, other))
    return float(shapely.hausdorff_distance(a, b))

"""True distances on the WGS-84 ellipsoid, vectorised, for circles and corridors.

The verdict near an edge is always the geodesic (pyproj, i.e. Karney's GeographicLib); far from it
a mid-latitude formula, some twenty times faster, is sure enough to decide.  All arguments are
float64 arrays of one shape (or broadcast), positions in degrees, lengths in metres.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pyproj import Geod

Float64 = NDArray[np.float64]
Bool = NDArray[np.bool_]

GEOD = Geod(ellps="WGS84")
_A = 6378137.0  # WGS-84 semi-major axis, m
_E2 = 0.00669437999014132  # WGS-84 first eccentricity squared
_LEAST_RADIUS_M = 6335439.0  # smallest radius of curvature of the ellipsoid (equator, north-south)

# Where the quick formula is trusted, and how far: measured against pyproj to err by less than
# half of the band (tests/unit/geofence/test_metric.py holds it to that).
QUICK_REACH_M = 50_000.0
QUICK_LAT_DEG = 70.0
BAND = 1e-4
BAND_M = 0.01


def quick_distance_m(lon1: Float64, lat1: Float64, lon2: Float64, lat2: Float64) -> Float64:
    """Distance by the radii of curvature at the middle latitude.

    Relative error below 3e-5 for distances to 50 km and latitudes to 70 degrees; below 0.01 mm at
    1 km and 4 mm at 10 km to 60 degrees.
    """
    per_lon, per_lat = scale(0.5 * (lat1 + lat2))
    return np.hypot(_wrapped(lon2 - lon1) * per_lon, (lat2 - lat1) * per_lat)


def within(lon1: Float64, lat1: Float64, lon2: Float64, lat2: Float64, reach_m: Float64) -> Bool:
    """Whether the geodesic between two positions is no longer than `reach_m`."""
    lon1, lat1, lon2, lat2, reach_m = np.broadcast_arrays(lon1, lat1, lon2, lat2, reach_m)
    quick = quick_distance_m(lon1, lat1, lon2, lat2)
    inside: Bool = quick <= reach_m
    doubt = np.abs(quick - reach_m) <= BAND * reach_m + BAND_M
    doubt |= (reach_m > QUICK_REACH_M) | (np.abs(lat2) > QUICK_LAT_DEG)
    at = np.flatnonzero(doubt)
    if at.size:
        _, _, exact = GEOD.inv(lon1[at], lat1[at], lon2[at], lat2[at])
        inside[at] = exact <= reach_m[at]
    return inside


def nearest_on_segment(
    lon: Float64, lat: Float64, a: tuple[Float64, Float64], b: tuple[Float64, Float64]
) -> tuple[Float64, Float64]:
    """The point of the segment `a`-`b` nearest to (lon, lat), as (lon, lat).

    A segment is straight in longitude and latitude (RFC 7946, 3.1.1), as polygon edges are.  The
    foot is sought in a plane scaled at the fix's latitude, and once more at the middle of the
    fix's and the foot's.  The distance to it exceeds the least one by less than 2 mm for distances
    to 5 km (0.1 mm at Yiyang), growing with the cube of the distance: 0.1 m at Yiyang to 50 km.
    """
    (a_lon, a_lat), (b_lon, b_lat) = a, b
    d_lon, d_lat = b_lon - a_lon, b_lat - a_lat
    foot_lat = lat
    for _ in range(2):
        per_lon, per_lat = scale(0.5 * (lat + foot_lat))
        ux, uy = d_lon * per_lon, d_lat * per_lat
        vx, vy = (lon - a_lon) * per_lon, (lat - a_lat) * per_lat
        length2 = ux * ux + uy * uy
        along = np.divide(ux * vx + uy * vy, length2, out=np.zeros_like(ux), where=length2 > 0)
        along = np.clip(along, 0.0, 1.0)
        foot_lat = a_lat + along * d_lat
    return a_lon + along * d_lon, foot_lat


def grown(box: Float64, reach_m: Float64) -> Float64:
    """Boxes that hold all within `reach_m` (float64[p]) of `box` (float64[p, 4] w, s, e, n).

    Never too small; too large by less than 2 % of the reach to 70 degrees.  A box that comes to
    hold a pole or to cross the antimeridian has all longitudes.
    """
    west, south, east, north = box.T
    angle = 1.005 * reach_m / _LEAST_RADIUS_M
    phi = np.radians(np.maximum(np.abs(south), np.abs(north)))
    ratio = np.sin(np.minimum(angle, np.pi / 2)) / np.maximum(np.cos(phi), 1e-300)
    polar = (phi + angle >= np.pi / 2) | (ratio >= 1.0)
    d_lon = np.degrees(np.arcsin(np.where(polar, 0.0, ratio)))
    d_lat = np.degrees(angle)
    around = polar | (west - d_lon < -180.0) | (east + d_lon > 180.0)
    return np.column_stack(
        [
            np.where(around, -180.0, west - d_lon),
            np.maximum(south - d_lat, -90.0),
            np.where(around, 180.0, east + d_lon),
            np.minimum(north + d_lat, 90.0),
        ]
    )


def scale(lat: Float64) -> tuple[Float64, Float64]:
    """Metres per degree of longitude and of latitude (radii of curvature N cos(lat) and M)."""
    phi = np.radians(lat)
    w2 = 1.0 - _E2 * np.sin(phi) ** 2
    n = _A / np.sqrt(w2)
    return np.radians(n * np.cos(phi)), np.radians(n * (1.0 - _E2) / w2)


def _wrapped(d_lon: Float64) -> Float64:
    """A difference of longitudes as -180 to 180 degrees."""
    return np.where(np.abs(d_lon) > 180.0, d_lon - np.copysign(360.0, d_lon), d_lon)

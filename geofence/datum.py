"""Geographic datums of zone files, converted to WGS-84 at the edge and nowhere else.

Chinese map services publish GCJ-02 (Amap, Tencent, most administrative outlines) or BD-09 (Baidu);
around Yiyang these lie about 0.6 km and 1.2 km from WGS-84.  Neither is officially published: the
formulas are the ones that circulate as open source, here as in googollee/eviltransform (MIT) and
wandergis/coordtransform (MIT), with the Krasovsky 1940 ellipsoid.  The inverses have no closed
form and are found by iteration, to well below a centimetre.

Outside a box around China both datums equal WGS-84.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]
Bool = NDArray[np.bool_]
Pair = tuple[Float64, Float64]
Conversion = Callable[[Float64, Float64], Pair]

_A = 6378245.0  # Krasovsky 1940 semi-major axis, m
_EE = 0.00669342162296594323  # its squared eccentricity
_WEST, _EAST, _SOUTH, _NORTH = 72.004, 137.8347, 0.8293, 55.8271  # degrees
_BD_PI = np.pi * 3000.0 / 180.0
_BD_LON, _BD_LAT = 0.0065, 0.006  # degrees
_STEPS = 12
_ENOUGH_DEG = 1e-11  # about a micrometre


class Datum(StrEnum):
    """What the coordinates of a zone file refer to."""

    WGS84 = "wgs84"
    GCJ02 = "gcj02"
    BD09 = "bd09"


def to_wgs84(lon: Float64, lat: Float64, datum: Datum) -> Pair:
    """WGS-84 (lon, lat) of positions given in `datum`; float64 arrays of one shape, degrees.

    Feeding the result to `from_wgs84` gives the input back within 1 mm, except in the strip of
    some hundred metres along the edge of the box around China, where the datum itself jumps.
    """
    if datum is Datum.WGS84:
        return lon, lat
    return _inverse(_FORWARD[datum], lon, lat)


def from_wgs84(lon: Float64, lat: Float64, datum: Datum) -> Pair:
    """(lon, lat) in `datum` of WGS-84 positions; float64 arrays of one shape, degrees."""
    if datum is Datum.WGS84:
        return lon, lat
    return _FORWARD[datum](lon, lat)


def in_china(lon: Float64, lat: Float64) -> Bool:
    """Whether each position lies in the box in which GCJ-02 and BD-09 differ from WGS-84."""
    inside: Bool = (lon >= _WEST) & (lon <= _EAST) & (lat >= _SOUTH) & (lat <= _NORTH)
    return inside


def _wgs84_to_gcj02(lon: Float64, lat: Float64) -> Pair:
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    ripple = 20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north += (ripple + 20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    north += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east += (ripple + 20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    east += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0

    phi = np.radians(lat)
    w2 = 1.0 - _EE * np.sin(phi) ** 2
    meridian_m = _A * (1.0 - _EE) / w2**1.5  # radius of curvature north-south
    parallel_m = _A / np.sqrt(w2) * np.cos(phi)
    china = in_china(lon, lat)
    with np.errstate(divide="ignore", invalid="ignore"):  # the poles, which `china` leaves out
        shifted_lon = lon + np.degrees(east / parallel_m)
        shifted_lat = lat + np.degrees(north / meridian_m)
    return np.where(china, shifted_lon, lon), np.where(china, shifted_lat, lat)


def _gcj02_to_bd09(lon: Float64, lat: Float64) -> Pair:
    r = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BD_PI)
    theta = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BD_PI)
    china = in_china(lon, lat)
    return (
        np.where(china, r * np.cos(theta) + _BD_LON, lon),
        np.where(china, r * np.sin(theta) + _BD_LAT, lat),
    )


def _wgs84_to_bd09(lon: Float64, lat: Float64) -> Pair:
    return _gcj02_to_bd09(*_wgs84_to_gcj02(lon, lat))


_FORWARD: dict[Datum, Conversion] = {
    Datum.GCJ02: _wgs84_to_gcj02,
    Datum.BD09: _wgs84_to_bd09,
}


def _inverse(forward: Conversion, lon: Float64, lat: Float64) -> Pair:
    """Fixed point of `x = target - (forward(x) - x)`.

    The shift changes by less than 1 part in 100 over the shift's own length, so every step gains
    two decimals or more.
    """
    x, y = lon, lat
    for _ in range(_STEPS):
        fx, fy = forward(x, y)
        dx, dy = lon - fx, lat - fy
        x, y = x + dx, y + dy
        if not np.any(np.maximum(np.abs(dx), np.abs(dy)) > _ENOUGH_DEG):
            break
    # A target whose origin would lie outside the box was never shifted.
    china = in_china(x, y) & in_china(lon, lat)
    return np.where(china, x, lon), np.where(china, y, lat)

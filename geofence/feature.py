"""One GeoJSON feature as a zone, or what is wrong with it.

Takes Polygon and MultiPolygon (with holes), Point with `properties.radius_m` and LineString with
`properties.width_m` (the whole width; joints and ends are round).

Coordinates are converted to WGS-84 vertex by vertex: an edge drawn straight in GCJ-02 or BD-09
stays straight, which on an edge of 10 km may differ by some metres from converting every fix.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from shapely import LineString, MultiPolygon, Point, Polygon

from geofence.datum import Datum, to_wgs84
from geofence.metric import grown
from geofence.repair import repaired
from geofence.zone import Bounds, Outline, Problem, Zone, ZoneKind, one_line, shown

Float64 = NDArray[np.float64]

MAX_RADIUS_M = 1_000_000.0
MAX_WIDTH_M = 100_000.0
_SHAPES = ("Polygon", "MultiPolygon", "Point", "LineString")


class _Refused(Exception):  # noqa: N818 - never leaves this module; it carries one problem upwards
    """A feature cannot be a zone: (key, what was expected)."""


@dataclass(frozen=True, slots=True)
class _Area:
    """Outline in WGS-84 degrees, reach in metres, and what was mended."""

    kind: ZoneKind
    geometry: Outline | None
    reach_m: float = 0.0
    mended: str = ""


@dataclass(slots=True)
class Reader:
    """Reads the features of one file by position and collects their problems."""

    datum: Datum
    problems: list[Problem] = field(default_factory=list)
    unnamed: list[int] = field(default_factory=list)  # positions of features without an id
    _seen: dict[str, int] = field(default_factory=dict)

    def zone(self, position: int, feature: object) -> Zone:
        """The zone of one feature, of kind `REFUSED` when anything is wrong with it."""
        given = feature.get("properties") if isinstance(feature, Mapping) else None
        properties = dict(given) if isinstance(given, Mapping) else {}
        zone_id = str(position)
        try:
            own = _identity(feature)
            if own is None:
                self.unnamed.append(position)
            else:
                zone_id = own
            self._only_one(zone_id, position)
            area = _area(feature, properties, self.datum)
        except _Refused as refusal:
            self.problems.append(Problem(position, zone_id, *refusal.args))
            area = _Area(ZoneKind.REFUSED, None)
        if area.mended:
            self.problems.append(
                Problem(position, zone_id, "geometry.coordinates", area.mended, repaired=True)
            )
        name = properties.get("name")
        return Zone(
            id=zone_id,
            name=name if isinstance(name, str) and name else zone_id,
            kind=area.kind,
            geometry=area.geometry,
            reach_m=area.reach_m,
            bounds=None if area.geometry is None else _bounds(area.geometry, area.reach_m),
            properties=properties,
        )

    def _only_one(self, zone_id: str, position: int) -> None:
        first = self._seen.setdefault(zone_id, position)
        if first != position:
            raise _Refused("id", f"expected an id of its own, feature {first} has this one")


def _identity(feature: object) -> str | None:
    if not isinstance(feature, Mapping) or feature.get("type") != "Feature":
        raise _Refused("type", f'expected "Feature", got {shown(feature)}')
    properties = feature.get("properties")
    if properties is not None and not isinstance(properties, Mapping):
        raise _Refused("properties", f"expected an object, got {shown(properties)}")
    inner = None if properties is None else properties.get("id")
    for key, value in (("id", feature.get("id")), ("properties.id", inner)):
        if value is None or value == "":
            continue
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise _Refused(key, f"expected a text or a number, got {shown(value)}")
        whole = isinstance(value, float) and value.is_integer()
        return str(int(value) if whole else value)
    return None


def _area(feature: object, properties: Mapping[str, object], datum: Datum) -> _Area:
    geometry = feature.get("geometry") if isinstance(feature, Mapping) else None
    kind = geometry.get("type") if isinstance(geometry, Mapping) else None
    if not isinstance(geometry, Mapping) or kind not in _SHAPES:
        found = geometry if kind is None else kind
        wanted = ", ".join(_SHAPES)
        raise _Refused("geometry.type", f"expected one of {wanted}, got {shown(found)}")
    coordinates, key = geometry.get("coordinates"), "geometry.coordinates"
    if kind == "Point":
        radius_m = _length(properties, "radius_m", MAX_RADIUS_M)
        centre = _positions([coordinates], key, datum)[0]
        return _Area(ZoneKind.CIRCLE, Point(centre), radius_m)
    if kind == "LineString":
        width_m = _length(properties, "width_m", MAX_WIDTH_M)
        line = _positions(coordinates, key, datum)
        if len(np.unique(line, axis=0)) < 2:
            raise _Refused(key, "expected at least 2 different positions")
        return _Area(ZoneKind.CORRIDOR, LineString(line), width_m / 2)
    return _polygonal(coordinates, kind == "MultiPolygon", datum)


def _polygonal(coordinates: object, many: bool, datum: Datum) -> _Area:  # noqa: FBT001 - private
    key = "geometry.coordinates"
    parts = _members(coordinates, key, "polygons") if many else [coordinates]
    mended: list[str] = []
    polygons = []
    for n, rings in enumerate(parts):
        where = f"{key}[{n}]" if many else key
        shell, *holes = (
            _ring(ring, f"{where}[{i}]", datum, mended)
            for i, ring in enumerate(_members(rings, where, "rings"))
        )
        polygons.append(Polygon(shell, holes))
    area, how = repaired(MultiPolygon(polygons) if many else polygons[0])
    if area is None:
        raise _Refused(key, f"expected an area, got {how}")
    if how:
        mended.append(how)
    return _Area(ZoneKind.POLYGON, area, mended=one_line("; ".join(mended), 200))


def _members(value: object, key: str, what: str) -> list[object]:
    if not isinstance(value, list | tuple) or not value:
        raise _Refused(key, f"expected a list of {what}, got {shown(value)}")
    return list(value)


def _ring(value: object, key: str, datum: Datum, mended: list[str]) -> Float64:
    ring = _positions(value, key, datum)
    if len(ring) < 4:
        raise _Refused(key, f"expected a closed ring of 4 or more positions, got {len(ring)}")
    if not np.array_equal(ring[0], ring[-1]):
        ring = np.concatenate([ring, ring[:1]])
        mended.append(f"{key}: expected the ring to end where it began: closed it")
    return ring


def _positions(value: object, key: str, datum: Datum) -> Float64:
    """float64[n, 2] WGS-84 degrees of a list of positions; height and what follows are ignored."""
    if not isinstance(value, list | tuple) or not value:
        raise _Refused(key, f"expected a list of positions, got {shown(value)}")
    bad = next((p for p in value if not isinstance(p, list | tuple) or len(p) < 2), None)
    if bad is not None or None in value:
        raise _Refused(key, f"expected positions [longitude, latitude], got {shown(bad)}")
    try:
        array = np.array([(p[0], p[1]) for p in value])
    except (ValueError, TypeError, OverflowError):  # nested or ragged members
        array = np.empty((0, 2), dtype=object)
    if array.dtype.kind not in "iuf" or array.ndim != 2:
        odd = next((p for p in value if not _numbers(p)), value[0])
        raise _Refused(key, f"expected positions of two numbers, got {shown(odd)}")
    array = array.astype(np.float64)
    lon, lat = array[:, 0], array[:, 1]
    outside = ~((np.abs(lon) <= 180.0) & (np.abs(lat) <= 90.0))  # NaN is outside, too
    if outside.any():
        x, y = array[int(np.argmax(outside))].tolist()
        swapped = " (swapped?)" if 90.0 < abs(y) <= 180.0 and abs(x) <= 90.0 else ""
        msg = f"expected longitude -180..180 and latitude -90..90, got [{x:g}, {y:g}]{swapped}"
        raise _Refused(key, msg)
    return np.column_stack(to_wgs84(lon, lat, datum))


def _numbers(position: tuple[object, ...] | list[object]) -> bool:
    return all(isinstance(c, int | float) and not isinstance(c, bool) for c in position[:2])


def _length(properties: Mapping[str, object], key: str, most: float) -> float:
    value = properties.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= most:
        expected = f"expected metres above 0 and up to {most:.0f}, got {shown(value)}"
        where = f"properties.{key}"
        raise _Refused(where, expected)
    return float(value)


def _bounds(geometry: Outline, reach_m: float) -> Bounds:
    if reach_m == 0.0:
        return geometry.bounds
    west, south, east, north = grown(np.array([geometry.bounds]), np.array([reach_m]))[0].tolist()
    return west, south, east, north

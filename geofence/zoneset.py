"""A set of zones and the one question asked of it: which fix lies in which zones."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geofence import geojson
from geofence.index import ZoneIndex
from geofence.key import keys
from geofence.zone import Problem, Zone, ZoneError

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]
UInt64 = NDArray[np.uint64]


class ZoneSet:
    """Zones by position, immutable; `match` is safe to call from any thread."""

    def __init__(self, zones: Sequence[Zone] = (), problems: Sequence[Problem] = ()) -> None:
        self._zones = tuple(zones)
        self._problems = tuple(problems)
        self._index = ZoneIndex.over(self._zones)

    @classmethod
    def from_geojson(
        cls, source: geojson.Source, datum: str = "wgs84", *, strict: bool = True
    ) -> Self:
        """Zones of a GeoJSON FeatureCollection; the zone's position is the feature's.

        `source` is a path, a GeoJSON text (a str that begins with `{` or `[`, or bytes) or the
        parsed object.  Features are Polygon, MultiPolygon (holes), Point with
        `properties.radius_m` (up to 1,000 km) and LineString with `properties.width_m` (the whole
        width, up to 100 km, round at joints and ends); lengths are metres.  `datum` is "wgs84",
        "gcj02" or "bd09".  A zone's id is the feature's `id`, else `properties.id`, else its
        position as text; its name is `properties.name`, else the id.

        Outlines that cross themselves are mended when they can be read in one way only, and rings
        left open are closed; `problems` says so.  Anything else wrong with a feature refuses it:
        with `strict` all refusals are raised together as one `ZoneError`, without it a refused
        feature keeps its position as a zone that matches nothing.  A source that is unreadable, no
        JSON or no FeatureCollection and an unknown datum raise `ZoneError` either way.
        """
        zones, problems, path = geojson.read(source, datum)
        refused = [problem for problem in problems if not problem.repaired]
        if strict and refused:
            raise ZoneError.of_features(refused, path)
        return cls(zones, problems)

    @property
    def zones(self) -> tuple[Zone, ...]:
        """The zones, by position."""
        return self._zones

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was mended or refused, by position of the feature."""
        return self._problems

    def __len__(self) -> int:
        return len(self._zones)

    @property
    def nbytes(self) -> int:
        """Bytes of memory that the index takes."""
        return self._index.grid.nbytes

    def match(self, lon: ArrayLike, lat: ArrayLike) -> tuple[Int64, Int64]:
        """Every (fix, zone) pair of which the zone holds the fix, as (int64[k], int64[k]).

        `lon`, `lat`: n WGS-84 degrees each (arrays, lists or scalars).  The first array indexes
        the fixes, the second `zones`; sorted by fix, then zone; no pair twice.  A boundary belongs
        to its zone.  Polygons are exact for the given float64 coordinates (0, or 1e-140 degrees
        and more from it), with edges straight in longitude and latitude; circles and corridors are
        decided by the geodesic distance.  Fixes that are NaN, infinite or outside the earth lie in
        no zone.

        Raises `ValueError` when the two differ in length or have more than one dimension.
        """
        x, y = _columns(lon, lat)
        return self._index.match(x, y)

    @cached_property
    def keys(self) -> UInt64:
        """uint64[z], one well-mixed number a zone, all different.

        It comes from the zone's id alone, so it stays the same in another file and another order;
        only of zones that share an id all but the first have keys that depend on the others.
        """
        return keys([zone.id for zone in self._zones])

    @cached_property
    def _leaf_keys(self) -> UInt64:
        return self._index.grid.folded(self.keys)

    def signatures(self, lon: ArrayLike, lat: ArrayLike) -> UInt64:
        """uint64[n]: XOR of the `keys` of the zones that hold each fix, 0 for none.

        Two fixes with different signatures lie in different zones, and equal ones mean the same
        zones but for one chance in 2**64.  So keep each vehicle's last, and ask `match` only for
        the fixes where it changed: this costs less, as no lists are made.  Agrees with `match`
        exactly; arguments and errors are the same.
        """
        x, y = _columns(lon, lat)
        return self._index.signatures(x, y, self.keys, self._leaf_keys)

    def to_geojson(self) -> dict[str, object]:
        """The zones as a GeoJSON FeatureCollection in WGS-84, features by position.

        Circles and corridors are a Point and a LineString with their `radius_m` and `width_m`; a
        refused zone has the geometry null.
        """
        return geojson.write(self._zones)


def _columns(lon: ArrayLike, lat: ArrayLike) -> tuple[Float64, Float64]:
    x = np.atleast_1d(np.asarray(lon, dtype=np.float64))
    y = np.atleast_1d(np.asarray(lat, dtype=np.float64))
    if x.shape != y.shape or x.ndim != 1:
        msg = f"lon and lat: expected one length, got shapes {x.shape} and {y.shape}"
        raise ValueError(msg)
    return np.ascontiguousarray(x), np.ascontiguousarray(y)

"""A set of zones and the one question asked of it: which fix lies in which zones."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Self

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geofence import geojson
from geofence.index import ZoneIndex
from geofence.stated import known
from geofence.zone import Problem, Zone, ZoneError

Int64 = NDArray[np.int64]
UInt64 = NDArray[np.uint64]
Float64 = NDArray[np.float64]


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
        "gcj02" or "bd09", and what the coordinates refer to unless the collection says so itself,
        by a member `datum` of one of these names or the `crs` of older files.  A zone's id is the
        feature's `id`, else `properties.id`, else its position as text; its name is
        `properties.name`, else the id.

        Outlines that cross themselves are mended when they can be read in one way only, and rings
        left open are closed; `problems` says so.  Anything else wrong with a feature refuses it:
        with `strict` all refusals are raised together as one `ZoneError`, without it a refused
        feature keeps its position as a zone that matches nothing.  A source that is unreadable, no
        JSON or no FeatureCollection and an unknown datum raise `ZoneError` either way.
        """
        return cls._of(geojson.read(source, datum), strict=strict)

    @classmethod
    def from_stated_geojson(
        cls, source: geojson.Source, datum: str | None = None, *, strict: bool = True
    ) -> Self:
        """As `from_geojson`, for edges where people hand in zones: the datum has to be stated.

        Raises `ZoneError` besides when neither the collection nor `datum` says it, and when they
        differ.
        """
        return cls._of(geojson.read_stated(source, datum), strict=strict)

    @classmethod
    def _of(cls, found: geojson.Found, *, strict: bool) -> Self:
        zones, problems, path = found
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
        x = np.atleast_1d(np.asarray(lon, dtype=np.float64))
        y = np.atleast_1d(np.asarray(lat, dtype=np.float64))
        if x.shape != y.shape or x.ndim != 1:
            msg = f"lon and lat: expected one length, got shapes {x.shape} and {y.shape}"
            raise ValueError(msg)
        return self._index.match(np.ascontiguousarray(x), np.ascontiguousarray(y))

    @cached_property
    def keys(self) -> UInt64:
        """A well mixed number a zone, uint64[z]: the same id has the same one in any file."""
        return _digests(zone.id.encode() for zone in self._zones)

    @cached_property
    def shapes(self) -> UInt64:
        """A well mixed number a zone, uint64[z], that tells whether it was drawn anew."""
        drawn = shapely.to_wkb([zone.geometry for zone in self._zones])
        return _digests(
            (b"" if outline is None else outline) + struct.pack("<d", zone.reach_m)
            for outline, zone in zip(drawn, self._zones, strict=True)
        )

    def signatures(self, lon: Float64, lat: Float64) -> UInt64:
        """Which zones hold each fix, as one number: the XOR of their `keys`, uint64[n].

        0 is no zone; two fixes with the same zones have the same number, two with others have
        not, but for one pair of sets in 2**64.  Takes what `match` takes.
        """
        fix, zone = self.match(lon, lat)
        out = np.zeros(np.size(lon), np.uint64)
        if fix.size:
            first = np.flatnonzero(np.concatenate([[True], fix[1:] != fix[:-1]]))
            out[fix[first]] = np.bitwise_xor.reduceat(self.keys[zone], first)
        return out

    def to_geojson(self, datum: str = "wgs84") -> dict[str, object]:
        """The zones as a GeoJSON FeatureCollection in `datum`, which it states; by position.

        Circles and corridors are a Point and a LineString with their `radius_m` and `width_m`; a
        refused zone has the geometry null.
        """
        return geojson.write(self._zones, known(datum))


def _digests(texts: Iterable[bytes]) -> UInt64:
    """Eight bytes of BLAKE2b of each."""
    joined = b"".join(hashlib.blake2b(text, digest_size=8).digest() for text in texts)
    return np.frombuffer(joined, "<u8").astype(np.uint64)

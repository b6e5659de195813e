"""A set of zones and the one question asked of it: which fix lies in which zones."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from operator import itemgetter
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geofence import geojson, stored
from geofence.delta import Delta, Edit, Held
from geofence.index import ZoneIndex
from geofence.key import key_beside, keys
from geofence.shape import shapes
from geofence.stated import known
from geofence.stored import Stored
from geofence.zone import Problem, Zone, ZoneError, ZoneKind

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]
UInt64 = NDArray[np.uint64]


class ZoneSet:
    """Zones by position, immutable; `match` is safe to call from any thread."""

    keys: UInt64
    """uint64[z], one well-mixed number a zone, all different; 0 for what is refused or removed.

    It comes from the zone's id alone, so it stays the same in another file and another order; only
    of zones that share an id all but the first have keys that depend on the others.
    """

    def __init__(self, zones: Sequence[Zone] = (), problems: Sequence[Problem] = ()) -> None:
        self.zones = tuple(zones)
        self._count = len(self.zones)
        self._problems = tuple(problems)
        self._index = ZoneIndex.over(self.zones)
        self._origin: ZoneSet | None = None  # of an edited set: the one that its index was built of
        self._stored: Stored | None = None  # where the zones are, until they are asked for
        self._edits: Mapping[int, Zone] = {}
        self._delta: Delta | None = None
        self.keys = np.zeros(self._count, np.uint64)
        real = [n for n, zone in enumerate(self.zones) if zone.geometry is not None]
        self.keys[real] = keys([self.zones[n].id for n in real])

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
        by a member `datum` of one of these names or the `crs` of older files (any other datum than
        the default then has to be the same).  A zone's id is the
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
        if strict and found.refused:
            raise ZoneError.of_features(found.refused, found.path)
        return cls(found.zones, found.problems)

    @cached_property
    def zones(self) -> tuple[Zone, ...]:
        """The zones, by position."""
        if self._stored is not None:
            return self._stored.zones()
        zones = [] if self._origin is None else list(self._origin.zones)
        for position, zone in sorted(self._edits.items(), key=itemgetter(0)):
            zones[position : position + 1] = [zone]
        return tuple(zones)

    def save(self, path: str | os.PathLike[str], source: str = "") -> None:
        """Write the set and its index to one file, whole or not at all; see `load`.

        `source` is kept as it is, to tell later what the set was made of (`stored.read`).  Raises
        `OSError`, and `TypeError` for properties that are no JSON.
        """
        if self._delta is not None:
            self.compacted().save(path, source)
            return
        grid, keys = self._index.grid, self.keys
        stored.write(Path(path), self.zones, self.problems, grid, keys=keys, source=source)

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, verify: bool = False) -> Self:
        """The set that `save` wrote, mapped: nothing is built, and its pages are read when used.

        `zones` are decoded when they are first asked for; matching does not ask.  With `verify` all
        of the file is read and compared with its checksums.  Raises `stored.StoredZonesError`, and
        `OSError` when there is no file.
        """
        held = stored.read(Path(path), verify=verify)
        out = object.__new__(cls)
        out._count = len(held.keys)
        out._problems = held.problems
        out._index = ZoneIndex(held.grid, len(held.keys))
        out._origin, out._edits, out._delta = None, {}, None
        out._stored = held
        out.keys = held.keys
        return out

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was mended or refused, by position of the feature."""
        return self._problems

    def __len__(self) -> int:
        return self._count

    @property
    def nbytes(self) -> int:
        """Bytes of memory that the index takes."""
        return self._index.grid.nbytes + (self._delta.nbytes if self._delta else 0)

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
        if self._delta:
            return self._index.match(x, y, self._delta.changes(x, y))
        return self._index.match(x, y)

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
        origin = self if self._origin is None else self._origin
        signature = self._index.signatures(
            x,
            y,
            origin.keys,
            origin._leaf_keys,  # noqa: SLF001 - of its own class
        )
        if self._delta:
            self._delta.sign(x, y, signature)
        return signature

    def replacing(self, position: int, zone: Zone) -> Self:
        """This set with `zone` in the place of the one at `position`; the others stay.

        The new set shares the index of this one, which is unchanged, so readers of either go on.
        What was edited since the last full index is in a few small ones beside it, and questions
        near to it ask them, too: `compacted` makes one of them again.

        Raises `IndexError` when there is no such position.
        """
        if not 0 <= position < len(self):
            msg = f"position {position}: the set has {len(self)} zones"
            raise IndexError(msg)
        return self._edited(position, zone)

    def adding(self, zone: Zone) -> Self:
        """This set with `zone` at its end; see `replacing`."""
        return self._edited(len(self), zone)

    def removing(self, position: int) -> Self:
        """This set without the zone at `position`; see `replacing`.

        The others keep their positions: the removed one leaves a zone of the kind REFUSED there,
        with its id, that matches nothing.
        """
        if not 0 <= position < len(self):
            msg = f"position {position}: the set has {len(self)} zones"
            raise IndexError(msg)
        return self._edited(
            position,
            replace(
                self._zone(position), kind=ZoneKind.REFUSED, geometry=None, reach_m=0.0, bounds=None
            ),
        )

    def compacted(self) -> Self:
        """The same zones under one index built anew."""
        return type(self)(self.zones, self._problems)

    def _zone(self, position: int) -> Zone:
        """The zone at `position`, without the others being decoded."""
        if "zones" in self.__dict__:
            return self.zones[position]
        if self._stored is not None:
            return self._stored.zone(position)
        if self._origin is None or position in self._edits:
            return self._edits[position]
        return self._origin._zone(position)  # noqa: SLF001 - of its own class

    def _edited(self, position: int, zone: Zone) -> Self:
        there = position < len(self)
        old = Held(self._zone(position), self.keys[position]) if there else None
        found = self.keys.copy() if there else np.append(self.keys, np.uint64(0))
        found[position] = 0
        if zone.geometry is not None:
            found[position] = key_beside(zone.id, found)
        out = object.__new__(type(self))
        out._count = len(found)
        out._problems = tuple(one for one in self._problems if one.position != position)
        out._index = self._index
        out._origin = self if self._origin is None else self._origin
        out._stored = None
        out._edits = {**self._edits, position: zone}
        out.keys = found
        edit = Edit(_covering(old), _covering(Held(zone, found[position])))
        out._delta = (self._delta or Delta.none()).then(position, edit)
        return out

    @cached_property
    def shapes(self) -> UInt64:
        """A well mixed number a zone, uint64[z], that tells whether it was drawn anew."""
        return shapes(self.zones)

    def to_geojson(self, datum: str = "wgs84") -> dict[str, object]:
        """The zones as a GeoJSON FeatureCollection in `datum`, which it states; by position.

        Circles and corridors are a Point and a LineString with their `radius_m` and `width_m`; a
        refused zone has the geometry null.
        """
        return geojson.write(self.zones, known(datum))


def _covering(held: Held | None) -> Held | None:
    return None if held is None or held.zone.bounds is None else held


def _columns(lon: ArrayLike, lat: ArrayLike) -> tuple[Float64, Float64]:
    x = np.atleast_1d(np.asarray(lon, dtype=np.float64))
    y = np.atleast_1d(np.asarray(lat, dtype=np.float64))
    if x.shape != y.shape or x.ndim != 1:
        msg = f"lon and lat: expected one length, got shapes {x.shape} and {y.shape}"
        raise ValueError(msg)
    return np.ascontiguousarray(x), np.ascontiguousarray(y)

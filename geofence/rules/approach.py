"""Rings around zones, so that coming near a zone is coming into another one.

A rule with `when = "approach"` is about the zone widened by its metres; the widened zones stand
behind the real ones in the set that is watched.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np
import shapely
from shapely.affinity import scale
from shapely.geometry.base import BaseGeometry

from geofence.rules.book import RuleBook
from geofence.rules.choice import Tagged
from geofence.rules.model import When
from geofence.zone import Zone, ZoneKind
from geofence.zoneset import ZoneSet

_M_PER_DEGREE = 6_371_008.8 * math.pi / 180  # mean radius of WGS-84 (IUGG R1)
_LEAST_COSINE = 0.01
_ARCS = 8  # segments of a quarter circle: 0.5 % of the distance


def widened(zone: Zone, metres: float) -> dict[str, object] | None:
    """A GeoJSON feature of all places within `metres` of a zone, None for a refused one.

    Circles and corridors stay what they are; outlines are widened on a plane at the zone's middle
    latitude, within 1 % of `metres` for zones of up to some 100 km.
    """
    if zone.geometry is None or zone.bounds is None:
        return None
    properties: dict[str, object] = {}
    geometry: BaseGeometry = zone.geometry
    if zone.kind is ZoneKind.CIRCLE:
        properties["radius_m"] = zone.reach_m + metres
    elif zone.kind is ZoneKind.CORRIDOR:
        properties["width_m"] = 2 * (zone.reach_m + metres)
    else:
        middle = math.radians(0.5 * (zone.bounds[1] + zone.bounds[3]))
        across = max(math.cos(middle), _LEAST_COSINE)
        flat = scale(geometry, xfact=across, yfact=1.0, origin=(0, 0))
        wide = shapely.buffer(flat, metres / _M_PER_DEGREE, quad_segs=_ARCS)
        geometry = scale(wide, xfact=1 / across, yfact=1.0, origin=(0, 0))
    return {
        "type": "Feature",
        "id": zone.id,
        "properties": properties,
        "geometry": geometry.__geo_interface__,
    }


class Rings(NamedTuple):
    """A zone set and the rings behind it.

    * `zones`: the set, and behind it the rings; the set itself when there are none.
    * `around`: of each ring, the position of its zone and the metres.
    """

    zones: ZoneSet
    around: tuple[tuple[int, float], ...]

    @classmethod
    def of(cls, zones: ZoneSet, books: Sequence[RuleBook]) -> Self:
        """The rings that any of `books` asks for, named by zone and metres: `ID~5m`."""
        tagged = Tagged(zones.zones)
        wanted: dict[tuple[int, float], None] = {}
        for book in books:
            for rule in book.rules:
                if rule.when is When.APPROACH and rule.enabled:
                    for position in np.flatnonzero(tagged.chosen(rule.zones)).tolist():
                        wanted[position, rule.approach_m or 0.0] = None
        features, around = [], []
        for position, metres in wanted:
            feature = widened(zones.zones[position], metres)
            if feature is not None:
                feature["id"] = f"{zones.zones[position].id}~{metres:g}m"
                features.append(feature)
                around.append((position, metres))
        if not features:
            return cls(zones, ())
        found = ZoneSet.from_geojson(
            {"type": "FeatureCollection", "features": features}, strict=False
        )
        return cls(ZoneSet([*zones.zones, *found.zones]), tuple(around))

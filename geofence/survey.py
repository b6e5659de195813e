"""What a zone file holds at a glance, and what about it is likely to be a slip.

Warnings refuse nothing; what refuses a feature is a `Problem`.  Called by `vehicleguard zones`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from geofence.datum import Datum, in_china
from geofence.geojson import Found
from geofence.rules.choice import tags_of
from geofence.shape import areas_m2, shapes, vertices
from geofence.zone import Bounds, Zone, ZoneKind, one_line

LARGE_M2 = 1e9
_NAMED = 3  # zones that a warning names; it counts the others


@dataclass(frozen=True)
class Survey:
    """Counts over the zones that are in use, and warnings about them.

    * `kinds`, `tags`: how many zones of each kind, and with each tag; most first.
    * `untagged`: zones without a tag; `vertices`: of all zones.
    * `bounds`: (west, south, east, north) of all, WGS-84 degrees; None when there is none.
    """

    kinds: Counter[ZoneKind]
    tags: Counter[str]
    untagged: int
    vertices: int
    bounds: Bounds | None
    warnings: tuple[str, ...]

    @classmethod
    def of(cls, found: Found) -> Self:
        """Look at what a file holds."""
        zones = [zone for zone in found.zones if zone.geometry is not None]
        tags = [set(tags_of(zone)) for zone in zones]
        return cls(
            kinds=Counter(zone.kind for zone in zones),
            tags=Counter(tag for held in tags for tag in sorted(held)),
            untagged=sum(not held for held in tags),
            vertices=vertices(zones),
            bounds=bounds_of(zones),
            warnings=tuple(_warnings(found, zones)) if zones else (),
        )


def bounds_of(zones: Sequence[Zone]) -> Bounds | None:
    """(west, south, east, north) that hold all of `zones`; None when there are none."""
    held = np.array([zone.bounds for zone in zones if zone.bounds is not None])
    if not len(held):
        return None
    west, south = held[:, :2].min(0)
    east, north = held[:, 2:].max(0)
    return float(west), float(south), float(east), float(north)


def _warnings(found: Found, zones: Sequence[Zone]) -> Iterator[str]:
    box = np.array([zone.bounds for zone in zones])
    lon, lat = (box[:, 0] + box[:, 2]) / 2, (box[:, 1] + box[:, 3]) / 2
    abroad = not in_china(lon, lat).any()
    if abroad and in_china(lat, lon).all():
        yield (
            "every zone lies outside of China, and inside once latitude and longitude are swapped; "
            "longitude comes first"
        )
    elif abroad and found.datum is not Datum.WGS84:
        yield f"{found.datum} is stated, and every zone lies outside of China, where it is wgs84"
    if found.unnamed:
        names = _listed([f"feature {position}" for position in found.unnamed])
        yield (
            f"no id, so the position has to stand for it: {names}; "
            "rules and who is inside hold on to ids, and a position changes with the file"
        )
    groups: dict[int, list[str]] = {}
    for shape, zone in zip(shapes(zones).tolist(), zones, strict=True):
        groups.setdefault(shape, []).append(zone.id)
    for same in groups.values():
        if len(same) > 1:
            yield f"drawn exactly alike: {_listed(same)}"
    large = [
        f"{one_line(zone.id)} ({area / 1e6:,.0f} km²)"
        for zone, area in zip(zones, areas_m2(zones).tolist(), strict=True)
        if area > LARGE_M2 and zone.properties.get("role") != "jurisdiction"
    ]
    if large:
        yield f"larger than {LARGE_M2 / 1e6:,.0f} km²: {_listed(large)}; is that meant?"


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(one_line(name) for name in names[:_NAMED])
    more = len(names) - _NAMED
    return f"{shown} and {more:,} more" if more > 0 else shown

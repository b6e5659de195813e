"""What `vehicleguard zones` says, word by word."""

from __future__ import annotations

import numpy as np

from geofence.metric import scale
from geofence.survey import Survey
from geofence.zone import Bounds, Zone, one_line
from geofence.zone_change import ZoneChange

_TAGS = 12  # told by name; the others are counted


def counted(n: int, one: str, many: str = "") -> str:
    """So many of something, in the singular or the plural."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def named(zone: Zone) -> str:
    """Its id, and its name where it has one."""
    own = one_line(zone.id)
    return own if zone.name == zone.id else f"{own} ({one_line(zone.name)})"


def extent(bounds: Bounds) -> str:
    """Where zones lie, in degrees, and how far that is."""
    west, south, east, north = bounds
    per_lon, per_lat = scale(np.array((south + north) / 2))
    wide, high = (east - west) * per_lon / 1000, (north - south) * per_lat / 1000
    return (
        f"longitude {west:.4f} to {east:.4f}, latitude {south:.4f} to {north:.4f} (wgs84): "
        f"{wide:,.1f} km by {high:,.1f} km"
    )


def tags(survey: Survey) -> str:
    """How many zones carry each tag; the rarer ones are counted."""
    parts = [f"{one_line(tag)} {n:,}" for tag, n in survey.tags.most_common(_TAGS)]
    if len(survey.tags) > _TAGS:
        parts.append(f"{len(survey.tags) - _TAGS:,} more")
    return ", ".join([*parts, *([f"none {survey.untagged:,}"] if survey.untagged else [])])


def told(change: ZoneChange) -> str:
    """What changed of one zone."""
    parts = [change.what] if change.what != "changed" else []
    if change.redrawn_m is not None:
        parts.append(f"redrawn, by up to {change.redrawn_m:,.1f} m")
    if change.tags is not None:
        parts.append("tags {} → {}".format(*(" ".join(held) or "(none)" for held in change.tags)))
    if change.name is not None:
        parts.append("name {} → {}".format(*map(one_line, change.name)))
    return f"{one_line(change.zone)}: {'; '.join(parts)}"

"""Who sees an incident: blue its owner and grid manager, yellow the county, red every level.

What somebody passed to a centre that centre sees, too.  Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from alerts.force.member import Platform
from alerts.incident import Incident
from alerts.jurisdiction.placing import Placement
from alerts.jurisdiction.tree import Rung, Tree
from alerts.level import Level
from alerts.points import Position
from geofence.metric import GEOD


class Audience(NamedTuple):
    """`manager` is the deepest area's centre: the grid's, or what stands for it where none is.

    `centres` are all that see it, the highest first, the manager among them; `platform` is put on
    notice, None below yellow or where there is none.
    """

    owner: bool
    manager: str
    centres: tuple[str, ...]
    platform: str | None


def audience(
    incident: Incident, placed: Placement, tree: Tree, platforms: Mapping[str, Platform]
) -> Audience:
    """Who sees the incident as it stands."""
    path = placed.path
    seen = {placed.code}
    if incident.course.desk:
        seen.add(incident.course.desk)
    if incident.level is Level.YELLOW:
        seen.add(tree.on_rung(path, Rung.COUNTY) or path[0])
    elif incident.level is Level.RED:
        seen |= set(path)
    told = nearest(platforms, (incident.lon, incident.lat)) if incident.level > Level.BLUE else None
    return Audience(
        owner=True,
        manager=placed.code,
        centres=tuple(sorted(seen, key=lambda code: (tree.areas[code].rung, code))),
        platform=told,
    )


def nearest(platforms: Mapping[str, Platform], at: Position) -> str | None:
    """The platform with the least geodesic distance from `at` (WGS-84), None where none is."""
    if not platforms:
        return None
    held = list(platforms.values())
    n = len(held)
    lon, lat = [one.lon for one in held], [one.lat for one in held]
    _, _, away = GEOD.inv([at[0]] * n, [at[1]] * n, lon, lat)
    return min(zip(away, (one.id for one in held), strict=True))[1]

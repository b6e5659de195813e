"""Where a destination is in charge: its area by the incident's position, its platform by nearness.

Whoever was given an incident (a centre, a platform) hears of it wherever it lies.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from alerts.force.member import Platform
from alerts.incident import Incident
from alerts.jurisdiction import Placer
from alerts.jurisdiction.audience import nearest
from alerts.outbox.destination import Destination

_KEPT = 4096


class Charge:
    """An `alerts.outbox.delivery.Concerns` over the areas and platforms of the settings."""

    def __init__(self, placer: Placer | None, platforms: Mapping[str, Platform]) -> None:
        @lru_cache(_KEPT)
        def path(lon: float, lat: float) -> tuple[str, ...]:
            return placer.place([(lon, lat)])[0].path if placer else ()

        @lru_cache(_KEPT)
        def platform(lon: float, lat: float) -> str | None:
            return nearest(platforms, (lon, lat))

        self._path, self._platform = path, platform

    def __call__(self, destination: Destination, incident: Incident) -> bool:
        """Whether `incident` is anything of `destination`'s."""
        course, at = incident.course, (incident.lon, incident.lat)
        if destination.platform:
            given = {course.party, *course.tried}
            return destination.platform in given or destination.platform == self._platform(*at)
        if destination.area:
            return destination.area == course.desk or destination.area in self._path(*at)
        return True

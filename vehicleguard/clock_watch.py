"""The thread that asks the clocks of incidents what has to be said by now.

Everything that is due stands in the ledger, so nothing is lost while nobody asks; what was missed
is said at the next start.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import numpy as np
import structlog

from alerts.clock import PlaceOf
from alerts.incident import Incident
from alerts.settings import Place
from alerts.sqlite_ledger import SqliteLedger
from geofence import ZoneSet
from vehicleguard.metrics import Metrics
from vehicleguard.pipeline import now_ms
from vehicleguard.rounds import Rounds

log = structlog.get_logger(__name__)

EVERY_S = 0.25
_AT_ONCE = 200
_STRICTEST: tuple[Place, ...] = get_args(Place)


def place_class(zones: ZoneSet) -> PlaceOf:
    """The class of a place: the strictest that a zone with a property `clock` says there."""
    said = {
        n: str(zone.properties["clock"])
        for n, zone in enumerate(zones.zones)
        if zone.properties.get("clock") in _STRICTEST
    }

    def of(lon: float, lat: float) -> Place | None:
        if not said:
            return None
        found = {said.get(n) for n in zones.match(np.array([lon]), np.array([lat]))[1].tolist()}
        return next((place for place in _STRICTEST if place in found), None)

    return of


class ClockWatch:
    """Asks four times a second; `spoke` hears of each incident of which something was said."""

    def __init__(
        self,
        ledger: SqliteLedger,
        metrics: Metrics,
        spoke: Callable[[Incident], None],
        clock_ms: Callable[[], int] = now_ms,
        every_s: float = EVERY_S,
    ) -> None:
        self._ledger, self._metrics, self._spoke = ledger, metrics, spoke
        self._clock_ms = clock_ms
        self._rounds = Rounds("clocks", self._ask, every_s)

    def start(self) -> None:
        """Begin to ask."""
        self._rounds.start()

    def stop(self) -> None:
        """End; what is being written is finished first."""
        self._rounds.stop()

    def _ask(self) -> None:
        while entries := self._ledger.tick(self._clock_ms(), _AT_ONCE):
            for entry in entries:
                event = entry.event
                self._metrics.clocks.labels(event.kind).inc()
                if event.kind != "warned":
                    log.warning(
                        "clock", incident=event.incident_id, kind=event.kind, reason=event.reason
                    )
                self._spoke(entry.incident)
            if self._rounds.is_stopping:
                return

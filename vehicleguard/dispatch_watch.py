"""The thread that gives red incidents to units, and replaces whoever does not sign.

Everything that it goes by but the units' positions stands in the ledger, so what was missed while
nobody looked is done at the next start.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

from alerts.dispatch.dispatcher import Dispatcher, paths_by
from alerts.dispatch.routers import router_of
from alerts.force.duty import Duty, Moved, Told, Unheard
from alerts.force.telling import read
from alerts.incident import Incident
from alerts.jurisdiction import Placer
from alerts.ledger import Ledger
from alerts.settings import AlertSettings
from vehicleguard.metrics import Metrics
from vehicleguard.pipeline import now_ms
from vehicleguard.rounds import Rounds

log = structlog.get_logger(__name__)

EVERY_S = 0.5


class DispatchWatch:
    """Looks twice a second; `spoke` hears of each incident that was given to a unit.

    `placer` says in which jurisdictions incidents lie, None where there are none.
    """

    def __init__(
        self,
        settings: AlertSettings,
        duty: Duty,
        placer: Placer | None,
        ledger: Ledger,
        *,
        metrics: Metrics,
        spoke: Callable[[Incident], None],
        clock_ms: Callable[[], int] = now_ms,
        every_s: float = EVERY_S,
    ) -> None:
        self._duty, self._metrics, self._spoke = duty, metrics, spoke
        self._clock_ms = clock_ms
        self._dispatcher = Dispatcher(
            ledger,
            duty,
            router_of(settings.dispatch),
            settings.dispatch,
            paths_by(placer),
            # the units of an exercise are simulated, and so is whoever gives them incidents
            only=lambda incident: not incident.drill,
        )
        self._trouble = ""
        self._lock = threading.Lock()
        self._rounds = Rounds("dispatch", self._look, every_s)

    def hear(self, event: Moved | Told) -> Unheard | None:
        """What a unit says of itself; why it changes nothing, None where it counts."""
        with self._lock:
            return self._duty.hear(event, self._clock_ms())

    def tell(self, topic: str, payload: bytes) -> None:
        """Take in a message of a unit; what cannot be read or believed is counted."""
        events = read(topic, payload, self._clock_ms())
        if isinstance(events, str):
            self._metrics.unit_states.labels("unreadable").inc()
            log.warning("a unit's state cannot be read", topic=topic, why=events)
            return
        for event in events:
            self._metrics.unit_states.labels(self.hear(event) or "taken").inc()

    def start(self) -> None:
        """Begin to look."""
        self._rounds.start()

    def stop(self) -> None:
        """End; what is being written is finished first."""
        self._rounds.stop()

    def _look(self) -> None:
        with self._lock:
            entries = self._dispatcher.tick(self._clock_ms())
            trouble = self._dispatcher.trouble
        if trouble != self._trouble:
            log.warning("the router does not answer; straight lines do", trouble=trouble)
            self._trouble = trouble
        for entry in entries:
            event = entry.event
            self._metrics.dispatches.labels(event.kind).inc()
            log.info("dispatch", incident=event.incident_id, unit=event.party, why=event.reason)
            self._spoke(entry.incident)

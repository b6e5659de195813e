"""The ring to close around one incident's vehicle: its pursuit as of now, and who can be there."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from alerts.dispatch.dispatcher import loads_in
from alerts.dispatch.fitness import Fitness
from alerts.dispatch.ring import Ring, best, rings
from alerts.dispatch.router import Router
from alerts.force.duty import Duty
from alerts.ledger import Ledger
from console.ports import Pursuits


class RingView:
    """Rings over `pursuits`; units that have an incident already take no part."""

    def __init__(
        self,
        pursuits: Pursuits,
        ledger: Ledger,
        duty: Duty,
        router: Router,
        clock_ms: Callable[[], int],
    ) -> None:
        self._pursuits = pursuits
        self._ledger = ledger
        self._duty = duty
        self._router = router
        self._clock_ms = clock_ms

    def of(self, incident_id: str) -> Mapping[str, object]:
        """The rings of one incident, by horizon; `close_s` is that of the one to close.

        Raises `console.ports.UnknownIncidentError`, `NoPursuitError`.
        """
        pursuit = self._pursuits.of(incident_id)
        now_ms = self._clock_ms()
        force = Fitness.all(self._duty, loads_in(self._ledger), now_ms)
        found = rings(pursuit, force, self._router)
        first = best(found)
        return {
            "incident_id": incident_id,
            "now": now_ms / 1000,
            "close_s": None if first is None else first.horizon_s,
            "rings": [_to_wire(ring) for ring in found],
        }


def _to_wire(ring: Ring) -> dict[str, object]:
    return {
        "horizon_s": ring.horizon_s,
        "by": ring.by,
        "router": ring.router,
        "trouble": ring.trouble,
        "closed": ring.closed,
        "said": ring.said.en,
        "said_zh": ring.said.zh,
        "points": [
            {
                "lon": round(point.lon, 6),
                "lat": round(point.lat, 6),
                "unit": point.unit,
                "arrive_s": None if point.arrive_s is None else round(point.arrive_s, 1),
                "said": point.said.en,
                "said_zh": point.said.zh,
            }
            for point in ring.points
        ],
    }

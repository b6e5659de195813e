"""Times by Valhalla: its matrix service (`/sources_to_targets`, valhalla.github.io, matrix API)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from alerts.dispatch.router import Start, Times
from alerts.dispatch.server import Server, in_parts
from alerts.force.member import Mode
from alerts.points import Position

_COSTINGS: Final = {Mode.CAR: "auto", Mode.BIKE: "motor_scooter", Mode.FOOT: "pedestrian"}


class Valhalla:
    """A `Router` on a server of Valhalla."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def times(self, starts: Sequence[Start], ends: Sequence[Position]) -> Times:
        """Seconds from each start to each end.  Raises `RouterError`."""
        return Times(in_parts(self._ask, starts, ends), "valhalla")

    def _ask(
        self, mode: Mode, starts: Sequence[Start], ends: Sequence[Position]
    ) -> list[list[float]]:
        answer = self._server.ask(
            "sources_to_targets",
            {
                "sources": [{"lon": start.lon, "lat": start.lat} for start in starts],
                "targets": [{"lon": lon, "lat": lat} for lon, lat in ends],
                "costing": _COSTINGS[mode],
            },
        )
        rows = answer.get("sources_to_targets")
        told = [
            [cell.get("time") if isinstance(cell, Mapping) else cell for cell in row]
            for row in (rows if isinstance(rows, list) else [])
            if isinstance(row, list)
        ]
        return self._server.table(told, (len(starts), len(ends)))

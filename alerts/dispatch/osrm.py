"""Times by OSRM: its table service (`/table/v1/{profile}/…`, project-osrm.org, HTTP API)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from alerts.dispatch.router import RouterError, Start, Times
from alerts.dispatch.server import Server, in_parts
from alerts.force.member import Mode
from alerts.points import Position

_PROFILES: Final = {Mode.CAR: "driving", Mode.BIKE: "cycling", Mode.FOOT: "walking"}


class Osrm:
    """A `Router` on a server of OSRM; one that has a single profile answers all by that one."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def times(self, starts: Sequence[Start], ends: Sequence[Position]) -> Times:
        """Seconds from each start to each end.  Raises `RouterError`."""
        return Times(in_parts(self._ask, starts, ends), "osrm")

    def _ask(
        self, mode: Mode, starts: Sequence[Start], ends: Sequence[Position]
    ) -> list[list[float]]:
        places = [*((start.lon, start.lat) for start in starts), *ends]
        path = ";".join(f"{lon:.6f},{lat:.6f}" for lon, lat in places)
        own = ";".join(map(str, range(len(starts))))
        theirs = ";".join(map(str, range(len(starts), len(places))))
        answer = self._server.ask(
            f"table/v1/{_PROFILES[mode]}/{path}?sources={own}&destinations={theirs}"
            "&annotations=duration"
        )
        if answer.get("code") != "Ok":
            msg = f"{self._server.url}: OSRM says {str(answer.get('code'))[:40]}"
            raise RouterError(msg)
        return self._server.table(answer.get("durations"), (len(starts), len(ends)))

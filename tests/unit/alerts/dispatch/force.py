"""Units for the tests of this room: cars on a line, ten kilometres an hour for round numbers."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.dispatch.router import NO_WAY, Start, Times
from alerts.dispatch_settings import DispatchSettings
from alerts.force import Duty, Moved, Rank, Status, Told, Unit
from alerts.points import Position

NOW = 1_800_000_000_000
PLAIN = DispatchSettings(load_s=0, outside_s=0, stale_s=0)


def unit(name: str, lon: float, **more: object) -> Unit:
    given = {"id": name, "name": name, "rank": Rank.STATION, "platform": "p", "home": (lon, 0.0)}
    return Unit(**{**given, **more})


def duty_of(*units: Unit, fresh: bool = True, **status: Status) -> Duty:
    """Units at home, as their own positions say."""
    duty = Duty({one.id: one for one in units})
    if fresh:
        for one in units:
            duty.hear(Moved(one.id, NOW, *one.home), NOW)
    for name, said in status.items():
        duty.hear(Told(name, NOW, said), NOW)
    return duty


class Ruler:
    """A router for which a degree of longitude is a second."""

    def __init__(self, far: float = NO_WAY) -> None:
        self.asked: list[tuple[int, int]] = []
        self._far = far

    def times(self, starts: Sequence[Start], ends: Sequence[Position]) -> Times:
        self.asked.append((len(starts), len(ends)))
        rows = [[abs(start.lon - end[0]) for end in ends] for start in starts]
        return Times([[s if s < self._far else NO_WAY for s in row] for row in rows], "ruler")

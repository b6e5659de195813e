"""Whether a unit can take an incident, and what weighs against it besides its way.  Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from alerts.dispatch_settings import DispatchSettings
from alerts.force.duty import Duty, Whereabouts
from alerts.force.member import Status, Unit


class Why(StrEnum):
    """Why a unit cannot be sent."""

    OFF_SHIFT = "off_shift"
    OFF = "off"
    BUSY = "busy"
    LACKS = "lacks"
    TRIED = "tried"
    NO_WAY = "no_way"
    TOO_FAR = "too_far"


@dataclass(frozen=True, slots=True)
class Task:
    """What wants units: an incident at (lon, lat) WGS-84 degrees.

    * `path` are the codes of the jurisdictions that it lies in;
    * `needs` are capabilities that a unit must have, `units` how many are wanted;
    * `weight`, 1 or more, is how much it matters that it gets one, where there are too few;
    * `tried` are units that had it and did not sign, or gave it back.
    """

    id: str
    lon: float
    lat: float
    path: tuple[str, ...] = ()
    needs: frozenset[str] = frozenset()
    units: int = 1
    weight: int = 1
    tried: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Fitness:
    """A unit at `now_ms`, whatever the incident: where it is and what it has to do."""

    unit: Unit
    at: Whereabouts
    load: int
    why: Why | None

    @classmethod
    def of(cls, unit: Unit, duty: Duty, load: int, now_ms: int) -> Fitness:
        """How it stands; `load` incidents are its own already."""
        status = duty.status(unit.id)
        why = None
        if not unit.shift.is_on(now_ms):
            why = Why.OFF_SHIFT
        elif status is Status.OFF:
            why = Why.OFF
        elif status is Status.BUSY or load >= unit.limit:
            why = Why.BUSY
        return cls(unit, duty.whereabouts(unit.id, now_ms), load, why)

    @classmethod
    def all(cls, duty: Duty, load_of: Mapping[str, int], now_ms: int) -> list[Fitness]:
        """Every unit of `duty`, in its order."""
        return [cls.of(one, duty, load_of.get(one.id, 0), now_ms) for one in duty.units.values()]

    def refuses(self, task: Task) -> Why | None:
        """Why it cannot take this one, its way aside."""
        if self.why is None and not task.needs <= self.unit.capabilities:
            return Why.LACKS
        if self.why is None and self.unit.id in task.tried:
            return Why.TRIED
        return self.why

    def belongs(self, task: Task) -> bool:
        """Whether the incident lies in its jurisdiction; where nobody says, it does."""
        return not self.unit.area or not task.path or self.unit.area in task.path

    def cost_s(self, task: Task, arrive_s: float, settings: DispatchSettings) -> float:
        """Seconds to arrive, and what counts as such."""
        return (
            arrive_s
            + self.load * settings.load_s
            + (0 if self.belongs(task) else settings.outside_s)
            + (0 if self.at.by == "fresh" else settings.stale_s)
        )

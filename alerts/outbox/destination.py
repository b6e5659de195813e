"""Who is told of incidents: what they hear of, when they rest, and who hears in their stead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Final, Literal
from zoneinfo import ZoneInfo

from alerts.event import EventKind
from alerts.level import Level
from alerts.vocabulary import Language

Role = Literal["owner", "grid", "platform", "county", "city", "unit", "system"]
"""Owner, 网格员, a rapid-police platform, the county's centre, the city's (110), a unit in the
street, another system."""

FLOOR: Final[Mapping[Role, Level]] = {
    "owner": Level.BLUE,
    "grid": Level.BLUE,
    "platform": Level.YELLOW,
    "county": Level.YELLOW,
    "city": Level.RED,
    "unit": Level.BLUE,
    "system": Level.BLUE,
}
"""From which level on a role hears of an incident: blue stays with the owner and the grid manager,
yellow puts county and platform on notice, red calls everybody.  A unit hears of what it was given,
whatever its level."""

_LIFE: Final[frozenset[EventKind]] = frozenset({"opened", "raised", "closed", "reopened"})
_GRAVITY: Final[frozenset[EventKind]] = frozenset({"lowered", "answered", "absorbed", "undone"})
_WORK: Final[frozenset[EventKind]] = frozenset(
    {
        *("accepted", "assigned", "returned", "reassigned", "supervised", "signed", "departed"),
        *("passed_up", "assigned_down", "taken_back"),
        *("on_scene", "contained", "feedback", "rated", "clocked", "breached", "escalated"),
    }
)
_DESK: Final[frozenset[EventKind]] = _LIFE | _GRAVITY | _WORK

KINDS: Final[Mapping[Role, frozenset[EventKind]]] = {
    "owner": _LIFE,
    "grid": _LIFE | {"lowered", "answered"},
    "platform": _DESK,
    "county": _DESK,
    "city": _DESK,
    "unit": _LIFE | _GRAVITY | {"assigned", "reassigned", "returned", "supervised"},
    "system": _DESK | {"joined", "linked", "split", "warned"},
}
"""Which events a role hears of."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours of the day in which only red is told: from `start` up to `end`, in time zone `zone`.

    They may go over midnight; the same twice is no hour at all.
    """

    start: time
    end: time
    zone: str = "Asia/Shanghai"

    def holds(self, at_ms: int) -> bool:
        """Whether `at_ms` (epoch ms) lies in them."""
        now = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(ZoneInfo(self.zone)).time()
        if self.start <= self.end:
            return self.start <= now < self.end
        return now >= self.start or now < self.end


@dataclass(frozen=True, slots=True)
class Destination:
    """One receiver.

    * `floor`: the level from which on it hears; None: that of its role.
    * `area`, `platform`: the code of the area, or the id of the platform, that it is in charge of;
      both empty: of every place (`alerts.outbox.charge`).
    * `plates`, `phones`: whether it may read plates and telephone numbers (PIPL Art. 28).
    * `fallback`: who hears of what it has not taken `deadline_s` after the event; tried on it is
      all the same, until `keep_s`, after which it is a dead letter.
    """

    name: str
    role: Role
    floor: Level | None = None
    language: Language = "zh"
    plates: bool = False
    phones: bool = False
    quiet: Quiet | None = None
    fallback: str = ""
    deadline_s: float = 60.0
    keep_s: float = 86_400.0
    area: str = ""
    platform: str = ""

    @property
    def hears_from(self) -> Level:
        """The level from which on it hears of an incident."""
        return self.floor or FLOOR[self.role]

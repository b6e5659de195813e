"""Where incidents are kept: the port.  An event and what follows from it are one transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from alerts.event import Event
from alerts.incident import Incident
from alerts.report import Report

Decide = Callable[[Incident], Event | None]
"""What follows from how an incident stands, one of `alerts.action`; None = nothing."""


class UnknownIncidentError(LookupError):
    """No incident has this id."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A recorded event: its number in the ledger, and the incident as it stood after it."""

    seq: int
    event: Event
    incident: Incident


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which incidents a list asks for; None = all."""

    level: str | None = None
    state: str | None = None
    vehicle_id: str | None = None


class Clocks(Protocol):
    """What an incident's clock has to say: `alerts.clock.Clockwork`."""

    def begin(self, incident: Incident) -> Event | None:
        """The event that starts the clock of an incident that needs one."""
        ...

    def next_due_ms(self, incident: Incident) -> int | None:
        """When something has to be said next, None for never."""
        ...

    def due(self, incident: Incident, now_ms: int) -> list[Event]:
        """What has to be said by now, in order."""
        ...


class Ledger(Protocol):
    """Incidents and their events, durable.  Safe from any thread."""

    def receive(self, reports: Sequence[Report], at_ms: int) -> list[Entry]:
        """File reports, in order; one known already changes nothing.  Durable on return."""
        ...

    def act(self, incident_id: str, decide: Decide) -> Entry:
        """File what `decide` makes of the incident as it stands; nothing more where it says None.

        Raises `UnknownIncidentError`, and what `decide` raises.
        """
        ...

    def merge(self, one_id: str, into_id: str, actor: str, reason: str, at_ms: int) -> Entry:
        """As `action.merge`, in one transaction; the entry of `into`.

        Raises `UnknownIncidentError`, and what that raises.
        """
        ...

    def split(
        self, incident_id: str, named: Collection[str], actor: str, reason: str, at_ms: int
    ) -> Entry:
        """As `action.split`, in one transaction; the entry that opened the new incident.

        Raises `UnknownIncidentError`, and what that raises.
        """
        ...

    def link(self, one_id: str, other_id: str, actor: str, reason: str, at_ms: int) -> Entry:
        """As `action.link`, in one transaction; the newest entry of the first.

        Raises `UnknownIncidentError`, and what that raises.
        """
        ...

    def tick(self, now_ms: int, limit: int) -> list[Entry]:
        """File what clocks have to say by now, of `limit` incidents at most, the longest due first.

        Each once, whoever calls it and from however many processes.  Durable on return.
        """
        ...

    def looked(self, actor: str, what: str, subject: str, at_ms: int) -> None:
        """Note that somebody looked at an incident, a pursuit or a vehicle.  Durable on return."""
        ...

    def incident(self, incident_id: str) -> tuple[Incident, list[Entry]]:
        """The incident and its whole history.  Raises `UnknownIncidentError`."""
        ...

    def newest(self, wanted: Wanted, before: int | None, limit: int) -> list[Entry]:
        """Latest entry of each incident, the newest opened first; `before` an opening number."""
        ...

    def entries_after(self, seq: int, limit: int) -> list[Entry]:
        """Recorded events with a number above `seq`, oldest first."""
        ...

    def last_seq(self) -> int:
        """Number of the newest entry, 0 for none."""
        ...

"""Where incidents are kept: the port.  An event and what follows from it are one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from alerts.incident import Event, Incident, Outcome, Word
from alerts.level import Level
from alerts.report import Report


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


class Ledger(Protocol):
    """Incidents and their events, durable.  Safe from any thread."""

    def receive(self, reports: Sequence[Report], at_ms: int) -> list[Entry]:
        """File reports, in order; one known already changes nothing.  Durable on return."""
        ...

    def sign(self, incident_id: str, actor: str, reason: str, at_ms: int) -> Entry:
        """Raises `UnknownIncidentError`, `IllegalMoveError`."""
        ...

    def close(
        self, incident_id: str, actor: str, reason: str, outcome: Outcome | None, at_ms: int
    ) -> Entry:
        """Raises `UnknownIncidentError`, `IllegalMoveError`."""
        ...

    def answer(self, incident_id: str, actor: str, word: Word, reason: str, at_ms: int) -> Entry:
        """File a person's word; said again it records nothing more.

        Raises `UnknownIncidentError`, `IllegalMoveError`.
        """
        ...

    def lower(self, incident_id: str, actor: str, level: Level, reason: str, at_ms: int) -> Entry:
        """Raises `UnknownIncidentError`, `IllegalMoveError`, `ValueError` without a reason."""
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

"""The ledger as the console sees it: wire mappings in, wire mappings out."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from alerts import incident as incidents
from alerts import ledger as ledgers
from alerts.incident import Event, Incident, Outcome
from alerts.ledger import Entry, Wanted
from alerts.sqlite_ledger import SqliteLedger
from console.ports import (
    IllegalMoveError,
    IncidentEvent,
    IncidentFilter,
    Page,
    UnknownIncidentError,
)

Json = Mapping[str, object]


class IncidentView:
    """`console.ports.Incidents` over a ledger; `changed` hears of every action a person takes."""

    def __init__(self, ledger: SqliteLedger, changed: Callable[[Incident], None]) -> None:
        self._ledger = ledger
        self._changed = changed

    def page(self, wanted: IncidentFilter, cursor: str | None, limit: int) -> Page[Json]:
        """Newest first; the cursor is the ledger number that opened the last incident shown."""
        if cursor is not None and not cursor.isdecimal():
            msg = f"not a cursor of this list: {cursor!r}"
            raise ValueError(msg)
        entries = self._ledger.newest(
            Wanted(wanted.level, wanted.state, wanted.vehicle_id),
            int(cursor) if cursor is not None else None,
            limit + 1,
        )
        shown = entries[:limit]
        more = len(entries) > limit
        following = str(self._ledger.opened_seq(shown[-1].incident.id)) if more else None
        return Page([_wire(entry) for entry in shown], following)

    def one(self, incident_id: str) -> Json:
        """The incident with its events and its signals in full."""
        try:
            incident, entries = self._ledger.incident(incident_id)
        except ledgers.UnknownIncidentError as error:
            raise UnknownIncidentError(incident_id) from error
        return {
            **_wire(entries[-1]),
            "events": [_event(entry.seq, entry.event) for entry in entries],
            "signal_details": [report.body for report in incident.reports],
        }

    def act(
        self, incident_id: str, action: str, actor: str, reason: str, outcome: str | None = None
    ) -> Json:
        """Sign or close, at the clock's time now."""
        at_ms = int(time.time() * 1000)
        try:
            if action == "sign":
                entry = self._ledger.sign(incident_id, actor, reason, at_ms)
            elif action == "close":
                entry = self._ledger.close(
                    incident_id, actor, reason, Outcome(outcome or "false_alarm"), at_ms
                )
            else:
                msg = f"no such action: {action}"
                raise ValueError(msg)
        except ledgers.UnknownIncidentError as error:
            raise UnknownIncidentError(incident_id) from error
        except incidents.IllegalMoveError as error:
            raise IllegalMoveError(str(error)) from error
        self._changed(entry.incident)
        return _wire(entry)

    def events_after(self, seq: int, limit: int) -> Sequence[IncidentEvent]:
        """Ledger events with a number above `seq`, oldest first."""
        return [
            IncidentEvent(entry.seq, entry.event.kind, _wire(entry))
            for entry in self._ledger.entries_after(seq, limit)
        ]

    def last_seq(self) -> int:
        """Number of the newest ledger event, 0 for none."""
        return self._ledger.last_seq()


def _wire(entry: Entry) -> Json:
    incident = entry.incident
    return {
        **incident.to_wire(),
        "state": str(incident.state),
        "outcome": str(incident.outcome) if incident.outcome else None,
        "t_updated": incident.t_updated,
        "seq": entry.seq,
    }


def _event(seq: int, event: Event) -> Json:
    return {
        "seq": seq,
        "kind": event.kind,
        "t": event.t,
        "at": event.at_ms / 1000,
        "actor": event.actor,
        "reason": event.reason,
        "level": event.level.label if event.level else None,
        "signal": event.report.id if event.report else None,
        "outcome": str(event.outcome) if event.outcome else None,
    }

"""The ledger as the console sees it: wire mappings in, wire mappings out."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from alerts import action as actions
from alerts import ledger as ledgers
from alerts.event import Event, Outcome, Step, Word
from alerts.incident import Incident
from alerts.ledger import Entry, Wanted
from alerts.level import Level
from alerts.report import Report
from alerts.sqlite_ledger import SqliteLedger
from alerts.words import sentence
from console.ports import (
    IllegalMoveError,
    IncidentEvent,
    IncidentFilter,
    Page,
    StepSaid,
    UnknownIncidentError,
)

Json = Mapping[str, object]


_STEP_OF: Mapping[str, Step] = {"sign": "signed", "close": "closed"}


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
            "signal_details": [_signal(report) for report in incident.reports],
        }

    def act(
        self, incident_id: str, action: str, actor: str, reason: str, outcome: str | None = None
    ) -> Json:
        """Sign or close, at the clock's time now."""
        if action not in _STEP_OF:
            msg = f"no such action: {action}"
            raise ValueError(msg)
        said = actions.Said(outcome=Outcome(outcome) if outcome else None)
        return self._decide(
            incident_id,
            lambda held, at_ms: actions.step(held, _STEP_OF[action], actor, reason, at_ms, said),
        )

    def answer(self, incident_id: str, word: str, actor: str, reason: str) -> Json:
        """File a person's word, at the clock's time now; again it changes nothing."""
        return self._decide(
            incident_id, lambda held, at_ms: actions.answer(held, actor, Word(word), reason, at_ms)
        )

    def lower(self, incident_id: str, level: str, actor: str, reason: str) -> Json:
        """Lower it, at the clock's time now."""
        lowest = Level[level.upper()]
        return self._decide(
            incident_id, lambda held, at_ms: actions.lower(held, actor, lowest, reason, at_ms)
        )

    def step(self, incident_id: str, step: str, actor: str, said: StepSaid) -> Json:
        """Take it through a step, at the clock's time now; again it changes nothing."""
        with_it = actions.Said(
            *(said.party, said.by, Outcome(said.outcome) if said.outcome else None),
            score=said.score,
            t=said.t,
        )
        kind: Step = step  # type: ignore[assignment]  # one of them, or a KeyError below
        return self._decide(
            incident_id,
            lambda held, at_ms: actions.step(held, kind, actor, said.reason, at_ms, with_it),
        )

    def undo(self, incident_id: str, actor: str, reason: str) -> Json:
        """Take the actor's own last step back."""
        return self._decide(
            incident_id, lambda held, at_ms: actions.undo(held, actor, reason, at_ms)
        )

    def merge(self, incident_id: str, into: str, actor: str, reason: str) -> Json:
        """Have it go on in another one, which is returned."""
        return self._file(lambda at_ms: self._ledger.merge(incident_id, into, actor, reason, at_ms))

    def split(self, incident_id: str, signals: Sequence[str], actor: str, reason: str) -> Json:
        """Cut the signals off, and return the incident that they open."""
        return self._file(
            lambda at_ms: self._ledger.split(incident_id, signals, actor, reason, at_ms)
        )

    def link(self, incident_id: str, other: str, actor: str, reason: str) -> Json:
        """Say that two belong together, and return the first."""
        return self._file(lambda at_ms: self._ledger.link(incident_id, other, actor, reason, at_ms))

    def _decide(self, incident_id: str, decide: Callable[[Incident, int], Event | None]) -> Json:
        return self._file(
            lambda at_ms: self._ledger.act(incident_id, lambda held: decide(held, at_ms))
        )

    def _file(self, work: Callable[[int], Entry]) -> Json:
        try:
            entry = work(int(time.time() * 1000))
        except ledgers.UnknownIncidentError as error:
            raise UnknownIncidentError(str(error)) from error
        except actions.IllegalMoveError as error:
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
        "word": str(incident.word) if incident.word else None,
        **_course(incident),
        **_fused(incident),
        "seq": entry.seq,
    }


def _course(incident: Incident) -> dict[str, object]:
    """How far it has come, and by when it has to come further."""
    course, clock = incident.course, incident.clock
    return {
        "party": course.party,
        "desk": course.desk,
        "stamps": [
            {"moment": s.moment, "t": s.t, "at": s.at_ms / 1000, "actor": s.actor, "by": s.by}
            for s in course.stamps
        ],
        "clock": None
        if clock is None
        else {
            "profile": clock.profile,
            "place": clock.place,
            "started": clock.started_ms / 1000,
            "goals": [
                {"name": g.name, "moment": g.moment, "due": g.due_ms / 1000} for g in clock.goals
            ],
        },
        "supervised": course.supervised,
        "drill": incident.drill,
        "links": list(incident.links),
        "merged_into": incident.merged_into,
    }


def _fused(incident: Incident) -> dict[str, object]:
    """The newest theft score and kinds of evidence; rules about zones have none."""
    evidence = [report.evidence for report in reversed(incident.reports)]
    because = next((one["because"] for one in evidence if "because" in one), [])
    score = next((one["score"] for one in evidence if "score" in one), None)
    return {"score": score, "because": because}


def _signal(report: Report) -> Json:
    return {
        **report.body,
        "reason": sentence(report, "en"),
        "reason_zh": sentence(report, "zh"),
    }


def _event(seq: int, event: Event) -> Json:
    return {
        "seq": seq,
        "kind": event.kind,
        "t": event.t,
        "at": event.at_ms / 1000,
        "actor": event.actor,
        "reason": event.reason,
        "reason_zh": event.reason_zh or event.reason,
        "word": str(event.word) if event.word else None,
        "level": event.level.label if event.level else None,
        "signal": event.report.id if event.report else None,
        "outcome": str(event.outcome) if event.outcome else None,
        "party": event.party,
        "by": event.by,
        "other": event.other,
    }

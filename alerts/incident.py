"""An incident: one theft from its first report to its closing, as events folded into a state.

Events are the truth and are only ever appended; the state is what `fold` makes of them.  `receive`
and `act` decide which events follow, and touch nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

from alerts.level import Level, level_of, reason_of
from alerts.report import Report

JOIN_WITHIN_S = {Level.BLUE: 6 * 3600.0, Level.YELLOW: 48 * 3600.0, Level.RED: 48 * 3600.0}
"""A report joins its vehicle's open incident if its last report is no older than this.

A thief who lets a vehicle stand overnight and takes it further is one theft; two weak signs of
different days are not.
"""


class State(StrEnum):
    """Where an incident stands (上报 reported, 签收 signed, 办结 closed)."""

    REPORTED = "reported"
    SIGNED = "signed"
    CLOSED = "closed"


class Outcome(StrEnum):
    """How it ended."""

    RECOVERED = "recovered"
    NOT_FOUND = "not_found"
    FALSE_ALARM = "false_alarm"


EventKind = Literal["opened", "joined", "raised", "signed", "closed"]


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to an incident.

    `t` is event time (epoch s): of the fix that showed it, or of the person's action; `at_ms` is
    the processing time at which it was recorded.
    """

    incident_id: str
    kind: EventKind
    t: float
    at_ms: int
    actor: str
    reason: str = ""
    level: Level | None = None
    report: Report | None = None
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Rise:
    """The level an incident reached, when, and why."""

    t: float
    level: Level
    reason: str


@dataclass(frozen=True, slots=True)
class Incident:
    """What is known of one theft now; times in epoch seconds, WGS-84 degrees."""

    id: str
    vehicle_id: str
    state: State
    level: Level
    t_opened: float
    t_detected: float
    t_updated: float
    lon: float
    lat: float
    reports: tuple[Report, ...]
    history: tuple[Rise, ...]
    outcome: Outcome | None = None

    def to_wire(self) -> dict[str, object]:
        """The mapping of `incidents.jsonl` and of the API."""
        return {
            "id": self.id,
            "vehicle_id": self.vehicle_id,
            "level": self.level.label,
            "t_opened": self.t_opened,
            "t_detected": self.t_detected,
            "lon": self.lon,
            "lat": self.lat,
            "signals": [report.id for report in self.reports],
            "history": [
                {"t": rise.t, "level": rise.level.label, "reason": rise.reason}
                for rise in self.history
            ],
        }


class IllegalMoveError(ValueError):
    """The incident's state does not allow this action."""


def fold(incident: Incident | None, event: Event) -> Incident:
    """The incident after `event`.  Raises `ValueError` on an event that cannot follow."""
    if event.kind == "opened":
        report = event.report
        if incident is not None or report is None or event.level is None:
            raise ValueError("an incident is opened once, by a report, at a level")
        return Incident(
            id=event.incident_id,
            vehicle_id=report.vehicle_id,
            state=State.REPORTED,
            level=event.level,
            t_opened=report.t,
            t_detected=report.t_detected,
            t_updated=report.t_detected,
            lon=report.lon,
            lat=report.lat,
            reports=(report,),
            history=(Rise(event.t, event.level, event.reason),),
        )
    if incident is None:
        msg = f"{event.kind} before opened"
        raise ValueError(msg)
    updated = replace(incident, t_updated=max(incident.t_updated, event.t))
    if event.kind == "joined" and event.report is not None:
        return replace(updated, reports=(*incident.reports, event.report))
    if event.kind == "raised" and event.level is not None:
        rise = Rise(event.t, event.level, event.reason)
        return replace(updated, level=event.level, history=(*incident.history, rise))
    if event.kind == "signed":
        return replace(updated, state=State.SIGNED)
    if event.kind == "closed":
        return replace(updated, state=State.CLOSED, outcome=event.outcome)
    msg = f"event {event.kind} lacks what it is about"
    raise ValueError(msg)


def fold_all(events: Iterable[Event]) -> Incident:
    """The incident that a non-empty history of events makes."""
    incident = None
    for event in events:
        incident = fold(incident, event)
    if incident is None:
        raise ValueError("no events")
    return incident


def receive(report: Report, latest: Incident | None, at_ms: int) -> list[Event]:
    """The events that a new report causes, given its vehicle's latest incident; maybe none.

    One theft, one incident: a report joins the open incident of its vehicle, and one of an episode
    that a person has closed already is filed there without opening anything.
    """
    if latest is not None and _belongs(report, latest):
        joined = Event(latest.id, "joined", report.t_detected, at_ms, "detector", report=report)
        level = level_of(report)
        if latest.state is State.CLOSED or level is None or level <= latest.level:
            return [joined]
        reason = reason_of(report)
        raised = Event(
            latest.id, "raised", report.t_detected, at_ms, "detector", reason, level=level
        )
        return [joined, raised]
    level = level_of(report)
    if level is None:
        return []
    return [
        Event(
            incident_id="i-" + report.id.removeprefix("s-"),
            kind="opened",
            t=report.t_detected,
            at_ms=at_ms,
            actor="detector",
            reason=reason_of(report),
            level=level,
            report=report,
        )
    ]


def _belongs(report: Report, incident: Incident) -> bool:
    if any(known.episode == report.episode for known in incident.reports):
        return True
    if incident.state is State.CLOSED:
        return False
    last = incident.reports[-1].t_detected
    return abs(report.t_detected - last) <= JOIN_WITHIN_S[incident.level]


def sign(incident: Incident, actor: str, reason: str, at_ms: int) -> Event:
    """Somebody takes it on.  Raises `IllegalMoveError` unless it is freshly reported."""
    if incident.state is not State.REPORTED:
        msg = f"{incident.id} is {incident.state}; only a reported incident can be signed"
        raise IllegalMoveError(msg)
    return Event(incident.id, "signed", at_ms / 1000, at_ms, actor, reason)


def close(
    incident: Incident, actor: str, reason: str, outcome: Outcome | None, at_ms: int
) -> Event:
    """It is over.  Raises `IllegalMoveError` when it already was."""
    if incident.state is State.CLOSED:
        msg = f"{incident.id} is closed already ({incident.outcome})"
        raise IllegalMoveError(msg)
    return Event(incident.id, "closed", at_ms / 1000, at_ms, actor, reason, outcome=outcome)

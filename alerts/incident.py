"""An incident: one theft from its first report to its closing, as events folded into a state.

Events are the truth and are only ever appended; the state is what `fold` makes of them.  `receive`
decides which events a report causes, `alerts.action` those of people; both touch nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

from alerts.level import Level, level_of
from alerts.report import Report
from alerts.words import sentence

JOIN_WITHIN_S = {Level.BLUE: 6 * 3600.0, Level.YELLOW: 48 * 3600.0, Level.RED: 48 * 3600.0}
"""A report of another episode joins its vehicle's open incident if that one's last report is no
older than this, by the incident's level.

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


class Word(StrEnum):
    """What a person says: its owner ("it's me", "stolen"), or police and 110 ("confirmed")."""

    MINE = "mine"
    STOLEN = "stolen"
    CONFIRMED = "confirmed"


EventKind = Literal["opened", "joined", "raised", "lowered", "answered", "signed", "closed"]


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to an incident.

    `t` is event time (epoch s): of the fix that showed it, or of the person's action; `at_ms` is
    the processing time at which it was recorded.  `reason` is in English, or as a person put it;
    `reason_zh` is empty where it is the same, or was recorded before there was one.
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
    reason_zh: str = ""
    word: Word | None = None


@dataclass(frozen=True, slots=True)
class Rise:
    """The level an incident reached (or was lowered to, by a person), when, and why."""

    t: float
    level: Level
    reason: str
    reason_zh: str = ""


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
    word: Word | None = None

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
                {
                    "t": rise.t,
                    "level": rise.level.label,
                    "reason": rise.reason,
                    "reason_zh": rise.reason_zh or rise.reason,
                }
                for rise in self.history
            ],
        }


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
            history=(Rise(event.t, event.level, event.reason, event.reason_zh),),
        )
    if incident is None:
        msg = f"{event.kind} before opened"
        raise ValueError(msg)
    updated = replace(incident, t_updated=max(incident.t_updated, event.t))
    if event.kind == "joined" and event.report is not None:
        return replace(updated, reports=(*incident.reports, event.report))
    if event.kind in {"raised", "lowered"} and event.level is not None:
        return _at_level(updated, event, event.level)
    if event.kind == "answered" and event.word is not None:
        return _answered(updated, event, event.word)
    if event.kind in {"signed", "closed"}:
        return replace(updated, state=State(event.kind), outcome=event.outcome)
    msg = f"event {event.kind} lacks what it is about"
    raise ValueError(msg)


def _answered(incident: Incident, event: Event, word: Word) -> Incident:
    told = replace(incident, word=word)
    if event.level is None:
        return replace(told, state=State.CLOSED, outcome=event.outcome)
    return _at_level(told, event, event.level)


def _at_level(incident: Incident, event: Event, level: Level) -> Incident:
    if level is incident.level:
        return incident
    rise = Rise(event.t, level, event.reason, event.reason_zh)
    return replace(incident, level=level, history=(*incident.history, rise))


def fold_all(events: Iterable[Event]) -> Incident:
    """The incident that a non-empty history of events makes."""
    incident = None
    for event in events:
        incident = fold(incident, event)
    if incident is None:
        raise ValueError("no events")
    return incident


def receive(report: Report, known: Sequence[Incident], at_ms: int) -> list[Event]:
    """The events that a new report causes, given its vehicle's incidents, newest first; maybe none.

    One theft, one incident: see `incident_of`.  A report that joins a closed incident is filed
    there silently; one that would open an incident but has no level opens none.
    """
    incident, level = incident_of(report, known), level_of(report)
    en, zh = sentence(report, "en"), sentence(report, "zh")
    if incident is None and level is None:
        return []
    if incident is None:
        return [
            Event(
                incident_id="i-" + report.id.removeprefix("s-"),
                kind="opened",
                t=report.t_detected,
                at_ms=at_ms,
                actor="detector",
                reason=en,
                level=level,
                report=report,
                reason_zh=zh,
            )
        ]
    joined = Event(
        incident.id, "joined", report.t_detected, at_ms, "detector", en, report=report, reason_zh=zh
    )
    if incident.state is State.CLOSED or level is None or level <= _settled(incident, report):
        return [joined]
    raised = replace(joined, kind="raised", level=level, report=None)
    return [replace(joined, reason="", reason_zh=""), raised]  # said once, where it matters


def incident_of(report: Report, known: Sequence[Incident]) -> Incident | None:
    """Which of its vehicle's incidents, newest first, `report` belongs to; None for a new one.

    That of its episode, however old, an open one before a closed one; else the newest open one
    whose last report is near enough in time (`JOIN_WITHIN_S`).
    """
    same = [one for one in known if any(r.episode == report.episode for r in one.reports)]
    opened = [one for one in known if one.state is not State.CLOSED]
    near = [one for one in opened if _near(report, one)]
    return next((one for one in [*(o for o in same if o in opened), *same, *near]), None)


def _near(report: Report, incident: Incident) -> bool:
    last = max(known.t_detected for known in incident.reports)
    return abs(report.t_detected - last) <= JOIN_WITHIN_S[incident.level]


def _settled(incident: Incident, report: Report) -> Level:
    """What `report` must exceed to raise: a level that a person lowered stays so.

    The signals of an episode repeat the level it came to, so only a level that its episode had not
    come to yet, or a new episode, is news.
    """
    same = [level_of(one) for one in incident.reports if one.episode == report.episode]
    return max([incident.level, *(level for level in same if level is not None)])

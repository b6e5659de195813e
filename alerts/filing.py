"""Filing: which incident a report belongs to, and the events that it causes.  Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from alerts.event import Event
from alerts.incident import Incident
from alerts.level import Level, level_of
from alerts.report import Report
from alerts.words import sentence

JOIN_WITHIN_S = {Level.BLUE: 6 * 3600.0, Level.YELLOW: 48 * 3600.0, Level.RED: 48 * 3600.0}
"""A report of another episode joins its vehicle's open incident if that one's last report is no
older than this, by the incident's level.

A thief who lets a vehicle stand overnight and takes it further is one theft; two weak signs of
different days are not.
"""


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
                drill=report.is_drill,
            )
        ]
    joined = Event(
        incident.id, "joined", report.t_detected, at_ms, "detector", en, report=report, reason_zh=zh
    )
    if not incident.is_open or level is None or level <= _settled(incident, report):
        return [joined]
    raised = replace(joined, kind="raised", level=level, report=None)
    return [replace(joined, reason="", reason_zh=""), raised]  # said once, where it matters


def incident_of(report: Report, known: Sequence[Incident]) -> Incident | None:
    """Which of its vehicle's incidents, newest first, `report` belongs to; None for a new one.

    That of its episode, however old, an open one before a closed one; else the newest open one
    whose last report is near enough in time (`JOIN_WITHIN_S`).
    """
    same = [one for one in known if any(r.episode == report.episode for r in one.reports)]
    opened = [one for one in known if one.is_open]
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

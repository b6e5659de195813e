"""From a choice to the incident's history: a unit is assigned, and replaced if it does not sign.

Pure.  When it was asked stands in the incident, so it is not forgotten when a process dies; who had
it before stands there, too, and is not asked again.
"""

from __future__ import annotations

from dataclasses import replace

from alerts.action import Said, step
from alerts.dispatch.choosing import Choice
from alerts.dispatch.fitness import Task
from alerts.dispatch.why import duration
from alerts.event import Event, State, Step
from alerts.incident import Incident
from alerts.level import Level

ACTOR = "dispatch"
_WEIGHT = {Level.BLUE: 1, Level.YELLOW: 2, Level.RED: 6}
_SUPERVISED = 2
_NOBODY = 10
"""Before any of which somebody was asked: that one may yet sign."""


def task_of(incident: Incident, path: tuple[str, ...] = ()) -> Task:
    """What an incident wants: a unit where it was reported last, none of those it had."""
    newest = incident.reports[-1]
    course = incident.course
    asked = {course.party} if course.state is State.ASSIGNED and course.party else set()
    return Task(
        incident.id,
        newest.lon,
        newest.lat,
        path,
        weight=_WEIGHT[incident.level]
        + (_SUPERVISED if course.supervised else 0)
        + (0 if asked else _NOBODY),
        tried=frozenset({*course.tried, *asked}),
    )


def sign_due_ms(incident: Incident, within_s: float) -> int | None:
    """When whoever was asked has to have signed (epoch ms), None where nobody was."""
    course = incident.course
    if course.state is not State.ASSIGNED or course.asked_ms is None:
        return None
    return course.asked_ms + round(within_s * 1000)


def wants_unit(incident: Incident, now_ms: int, within_s: float) -> bool:
    """Whether dispatch has to choose: red with nobody asked, or asked in vain."""
    if incident.level is not Level.RED or incident.merged_into:
        return False
    if incident.state in {State.REPORTED, State.ACCEPTED}:
        return True
    due_ms = sign_due_ms(incident, within_s)
    return due_ms is not None and due_ms <= now_ms


def handed(incident: Incident, choice: Choice, at_ms: int) -> Event | None:
    """The step that gives the incident to the first of the choice; None where there is nobody.

    Raises `alerts.action.IllegalMoveError` where it is not to be given any more.
    """
    if not choice.picks:
        return None
    unit, en, zh = choice.picks[0].unit, choice.said.en, choice.said.zh
    course = incident.course
    kind: Step = "assigned"
    if course.state is State.ASSIGNED:
        waited = duration((at_ms - (course.asked_ms or at_ms)) / 1000)
        en = f"{course.party} has not signed for {waited.en}; {en}"
        zh = f"{course.party} 已 {waited.zh}未签收；{zh}"
        kind = "reassigned"
    event = step(incident, kind, ACTOR, en, at_ms, Said(party=unit))
    return None if event is None else replace(event, reason_zh=zh)

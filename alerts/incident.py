"""What is known of one theft: its events, folded into a state.

Events are the truth and are only ever appended; the state is what `fold` makes of them.
`alerts.filing` decides which events a report causes, `alerts.action` those of people.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from alerts.event import OPEN, Event, Outcome, Run, State, Word
from alerts.level import Level
from alerts.report import Report
from alerts.step import STEPS, Moment


@dataclass(frozen=True, slots=True)
class Rise:
    """The level an incident reached (or was lowered to, by a person), when, and why."""

    t: float
    level: Level
    reason: str
    reason_zh: str = ""


@dataclass(frozen=True, slots=True)
class Stamp:
    """When it came to a moment of its life.

    `t` is event time (epoch s), `at_ms` the processing time; `by` what it is known from.
    """

    moment: Moment
    t: float
    at_ms: int
    actor: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class Course:
    """What steps move: where it stands, whose it is, and when it came to what.

    `desk` is the centre that somebody gave it to, empty while it is where its place says.
    `asked_ms` is when its `party` was given it (epoch ms), `tried` who had it before.
    """

    state: State = State.REPORTED
    party: str = ""
    stamps: tuple[Stamp, ...] = ()
    outcome: Outcome | None = None
    supervised: bool = False
    score: int | None = None
    desk: str = ""
    asked_ms: int | None = None
    tried: tuple[str, ...] = ()

    def stamp(self, moment: Moment) -> Stamp | None:
        """When it came to `moment` first, None when it did not."""
        return next((one for one in self.stamps if one.moment == moment), None)


@dataclass(frozen=True, slots=True)
class LastStep:
    """A person's newest step, and the course before it."""

    actor: str
    at_ms: int
    before: Course


@dataclass(frozen=True, slots=True)
class Incident:
    """What is known of one theft now; times in epoch seconds, WGS-84 degrees.

    `links` are other incidents that somebody found to belong to it; `merged_into` the one in which
    it goes on.
    """

    id: str
    vehicle_id: str
    level: Level
    t_opened: float
    t_detected: float
    t_updated: float
    lon: float
    lat: float
    reports: tuple[Report, ...]
    history: tuple[Rise, ...]
    course: Course = Course()
    word: Word | None = None
    links: tuple[str, ...] = ()
    merged_into: str = ""
    drill: bool = False
    clock: Run | None = None
    last_step: LastStep | None = None

    @property
    def state(self) -> State:
        """Where it stands."""
        return self.course.state

    @property
    def outcome(self) -> Outcome | None:
        """How it ended, None while it is open or where nobody said."""
        return self.course.outcome

    @property
    def is_open(self) -> bool:
        """Whether something is still to be done."""
        return self.course.state in OPEN

    @property
    def vehicles(self) -> tuple[str, ...]:
        """All vehicles that its reports are of, its own first."""
        return tuple(dict.fromkeys((self.vehicle_id, *(r.vehicle_id for r in self.reports))))

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
        return _opened(incident, event)
    if incident is None:
        msg = f"{event.kind} before opened"
        raise ValueError(msg)
    if event.kind in STEPS:
        return _stepped(incident, event)
    updated = replace(incident, t_updated=max(incident.t_updated, event.t))
    after = _told(updated, event)
    if after is None:
        msg = f"event {event.kind} lacks what it is about"
        raise ValueError(msg)
    return after


def _told(incident: Incident, event: Event) -> Incident | None:
    """The incident after an event that is no step; None for one that lacks what it is about."""
    after = None
    if event.kind == "joined" and event.report is not None:
        after = replace(incident, reports=(*incident.reports, event.report))
    elif event.kind in {"raised", "lowered"} and event.level is not None:
        after = _at_level(incident, event, event.level)
    elif event.kind == "answered" and event.word is not None:
        after = _answered(incident, event, event.word)
    elif event.kind in {"linked", "absorbed", "split"} and event.other:
        after = _beside(incident, event)
    elif event.kind == "clocked" and event.clock is not None:
        after = replace(incident, clock=event.clock)
    elif event.mark and incident.clock is not None:
        told = (*incident.clock.told, event.mark)
        after = replace(incident, clock=replace(incident.clock, told=told))
    elif event.kind == "undone" and incident.last_step is not None:
        after = _undone(incident, incident.last_step)
    return after


def _opened(incident: Incident | None, event: Event) -> Incident:
    report = event.report
    if incident is not None or report is None or event.level is None:
        raise ValueError("an incident is opened once, by a report, at a level")
    fresh = Incident(
        id=event.incident_id,
        vehicle_id=report.vehicle_id,
        level=event.level,
        t_opened=report.t,
        t_detected=report.t_detected,
        t_updated=report.t_detected,
        lon=report.lon,
        lat=report.lat,
        reports=(report, *event.reports),
        history=(Rise(event.t, event.level, event.reason, event.reason_zh),),
        links=(event.other,) if event.other else (),
        drill=event.drill,
    )
    return _alerted(fresh, event)


def _stepped(incident: Incident, event: Event) -> Incident:
    rule = STEPS[event.kind]  # type: ignore[index]  # asked by whoever calls
    course = incident.course
    if course.state not in rule.allowed:
        msg = f"{event.kind} cannot follow {course.state}"
        raise ValueError(msg)
    after = replace(
        _given(course, event, moves_desk=rule.moves_desk),
        state=rule.after or course.state,
        supervised=course.supervised or event.kind == "supervised",
        outcome=event.outcome if event.kind in {"closed", "reopened"} else course.outcome,
        score=event.score if event.kind in {"rated", "reopened"} else course.score,
    )
    if rule.stamp and course.stamp(rule.stamp) is None:
        after = _stamped(after, event, rule.stamp)
    stepped = replace(
        incident,
        t_updated=max(incident.t_updated, event.t),
        course=after,
        merged_into=event.other if event.outcome is Outcome.MERGED else "",
        last_step=LastStep(event.actor, event.at_ms, course),
    )
    if event.kind != "reopened":
        return stepped
    # it is gone through anew, with a clock of its own; what it was is in the events
    anew = replace(after, stamps=(), party="", asked_ms=None, tried=())
    return _alerted(replace(stepped, course=anew, clock=None, last_step=None), event)


def _given(course: Course, event: Event, *, moves_desk: bool) -> Course:
    """Whose it is after a step."""
    if moves_desk:
        return replace(course, desk=event.party)
    if event.kind == "supervised":
        return course  # its party watches
    taken = event.kind in {"returned", "reassigned"} and course.party
    tried = tuple(dict.fromkeys((*course.tried, course.party))) if taken else course.tried
    if event.kind == "returned":
        return replace(course, party="", asked_ms=None, tried=tried)
    asked_ms = event.at_ms if event.kind in {"assigned", "reassigned"} else course.asked_ms
    return replace(course, party=event.party or course.party, asked_ms=asked_ms, tried=tried)


def _undone(incident: Incident, last: LastStep) -> Incident:
    """As before the step, but for the clocks, which no step starts or stops."""
    alerted = [one for one in incident.course.stamps if one.moment == "alerted"]
    others = [one for one in last.before.stamps if one.moment != "alerted"]
    course = replace(last.before, stamps=(*alerted, *others))
    return replace(incident, course=course, last_step=None)


def _stamped(course: Course, event: Event, moment: Moment) -> Course:
    stamp = Stamp(moment, event.t, event.at_ms, event.actor, event.by)
    return replace(course, stamps=(*course.stamps, stamp))


def _beside(incident: Incident, event: Event) -> Incident:
    """Two incidents have to do with each other: linked, one absorbed the other, or was cut."""
    links = tuple(dict.fromkeys((*incident.links, event.other)))
    named = {report.id for report in event.reports}
    kept = tuple(report for report in incident.reports if report.id not in named)
    if event.kind == "linked":
        return replace(incident, links=links)
    if event.kind == "split":
        return replace(incident, links=links, reports=kept)
    held = {report.id for report in incident.reports}
    more = tuple(report for report in event.reports if report.id not in held)
    grown = replace(incident, links=links, reports=(*incident.reports, *more))
    if event.level is None or event.level <= incident.level:
        return grown
    return _at_level(grown, event, event.level)


def _answered(incident: Incident, event: Event, word: Word) -> Incident:
    told = replace(incident, word=word)
    if event.level is None:
        course = replace(incident.course, state=State.CLOSED, outcome=event.outcome)
        return replace(told, course=_stamped(course, event, "closed"), last_step=None)
    return _at_level(told, event, event.level)


def _at_level(incident: Incident, event: Event, level: Level) -> Incident:
    if level is incident.level:
        return incident
    rise = Rise(event.t, level, event.reason, event.reason_zh)
    return _alerted(replace(incident, level=level, history=(*incident.history, rise)), event)


def _alerted(incident: Incident, event: Event) -> Incident:
    """Red calls officers, which is when its clocks start; below red there are none."""
    course = incident.course
    if incident.level is not Level.RED:
        kept = tuple(one for one in course.stamps if one.moment != "alerted")
        return replace(incident, course=replace(course, stamps=kept), clock=None)
    if course.stamp("alerted") is not None:
        return incident
    return replace(incident, course=_stamped(course, event, "alerted"))


def fold_all(events: Iterable[Event]) -> Incident:
    """The incident that a non-empty history of events makes."""
    incident = None
    for event in events:
        incident = fold(incident, event)
    if incident is None:
        raise ValueError("no events")
    return incident

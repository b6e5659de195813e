"""What people do about an incident: steps, answers, levels, and what it has to do with others.

Each decides which events follow, and touches nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import NamedTuple

from alerts.event import Event, Outcome, State, Step, Word
from alerts.incident import Incident
from alerts.level import Level
from alerts.step import STEPS
from alerts.vocabulary import Name
from alerts.words import answered, lowered, sentence

UNDO_WITHIN_MS = 60_000
"""A person may take a step back for so long: a tap in a moving car slips."""
BEST = 5
"""Ratings go from 1 to this."""


class IllegalMoveError(ValueError):
    """The incident's state does not allow this action."""


class Said(NamedTuple):
    """What comes with a step, where it has a place for it; see `Event`."""

    party: str = ""
    by: str = ""
    outcome: Outcome | None = None
    score: int | None = None
    t: float | None = None
    """When it happened, if that was not when it was told, epoch s."""


_UNSAID = Said()


def step(  # noqa: PLR0917 - what a person does has this many parts
    incident: Incident, kind: Step, actor: str, reason: str, at_ms: int, said: Said = _UNSAID
) -> Event | None:
    """A person's step; None where it was taken already (a tap twice).

    Raises `IllegalMoveError` where the state does not allow it, `ValueError` for what is missing:
    a reason, a party, a rating of 1 to `BEST`.
    """
    rule = STEPS[kind]
    course = incident.course
    if rule.names_party and not said.party:
        msg = f"{kind}: to whom?"
        raise ValueError(msg)
    if rule.says_why and not reason:
        msg = f"{kind}: expected a reason"
        raise ValueError(msg)
    if kind == "rated" and (said.score is None or not 1 <= said.score <= BEST):
        msg = f"rated: expected a score of 1 to {BEST}, found {said.score}"
        raise ValueError(msg)
    if _is_repeated(incident, kind, actor, said):
        return None
    if course.state not in rule.allowed:
        states = ", ".join(state for state in State if state in rule.allowed)
        msg = f"{incident.id} is {course.state}; {kind} goes from: {states}"
        raise IllegalMoveError(msg)
    return Event(
        *(incident.id, kind, at_ms / 1000 if said.t is None else said.t, at_ms, actor, reason),
        outcome=said.outcome if kind == "closed" else None,
        party=said.party,
        by=said.by,
        score=said.score if kind == "rated" else None,
    )


def _is_repeated(incident: Incident, kind: Step, actor: str, said: Said) -> bool:
    """Whether the newest step was this very one: sent twice over a bad line."""
    rule, last, course = STEPS[kind], incident.last_step, incident.course
    if last is None or last.actor != actor or rule.after is not course.state:
        return False
    fresh = len(course.stamps) > len(last.before.stamps)
    told = fresh and course.stamps[-1].moment == rule.stamp
    same_end = kind != "closed" or course.outcome is said.outcome
    return told and same_end and said.party in {"", course.party}


def undo(incident: Incident, actor: str, reason: str, at_ms: int) -> Event:
    """Take one's own last step back.

    Raises `IllegalMoveError` when it was another's, too long ago, or when there is none.
    """
    last = incident.last_step
    if last is None or last.actor != actor or incident.merged_into:
        msg = f"{incident.id}: there is no step of {actor} to take back"
        raise IllegalMoveError(msg)
    if at_ms - last.at_ms > UNDO_WITHIN_MS:
        msg = f"{incident.id}: the step is more than {UNDO_WITHIN_MS // 1000} s ago"
        raise IllegalMoveError(msg)
    return Event(incident.id, "undone", at_ms / 1000, at_ms, actor, reason)


def merge(
    one: Incident, into: Incident, actor: str, reason: str, at_ms: int
) -> tuple[Event, Event]:
    """One theft was told twice, or several vehicles were taken at once: `one` goes on in `into`.

    Raises `IllegalMoveError` unless both are open, two, and both drills or none, `ValueError`
    without a reason.
    """
    if not reason:
        raise ValueError("merge: expected a reason")
    if one.id == into.id or not (one.is_open and into.is_open) or one.drill is not into.drill:
        msg = f"{one.id} ({one.state}) cannot be merged into {into.id} ({into.state})"
        raise IllegalMoveError(msg)
    at = (at_ms / 1000, at_ms, actor, reason)
    closed = Event(one.id, "closed", *at, outcome=Outcome.MERGED, other=into.id)
    absorbed = Event(into.id, "absorbed", *at, level=one.level, other=one.id, reports=one.reports)
    return closed, absorbed


def split(
    incident: Incident, named: Collection[str], actor: str, reason: str, at_ms: int
) -> tuple[Event, Event]:
    """Two thefts were taken for one: the reports `named` by id go to an incident of their own.

    Raises `IllegalMoveError` when it is closed, `ValueError` without a reason, for a report that is
    none of its own, and when the first report or all would go.
    """
    if not reason:
        raise ValueError("split: expected a reason")
    if not incident.is_open:
        msg = f"{incident.id} is {incident.state}; only an open incident can be split"
        raise IllegalMoveError(msg)
    goes = tuple(report for report in incident.reports if report.id in named)
    if len(goes) != len(set(named)) or not goes or incident.reports[0] in goes:
        raise ValueError("split: expected reports of the incident, and not its first")
    first, *rest = goes
    new = "i-" + first.id.removeprefix("s-")
    at = (at_ms / 1000, at_ms, actor)
    cut = Event(incident.id, "split", *at, reason, other=new, reports=goes)
    opened = Event(
        *(new, "opened", first.t_detected, at_ms, actor, sentence(first, "en")),
        level=incident.level,
        report=first,
        reason_zh=sentence(first, "zh"),
        other=incident.id,
        reports=tuple(rest),
        drill=incident.drill,
    )
    return cut, opened


def link(one: Incident, other: Incident, actor: str, reason: str, at_ms: int) -> list[Event]:
    """The two have to do with each other; none where that was said already.

    Raises `IllegalMoveError` for an incident and itself.
    """
    if one.id == other.id:
        msg = f"{one.id} cannot be linked with itself"
        raise IllegalMoveError(msg)
    at = (at_ms / 1000, at_ms, actor, reason)
    pairs = ((one, other), (other, one))
    return [Event(a.id, "linked", *at, other=b.id) for a, b in pairs if b.id not in a.links]


def answer(incident: Incident, actor: str, word: Word, reason: str, at_ms: int) -> Event | None:
    """A person's word; None when the incident stands as this word left it already.

    "mine" closes it as a false alarm, "stolen" and "confirmed" raise it to red, each at once.
    Raises `IllegalMoveError` when it is closed, and on "mine" after "confirmed": what the police
    have found true is theirs to close.
    """
    stands = not incident.is_open if word is Word.MINE else incident.level is Level.RED
    if incident.word is word and stands and (word is Word.MINE or incident.is_open):
        return None
    if not incident.is_open:
        msg = f"{incident.id} is closed already ({incident.outcome})"
        raise IllegalMoveError(msg)
    if word is Word.MINE and incident.word is Word.CONFIRMED:
        msg = f"{incident.id} is confirmed; it can only be closed with its outcome"
        raise IllegalMoveError(msg)
    said = answered(word, reason)
    mine = word is Word.MINE
    return _told(
        Event(
            *(incident.id, "answered", at_ms / 1000, at_ms, actor),
            level=None if mine else Level.RED,
            outcome=Outcome.FALSE_ALARM if mine else None,
            word=word,
        ),
        said,
    )


def lower(incident: Incident, actor: str, level: Level, reason: str, at_ms: int) -> Event:
    """A person finds it less grave than it looked.

    Raises `IllegalMoveError` when it is closed or not above `level`, `ValueError` without a reason.
    """
    if not reason:
        raise ValueError("a level falls only with a stated reason")
    if not incident.is_open or level >= incident.level:
        where = incident.level.label if incident.is_open else "closed"
        msg = f"{incident.id} is {where}; it cannot be lowered to {level.label}"
        raise IllegalMoveError(msg)
    event = Event(incident.id, "lowered", at_ms / 1000, at_ms, actor, level=level)
    return _told(event, lowered(level.label, reason))


def _told(event: Event, said: Name) -> Event:
    return replace(event, reason=said.en, reason_zh=said.zh)

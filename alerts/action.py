"""What people do about an incident: sign, close, answer, lower.

Each decides which event follows, and touches nothing.
"""

from __future__ import annotations

from dataclasses import replace

from alerts.incident import Event, Incident, Outcome, State, Word
from alerts.level import Level
from alerts.vocabulary import Name
from alerts.words import answered, lowered


class IllegalMoveError(ValueError):
    """The incident's state does not allow this action."""


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


def answer(incident: Incident, actor: str, word: Word, reason: str, at_ms: int) -> Event | None:
    """A person's word; None when the incident stands as this word left it already.

    "mine" closes it as a false alarm, "stolen" and "confirmed" raise it to red, each at once.
    Raises `IllegalMoveError` when it is closed, and on "mine" after "confirmed": what the police
    have found true is theirs to close.
    """
    stands = incident.state is State.CLOSED if word is Word.MINE else incident.level is Level.RED
    if incident.word is word and stands and (word is Word.MINE or incident.state != State.CLOSED):
        return None
    if incident.state is State.CLOSED:
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
    if incident.state is State.CLOSED or level >= incident.level:
        where = "closed" if incident.state is State.CLOSED else incident.level.label
        msg = f"{incident.id} is {where}; it cannot be lowered to {level.label}"
        raise IllegalMoveError(msg)
    event = Event(incident.id, "lowered", at_ms / 1000, at_ms, actor, level=level)
    return _told(event, lowered(level.label, reason))


def _told(event: Event, said: Name) -> Event:
    return replace(event, reason=said.en, reason_zh=said.zh)

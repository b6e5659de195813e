"""What people do, in few words, for the tests of this room and those above it."""

from __future__ import annotations

from alerts import action
from alerts.action import Said
from alerts.event import Outcome, Step, Word
from alerts.ledger import Entry, Ledger
from alerts.level import Level


def step(
    ledger: Ledger, incident_id: str, kind: Step, *, at_ms: int, actor: str = "officer",
    reason: str = "", said: Said | None = None,
) -> Entry:  # fmt: skip
    return ledger.act(
        incident_id, lambda held: action.step(held, kind, actor, reason, at_ms, said or Said())
    )


def close(
    ledger: Ledger, incident_id: str, outcome: Outcome | None, *, at_ms: int, actor: str = "officer"
) -> Entry:
    return step(ledger, incident_id, "closed", at_ms=at_ms, actor=actor, said=Said(outcome=outcome))


def answer(ledger: Ledger, incident_id: str, word: Word, reason: str, *, at_ms: int) -> Entry:
    return ledger.act(incident_id, lambda held: action.answer(held, "desk", word, reason, at_ms))


def lower(ledger: Ledger, incident_id: str, level: Level, reason: str, *, at_ms: int) -> Entry:
    return ledger.act(incident_id, lambda held: action.lower(held, "officer", level, reason, at_ms))

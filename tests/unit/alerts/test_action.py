"""A person's word is evidence: it closes or raises at once, and what it lowered stays so."""

import pytest

from alerts.action import IllegalMoveError
from alerts.event import Outcome, State, Word
from alerts.incident import Incident, fold_all
from alerts.ledger import UnknownIncidentError
from alerts.level import Level
from alerts.sqlite_ledger import SqliteLedger
from tests.unit.alerts import acting
from tests.unit.alerts.reports import report


@pytest.fixture
def ledger() -> SqliteLedger:
    ledger = SqliteLedger(":memory:")
    ledger.receive([report()], at_ms=1)
    return ledger


ID = "i-v-left_fence-1000.0"


def answer(ledger: SqliteLedger, word: Word, reason: str = "by telephone") -> Incident:
    return acting.answer(ledger, ID, word, reason, at_ms=2_000_000).incident


def test_its_me_closes_as_a_false_alarm_and_files_what_follows_silently(
    ledger: SqliteLedger,
) -> None:
    incident = answer(ledger, Word.MINE, "lent to my brother")
    assert (incident.state, incident.outcome) == (State.CLOSED, Outcome.FALSE_ALARM)
    (entry,) = ledger.receive(
        [report("moved_while_armed", t=1010.0, episode=1000.0)], at_ms=3_000_000
    )
    assert entry.event.kind == "joined"
    assert entry.incident.state is State.CLOSED
    event = ledger.incident(ID)[1][1].event
    assert event.reason == "the owner says: it's me: lent to my brother"
    assert event.reason_zh == "车主称是本人用车：lent to my brother"


@pytest.mark.parametrize("word", [Word.STOLEN, Word.CONFIRMED])
def test_a_persons_word_raises_to_red_at_once_and_says_whose(
    ledger: SqliteLedger, word: Word
) -> None:
    incident = answer(ledger, word)
    assert (incident.level, incident.word) == (Level.RED, word)
    said = {Word.STOLEN: "the owner says stolen", Word.CONFIRMED: "confirmed by the police"}[word]
    assert incident.history[-1].reason.startswith(said)
    assert incident.state is State.REPORTED


@pytest.mark.parametrize("word", list(Word))
def test_a_word_said_twice_is_recorded_once(ledger: SqliteLedger, word: Word) -> None:
    once = answer(ledger, word)
    seq = ledger.last_seq()
    assert answer(ledger, word) == once
    assert ledger.last_seq() == seq
    assert once == fold_all(entry.event for entry in ledger.incident(ID)[1])


def test_who_stole_what_is_closed_can_no_longer_be_answered(ledger: SqliteLedger) -> None:
    acting.close(ledger, ID, Outcome.RECOVERED, at_ms=2)
    for word in Word:
        with pytest.raises(IllegalMoveError, match="closed already"):
            answer(ledger, word)


def test_an_owner_cannot_close_what_the_police_confirmed(ledger: SqliteLedger) -> None:
    answer(ledger, Word.CONFIRMED)
    with pytest.raises(IllegalMoveError, match="is confirmed"):
        answer(ledger, Word.MINE)


def test_an_owner_who_first_said_stolen_may_still_say_that_it_is_them(ledger: SqliteLedger) -> None:
    answer(ledger, Word.STOLEN)
    assert answer(ledger, Word.MINE).state is State.CLOSED


def test_a_lowered_level_stays_until_its_episode_grows_worse_or_another_begins(
    ledger: SqliteLedger,
) -> None:
    ledger.receive([report("moved_while_armed", t=1010.0, episode=1000.0)], at_ms=2)
    low = acting.lower(ledger, ID, Level.BLUE, "seen on camera, the owner", at_ms=3).incident
    assert [rise.level for rise in low.history] == [Level.BLUE, Level.RED, Level.BLUE]
    assert low.history[-1].reason == "lowered to blue: seen on camera, the owner"
    (same,) = ledger.receive([report("silent", t=1020.0, episode=1000.0, level="red")], at_ms=4)
    assert same.incident.level is Level.BLUE
    *_, other = ledger.receive([report(t=2000.0, level="red")], at_ms=5)
    assert (other.incident.id, other.incident.level) == (ID, Level.RED)


def test_stolen_said_again_after_lowering_raises_again(ledger: SqliteLedger) -> None:
    answer(ledger, Word.STOLEN)
    acting.lower(ledger, ID, Level.YELLOW, "a misunderstanding", at_ms=3)
    assert answer(ledger, Word.STOLEN).level is Level.RED


def test_a_level_falls_only_with_a_reason_and_only_down(ledger: SqliteLedger) -> None:
    with pytest.raises(ValueError, match="stated reason"):
        acting.lower(ledger, ID, Level.BLUE, "", at_ms=2)
    with pytest.raises(IllegalMoveError, match="is blue"):
        acting.lower(ledger, ID, Level.BLUE, "why not", at_ms=2)
    answer(ledger, Word.MINE)
    with pytest.raises(IllegalMoveError, match="is closed"):
        acting.lower(ledger, ID, Level.BLUE, "why not", at_ms=2)


def test_a_word_stolen_joins_what_follows_for_two_days(ledger: SqliteLedger) -> None:
    answer(ledger, Word.STOLEN)
    (entry,) = ledger.receive([report(t=1000.0 + 40 * 3600)], at_ms=3)
    assert entry.incident.id == ID


def test_nobody_can_answer_what_is_not_there(ledger: SqliteLedger) -> None:
    with pytest.raises(UnknownIncidentError):
        acting.answer(ledger, "i-nothing", Word.MINE, "x", at_ms=1)
    with pytest.raises(UnknownIncidentError):
        acting.lower(ledger, "i-nothing", Level.BLUE, "x", at_ms=1)

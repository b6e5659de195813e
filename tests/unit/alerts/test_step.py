"""An incident's life: what people do, in which order, and what of it can be taken back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import action
from alerts.action import IllegalMoveError, Said
from alerts.event import OPEN, Outcome, State, Step
from alerts.filing import receive
from alerts.incident import Incident, fold, fold_all
from alerts.ledger import UnknownIncidentError, Wanted
from alerts.level import Level
from alerts.sqlite_ledger import SqliteLedger
from alerts.step import STEPS
from tests.unit.alerts.acting import answer, close, lower, step
from tests.unit.alerts.reports import report

ID = "i-v-left_fence-1000.0"
OTHER = "i-w-left_fence-1000.0"
WAY: list[Step] = [
    "accepted", "assigned", "signed", "departed", "on_scene", "contained", "feedback", "closed",
    "rated",
]  # fmt: skip


def fresh(level: str = "red") -> Incident:
    (event,) = receive(report(level=level), [], 1_000_000)
    return fold(None, event)


def ledger_of(*vehicles: str, level: str = "red") -> SqliteLedger:
    ledger = SqliteLedger(":memory:")
    ledger.receive([report(vehicle=v, level=level) for v in vehicles or ("v",)], at_ms=1_000_000)
    return ledger


def said_with(kind: Step) -> Said:
    return Said(
        party="unit-7" if STEPS[kind].names_party else "", score=4 if kind == "rated" else None
    )


def after(incident: Incident, kind: Step, at_ms: int = 2_000_000) -> Incident:
    event = action.step(incident, kind, "officer", "because", at_ms, said_with(kind))
    return incident if event is None else fold(incident, event)


def test_a_whole_life_stamps_every_moment_once_with_its_two_times() -> None:
    incident = fresh()
    for n, kind in enumerate(WAY):
        said = said_with(kind)._replace(t=2000.0 + n, by="tap")
        event = action.step(incident, kind, "officer", "because", 3_000_000 + n, said)
        assert event is not None
        incident = fold(incident, event)
    assert incident.state is State.RATED
    stamps = [(one.moment, one.t, one.at_ms, one.by) for one in incident.course.stamps]
    assert stamps == [
        ("alerted", 1000.0, 1_000_000, ""),
        ("dispatched", 2001.0, 3_000_001, "tap"),
        ("signed", 2002.0, 3_000_002, "tap"),
        ("departed", 2003.0, 3_000_003, "tap"),
        ("on_scene", 2004.0, 3_000_004, "tap"),
        ("contained", 2005.0, 3_000_005, "tap"),
        ("feedback", 2006.0, 3_000_006, "tap"),
        ("closed", 2007.0, 3_000_007, "tap"),
    ]
    assert incident.course.score == 4


@given(st.lists(st.sampled_from(sorted(STEPS)), max_size=14))
def test_only_what_the_table_allows_happens_and_the_rest_is_told_why(kinds: list[Step]) -> None:
    incident, events = fresh(), []
    for n, kind in enumerate(kinds):
        rule = STEPS[kind]
        state = incident.state
        arguments = (incident, kind, f"officer {n}", "because", 2_000_000 + n, said_with(kind))
        if state not in rule.allowed:
            with pytest.raises(IllegalMoveError, match=f"is {state}; {kind} goes from"):
                action.step(*arguments)
            continue
        event = action.step(*arguments)
        assert event is not None
        events.append(event)
        incident = fold(incident, event)
        assert incident.state is (rule.after or state)
        assert incident.is_open == (incident.state in OPEN)
        moments = [one.moment for one in incident.course.stamps]
        assert len(moments) == len(set(moments))
    (opened,) = receive(report(level="red"), [], 1_000_000)
    assert fold_all([opened, *events]) == incident


def test_a_tap_that_comes_twice_is_one_step() -> None:
    signed = after(fresh(), "signed")
    assert action.step(signed, "signed", "officer", "", 2_000_500) is None
    with pytest.raises(IllegalMoveError, match="signed goes from"):
        action.step(signed, "signed", "another", "", 2_000_500)
    ledger = ledger_of()
    first = close(ledger, ID, Outcome.RECOVERED, at_ms=2_000_000)
    assert close(ledger, ID, Outcome.RECOVERED, at_ms=2_000_100) == first
    with pytest.raises(IllegalMoveError):
        close(ledger, ID, Outcome.NOT_FOUND, at_ms=2_000_200)


@pytest.mark.parametrize("kind", ["returned", "reassigned", "supervised", "feedback", "reopened"])
def test_what_changes_hands_or_ends_says_why(kind: Step) -> None:
    with pytest.raises(ValueError, match="expected a reason"):
        action.step(fresh(), kind, "officer", "", 2, said_with(kind))


@pytest.mark.parametrize("kind", ["assigned", "reassigned"])
def test_a_task_is_given_to_somebody(kind: Step) -> None:
    with pytest.raises(ValueError, match="to whom"):
        action.step(fresh(), kind, "officer", "because", 2)


@pytest.mark.parametrize("score", [None, 0, 6])
def test_a_rating_is_one_to_five(score: int | None) -> None:
    with pytest.raises(ValueError, match="1 to 5"):
        action.step(after(fresh(), "closed"), "rated", "officer", "", 2, Said(score=score))


def test_who_has_the_task_follows_assigning_returning_and_reassigning() -> None:
    given_to = after(fresh(), "assigned")
    assert given_to.course.party == "unit-7"
    assert after(given_to, "returned").course.party == ""
    event = action.step(given_to, "reassigned", "desk", "nearer", 3, Said(party="unit-9"))
    assert event is not None
    assert fold(given_to, event).course.party == "unit-9"
    assert after(given_to, "supervised").course.supervised


def test_the_clock_starts_with_red_and_ends_when_it_falls() -> None:
    ledger = ledger_of(level="yellow")
    assert ledger.incident(ID)[0].course.stamp("alerted") is None
    ledger.receive([report("moved_while_armed", t=1010.0, episode=1000.0)], at_ms=1_500_000)
    alerted = ledger.incident(ID)[0].course.stamp("alerted")
    assert alerted is not None
    assert (alerted.t, alerted.at_ms) == (1010.0, 1_500_000)
    low = lower(ledger, ID, Level.BLUE, "seen", at_ms=1_600_000).incident
    assert low.course.stamp("alerted") is None


def test_a_step_can_be_taken_back_by_who_took_it_for_a_minute() -> None:
    ledger = ledger_of()
    before = ledger.incident(ID)[0]
    step(ledger, ID, "signed", at_ms=2_000_000)
    with pytest.raises(IllegalMoveError, match="no step of another"):
        ledger.act(ID, lambda held: action.undo(held, "another", "", 2_000_001))
    with pytest.raises(IllegalMoveError, match="60 s ago"):
        ledger.act(ID, lambda held: action.undo(held, "officer", "", 2_060_001))
    undone = ledger.act(ID, lambda held: action.undo(held, "officer", "slipped", 2_010_000))
    assert undone.incident.course == before.course
    assert [entry.event.kind for entry in ledger.incident(ID)[1]] == ["opened", "signed", "undone"]
    with pytest.raises(IllegalMoveError):
        ledger.act(ID, lambda held: action.undo(held, "officer", "", 2_010_001))


def test_taking_a_step_back_neither_starts_nor_stops_the_clock() -> None:
    ledger = ledger_of(level="yellow")
    step(ledger, ID, "signed", at_ms=2_000_000)
    answer(ledger, ID, action.Word.STOLEN, "", at_ms=2_001_000)
    undone = ledger.act(ID, lambda held: action.undo(held, "officer", "", 2_002_000)).incident
    assert [one.moment for one in undone.course.stamps] == ["alerted"]
    assert undone.state is State.REPORTED


def test_a_reopened_incident_is_gone_through_anew() -> None:
    incident = after(after(fresh(), "signed"), "closed")
    again = after(incident, "reopened")
    assert (again.state, again.outcome) == (State.REPORTED, None)
    assert [one.moment for one in again.course.stamps] == ["alerted"]


def test_one_incident_goes_on_in_another_and_takes_its_later_signals_along() -> None:
    ledger = ledger_of("v", "w", level="yellow")
    ledger.receive([report("moved_while_armed", vehicle="w", t=1010.0, episode=1000.0)], 1_100_000)
    entry = ledger.merge(OTHER, ID, "desk", "one van", 2_000_000)
    assert entry.incident.vehicles == ("v", "w")
    assert entry.incident.level is Level.RED
    one = ledger.incident(OTHER)[0]
    assert (one.state, one.outcome, one.merged_into) == (State.CLOSED, Outcome.MERGED, ID)
    (joined,) = ledger.receive([report("silent", vehicle="w", t=1020.0, episode=1000.0)], 3_000_000)
    assert joined.incident.id == ID
    with pytest.raises(IllegalMoveError, match="cannot be merged"):
        ledger.merge(OTHER, ID, "desk", "again", 2_000_001)
    with pytest.raises(IllegalMoveError, match="no step of desk"):
        ledger.act(OTHER, lambda held: action.undo(held, "desk", "", 2_000_002))


def test_nothing_is_merged_in_part() -> None:
    ledger = ledger_of("v", "w")
    with pytest.raises(ValueError, match="reason"):
        ledger.merge(OTHER, ID, "desk", "", 2)
    with pytest.raises(UnknownIncidentError):
        ledger.merge(OTHER, "i-nothing", "desk", "why", 2)
    with pytest.raises(IllegalMoveError):
        ledger.merge(ID, ID, "desk", "why", 2)
    assert ledger.last_seq() == 2


def test_two_thefts_that_were_taken_for_one_are_cut_apart() -> None:
    ledger = ledger_of()
    ledger.receive([report(t=5000.0, level="yellow")], at_ms=1_100_000)
    first, second = ledger.incident(ID)[0].reports
    entry = ledger.split(ID, {second.id}, "desk", "another day", 2_000_000)
    assert (entry.incident.id, entry.incident.links) == ("i-v-left_fence-5000.0", (ID,))
    assert entry.incident.reports == (second,)
    left = ledger.incident(ID)[0]
    assert (left.reports, left.links) == ((first,), (entry.incident.id,))
    assert len(ledger.newest(Wanted(), None, 10)) == 2
    (joined,) = ledger.receive([report("silent", t=5010.0, episode=5000.0)], 3_000_000)
    assert joined.incident.id == entry.incident.id


@pytest.mark.parametrize("named", [set(), {"s-none"}, {"s-v-left_fence-1000.0"}])
def test_the_first_report_stays_and_nobody_cuts_what_is_not_there(named: set[str]) -> None:
    ledger = ledger_of()
    ledger.receive([report(t=5000.0)], at_ms=1_100_000)
    with pytest.raises(ValueError, match="not its first"):
        ledger.split(ID, named, "desk", "why", 2)


def test_incidents_that_belong_together_know_each_other_once() -> None:
    ledger = ledger_of("v", "w")
    ledger.link(ID, OTHER, "desk", "same street", 2)
    seq = ledger.last_seq()
    ledger.link(ID, OTHER, "desk", "same street", 3)
    assert ledger.last_seq() == seq
    assert ledger.incident(ID)[0].links == (OTHER,)
    assert ledger.incident(OTHER)[0].links == (ID,)
    with pytest.raises(IllegalMoveError, match="itself"):
        ledger.link(ID, ID, "desk", "", 4)


def test_a_drill_is_never_merged_with_what_is_true() -> None:
    real, exercise = fresh(), replace(fresh(), id="i-drill", drill=True)
    with pytest.raises(IllegalMoveError):
        action.merge(exercise, real, "desk", "why", 2)

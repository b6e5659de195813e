"""What the console is told of a real ledger is what its API promises."""

import pytest

from alerts.incident import Incident
from alerts.sqlite_ledger import SqliteLedger
from console import wire
from console.ports import IllegalMoveError, UnknownIncidentError
from tests.unit.alerts.reports import said
from vehicleguard.incident_view import IncidentView

EVIDENCE = {
    "distance_m": 230.0,
    "level": "yellow",
    "score": 3.4,
    "because": ["place", "ignition"],
    "ignition": "off",
}


@pytest.fixture
def heard() -> list[Incident]:
    return []


@pytest.fixture
def view(heard) -> IncidentView:
    ledger = SqliteLedger(":memory:")
    ledger.receive([said("left_fence", EVIDENCE)], at_ms=1)
    return IncidentView(ledger, heard.append)


def only(view: IncidentView) -> str:
    event, *_ = view.events_after(0, 10)
    return str(event.incident["id"])


def test_why_is_told_in_both_languages_with_score_and_evidence(view) -> None:
    detail = wire.IncidentDetail(**view.one(only(view)))
    (rise,) = detail.history
    assert rise.reason == "Left its place, 230 m by now, ignition off"
    assert rise.reason_zh == "离开停放地 230 米，钥匙关闭"
    assert (detail.score, detail.because) == (3.4, ["place", "ignition"])
    (signal,) = detail.model_dump()["signal_details"]
    assert (signal["reason"], signal["reason_zh"]) == (rise.reason, rise.reason_zh)


def test_an_answer_is_filed_once_and_heard_of(view, heard) -> None:
    first = view.answer(only(view), "stolen", "desk", "rang")
    assert wire.Incident(**first).level == "red"
    assert view.answer(only(view), "stolen", "desk", "rang") == first
    assert heard[-1].word == "stolen"
    (_, event) = view.one(only(view))["events"]
    assert (event["kind"], event["word"]) == ("answered", "stolen")
    assert event["reason_zh"] == "车主称车辆被盗：rang"


def test_a_level_is_lowered_and_the_history_says_why(view) -> None:
    after = view.lower(only(view), "blue", "desk", "seen on camera")
    assert [rise["level"] for rise in after["history"]] == ["yellow", "blue"]
    assert after["history"][-1]["reason_zh"] == "降为蓝色：seen on camera"
    with pytest.raises(IllegalMoveError):
        view.lower(only(view), "yellow", "desk", "x")


def test_what_a_person_wrote_is_the_same_in_both_languages(view) -> None:
    view.act(only(view), "sign", "desk", "on the way")
    (_, event) = view.one(only(view))["events"]
    assert event["reason"] == event["reason_zh"] == "on the way"


def test_an_answer_to_nothing_is_unknown(view) -> None:
    with pytest.raises(UnknownIncidentError):
        view.answer("i-none", "mine", "desk", "x")

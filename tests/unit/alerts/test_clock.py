"""Clocks of 1, 3 and 5 minutes: what they ask, when they warn, and that none is ever forgotten."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from alerts import action
from alerts.clock import Clockwork
from alerts.event import Step
from alerts.ledger import Entry
from alerts.level import Level
from alerts.settings import ClockSettings
from alerts.sqlite_ledger import SqliteLedger
from tests.unit.alerts.acting import answer, close, lower, step
from tests.unit.alerts.reports import report

ID = "i-v-left_fence-1000.0"
T0 = 1_000_000
"""When the incident of these stories became red, epoch ms."""


def ledger_of(
    *, place: str | None = "key", path: Path | str = ":memory:", late_s: float = 0, **said: object
) -> SqliteLedger:
    ledger = SqliteLedger(path, Clockwork(ClockSettings(**said), lambda _lon, _lat: place))
    ledger.receive([report(level="red")], at_ms=T0 + round(1000 * late_s))
    return ledger


def told(ledger: SqliteLedger, until_s: float, every_s: float = 1.0) -> list[tuple]:
    """(kind, seconds since it became red, to whom) of all that is told by then."""
    entries: list[Entry] = []
    now = 0.0
    while now < until_s:
        now = min(until_s, now + every_s)
        entries += ledger.tick(T0 + round(1000 * now), 100)
    return [(e.event.kind, (1000 * e.event.t - T0) / 1000, e.event.party) for e in entries]


@pytest.mark.parametrize(
    ("place", "within_s"), [("key", 60), ("centre", 180), ("urban", 300), (None, 300)]
)
def test_the_class_of_the_place_says_how_soon_somebody_has_to_be_there(
    place: str | None, within_s: int
) -> None:
    ledger = ledger_of(place=place)
    clock = ledger.incident(ID)[0].clock
    assert clock is not None
    assert [(g.name, g.moment, g.due_ms) for g in clock.goals] == [
        ("arrival", "on_scene", T0 + 1000 * within_s)
    ]
    said = told(ledger, within_s)
    assert said == [
        ("warned", 0.5 * within_s, ""),
        ("warned", 0.8 * within_s, ""),
        ("breached", within_s, ""),
        ("escalated", within_s, "next_platform"),
    ]


def test_in_the_country_there_is_no_clock_and_the_history_says_so() -> None:
    ledger = ledger_of(place="rural")
    assert told(ledger, 4000, 100) == []
    event = ledger.incident(ID)[1][-1].event
    assert (event.kind, event.reason, event.reason_zh) == (
        "clocked", "no clock in the country", "农村地区不计时",
    )  # fmt: skip


def test_what_came_late_itself_starts_no_clock() -> None:
    ledger = ledger_of(late_s=1801)
    assert told(ledger, 8000, 100) == []
    assert "30 min late" in ledger.incident(ID)[1][-1].event.reason
    assert ledger_of(late_s=1800).incident(ID)[0].clock.goals


def test_ranks_of_force_have_a_deadline_each() -> None:
    ledger = ledger_of(profile="tier")
    breaches = [row[1] for row in told(ledger, 300) if row[0] == "breached"]
    assert breaches == [60, 180, 300]
    assert "district" in ledger.incident(ID)[1][1].event.reason


def test_stages_stop_one_after_the_other() -> None:
    ledger = ledger_of(profile="stage")
    step(ledger, ID, "signed", at_ms=T0 + 40_000)
    step(ledger, ID, "on_scene", at_ms=T0 + 170_000)
    said = told(ledger, 300)
    assert [row for row in said if row[0] == "breached"] == [("breached", 300, "")]
    assert ("warned", 30, "") not in said  # signed before it was looked at


@pytest.mark.parametrize("kind", ["on_scene", "contained"])
def test_only_the_moment_asked_for_stops_the_clock(kind: Step) -> None:
    ledger = ledger_of()
    step(ledger, ID, "signed", at_ms=T0 + 10_000)
    step(ledger, ID, kind, at_ms=T0 + 20_000)
    stopped = kind == "on_scene"
    assert (told(ledger, 60) == []) is stopped


def test_nobody_acts_and_the_next_in_turn_is_told_ever_more_rarely() -> None:
    ledger = ledger_of()
    said = [row for row in told(ledger, 2000, 5) if row[0] == "escalated"]
    assert said == [
        ("escalated", 60, "next_platform"),
        ("escalated", 120, "centre_110"),
        ("escalated", 240, "centre_110"),
        ("escalated", 480, "centre_110"),
        ("escalated", 960, "centre_110"),
        ("escalated", 1920, "centre_110"),
    ]
    event = ledger.incident(ID)[1][-1].event
    assert event.reason == "arrival is overdue by 31 min: passed on to 110"
    assert event.reason_zh == "到场已超时 31 分钟，上报110 指挥中心"


def test_somebody_who_acts_ends_the_escalation_though_not_the_breach() -> None:
    ledger = ledger_of()
    told(ledger, 61)
    step(ledger, ID, "signed", at_ms=T0 + 62_000)
    assert told(ledger, 5000, 50) == []
    assert ledger.incident(ID)[0].is_open


def test_closing_lowering_and_the_owners_word_stop_everything() -> None:
    for act in (
        lambda ledger: close(ledger, ID, None, at_ms=T0 + 1000),
        lambda ledger: lower(ledger, ID, Level.BLUE, "seen", at_ms=T0 + 1000),
        lambda ledger: answer(ledger, ID, action.Word.MINE, "", at_ms=T0 + 1000),
    ):
        ledger = ledger_of()
        act(ledger)
        assert told(ledger, 500, 10) == []


def test_red_again_after_lowering_starts_a_clock_of_its_own() -> None:
    ledger = ledger_of()
    lower(ledger, ID, Level.BLUE, "seen", at_ms=T0 + 1000)
    answer(ledger, ID, action.Word.STOLEN, "", at_ms=T0 + 100_000)
    assert [row[:2] for row in told(ledger, 160) if row[0] == "breached"] == [("breached", 160)]


def test_a_reopened_incident_has_a_clock_of_its_own() -> None:
    ledger = ledger_of()
    close(ledger, ID, None, at_ms=T0 + 1000)
    step(ledger, ID, "reopened", at_ms=T0 + 50_000, reason="it was not the owner")
    assert [row[1] for row in told(ledger, 110) if row[0] == "breached"] == [110]


def test_taking_back_the_arrival_lets_the_clock_go_on() -> None:
    ledger = ledger_of()
    step(ledger, ID, "signed", at_ms=T0 + 10_000)
    step(ledger, ID, "on_scene", at_ms=T0 + 20_000)
    ledger.act(ID, lambda held: action.undo(held, "officer", "wrong street", T0 + 21_000))
    assert [row[0] for row in told(ledger, 60)] == ["warned", "warned", "breached", "escalated"]


def test_no_red_no_clock() -> None:
    ledger = SqliteLedger(":memory:", Clockwork(ClockSettings()))
    ledger.receive([report(level="yellow")], at_ms=T0)
    assert ledger.tick(T0 + 10_000_000, 10) == []


WATCH_S = 400


@given(
    looks=st.lists(st.integers(0, WATCH_S), max_size=12),
    restarts=st.sets(st.integers(0, 12)),
    signed_s=st.none() | st.integers(0, WATCH_S),
    profile=st.sampled_from(["zone", "tier", "stage"]),
)
def test_however_often_and_by_whom_it_is_looked_at_everything_due_is_told_once(
    tmp_path_factory: pytest.TempPathFactory,
    looks: list[int],
    restarts: set[int],
    signed_s: int | None,
    profile: str,
) -> None:
    path = tmp_path_factory.mktemp("clock") / "ledger.sqlite"
    ledger = ledger_of(path=path, profile=profile)
    other = SqliteLedger(path, Clockwork(ClockSettings(profile=profile)))
    moments = sorted([(look, "look") for look in [*looks, WATCH_S]] + (
        [] if signed_s is None else [(signed_s, "sign")]
    ))  # fmt: skip
    for n, (now, what) in enumerate(moments):
        if n in restarts:
            ledger.disconnect()
            ledger = SqliteLedger(path, Clockwork(ClockSettings(profile=profile)))
        if what == "sign":
            step(ledger, ID, "signed", at_ms=T0 + 1000 * now)
        ledger.tick(T0 + 1000 * now, 10)
        assert other.tick(T0 + 1000 * now, 10) == []
    incident, entries = ledger.incident(ID)
    marks = [entry.event.mark for entry in entries if entry.event.mark]
    assert len(marks) == len(set(marks))
    assert incident.clock is not None
    late = [one for one in incident.clock.goals if one.due_ms <= T0 + 1000 * WATCH_S]
    breached = {mark for mark in marks if mark.endswith(":breach")}
    stamp = incident.course.stamp("signed")
    expected = {
        f"{goal.name}:breach"
        for goal in late
        if goal.moment != "signed" or stamp is None or stamp.at_ms >= _next_look(goal.due_ms, looks)
    }
    assert breached == expected
    ledger.disconnect()
    other.disconnect()


def _next_look(due_ms: int, looks: list[int]) -> int:
    """The first time at which somebody looks once a deadline is over."""
    return min(T0 + 1000 * look for look in [*looks, WATCH_S] if T0 + 1000 * look >= due_ms)


@pytest.mark.parametrize(
    "wrong",
    [
        {"warn_at": (0.8, 0.5)},
        {"warn_at": (1.2,)},
        {"key_s": 200},
        {"escalate_to": ()},
        {"profile": "zones"},
        {"on_scene_s": 30},
    ],
)
def test_settings_without_sense_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ClockSettings(**wrong)

"""One theft is one incident; levels rise on evidence; people move it."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.event import Outcome, State
from alerts.incident import Incident, fold_all
from alerts.ledger import UnknownIncidentError, Wanted
from alerts.level import Level, level_of
from alerts.report import Report
from alerts.sqlite_ledger import SqliteLedger
from tests.unit.alerts.acting import close, step
from tests.unit.alerts.reports import report


def file(reports: list[Report]) -> list[Incident]:
    ledger = SqliteLedger(":memory:")
    ledger.receive(reports, at_ms=1)
    return [entry.incident for entry in ledger.newest(Wanted(), None, 100)][::-1]


def test_both_signals_of_one_theft_make_one_red_incident() -> None:
    (incident,) = file(
        [report("left_fence"), report("moved_while_armed", t=1010.0, episode=1000.0)]
    )
    assert incident.level is Level.RED
    assert [rise.level for rise in incident.history] == [Level.BLUE, Level.RED]
    assert len(incident.reports) == 2
    assert [rise.reason_zh for rise in incident.history] == [
        "离开停放地 200 米，钥匙关闭，由车主设防",
        "设防后移动，距停放处 200 米，钥匙关闭，由车主设防",
    ]


def test_a_weak_sign_opens_nothing_and_joins_what_is_open() -> None:
    assert file([report("silent")]) == []
    (incident,) = file([report("left_fence"), report("silent", t=1010.0, episode=1000.0)])
    assert [one.kind for one in incident.reports] == ["left_fence", "silent"]
    assert incident.level is Level.BLUE


def test_the_level_is_the_highest_that_a_report_came_to() -> None:
    levels = ["blue", "red", "yellow"]
    (incident,) = file(
        [report(t=1000.0 + n, level=level, episode=1000.0 + n) for n, level in enumerate(levels)]
    )
    assert [rise.level for rise in incident.history] == [Level.BLUE, Level.RED]


def test_a_rule_about_zones_says_itself_how_severe_it_is() -> None:
    rule = report(level=None)
    rule = Report.from_wire({**rule.body, "evidence": {"severity": "yellow"}})
    assert level_of(rule) is Level.YELLOW


def test_a_thief_who_pauses_and_goes_on_is_still_one_incident() -> None:
    incidents = file([report(t=1000.0), report(t=1000.0 + 3600)])
    assert len(incidents) == 1


def test_weak_signs_of_two_days_are_two_incidents_and_a_theft_that_rests_overnight_is_one() -> None:
    assert len(file([report(t=1000.0), report(t=1000.0 + 86_400)])) == 2
    assert len(file([report(t=1000.0, level="yellow"), report(t=1000.0 + 86_400)])) == 1


def test_two_vehicles_never_share_an_incident() -> None:
    incidents = file([report(vehicle="a"), report(vehicle="b")])
    assert [i.vehicle_id for i in incidents] == ["a", "b"]


def test_a_signal_of_a_closed_episode_reopens_nothing() -> None:
    ledger = SqliteLedger(":memory:")
    (entry,) = ledger.receive([report()], at_ms=1)
    close(ledger, entry.incident.id, Outcome.FALSE_ALARM, at_ms=2)
    ledger.receive([report("moved_while_armed", t=1010.0, episode=1000.0)], at_ms=3)
    (latest,) = ledger.newest(Wanted(), None, 10)
    assert latest.incident.state is State.CLOSED
    assert latest.incident.level is Level.BLUE
    assert len(latest.incident.reports) == 2


def test_a_new_episode_after_closing_opens_a_new_incident() -> None:
    ledger = SqliteLedger(":memory:")
    (entry,) = ledger.receive([report()], at_ms=1)
    close(ledger, entry.incident.id, Outcome.RECOVERED, at_ms=2)
    ledger.receive([report(t=5000.0)], at_ms=3)
    assert len(ledger.newest(Wanted(), None, 10)) == 2


def test_a_report_of_an_old_open_episode_joins_it_though_a_newer_incident_was_closed() -> None:
    ledger = SqliteLedger(":memory:")
    (old,) = ledger.receive([report(t=1000.0)], at_ms=1)
    (new,) = ledger.receive([report(t=90_000.0)], at_ms=2)
    close(ledger, new.incident.id, Outcome.FALSE_ALARM, at_ms=3)
    (joined,) = ledger.receive([report("silent", t=95_000.0, episode=1000.0)], at_ms=4)
    assert joined.incident.id == old.incident.id


def test_an_event_of_an_older_ledger_is_read_without_its_chinese_reason(tmp_path: Path) -> None:
    ledger = SqliteLedger(tmp_path / "ledger.sqlite")
    (entry,) = ledger.receive([report()], at_ms=1)
    ledger.disconnect()
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as file, file:
        for table, columns in {
            "incident_events": ["body", "incident"],
            "incidents": ["body"],
        }.items():
            for column in columns:
                (body,) = file.execute(f"SELECT {column} FROM {table}").fetchone()  # noqa: S608
                old = without(json.loads(body), {"reason_zh", "word"})
                file.execute(f"UPDATE {table} SET {column} = ?", (json.dumps(old).encode(),))  # noqa: S608
    again = SqliteLedger(tmp_path / "ledger.sqlite")
    incident, entries = again.incident(entry.incident.id)
    assert entries[0].event.reason_zh == ""
    (rise,) = incident.to_wire()["history"]
    assert rise["reason_zh"] == rise["reason"] == entry.event.reason
    again.receive([report("moved_while_armed", t=1010.0, episode=1000.0)], at_ms=2)
    assert again.incident(entry.incident.id)[0].level is Level.RED
    again.disconnect()


def test_a_ledger_of_the_first_version_is_folded_anew(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    ledger = SqliteLedger(path)
    (entry,) = ledger.receive([report()], at_ms=1)
    close(ledger, entry.incident.id, Outcome.RECOVERED, at_ms=2)
    expected = ledger.newest(Wanted(), None, 10)
    ledger.disconnect()
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("UPDATE incident_events SET incident = '{}'")
        file.execute("UPDATE incidents SET body = '{}', state = 'signed'")
        file.execute("DROP INDEX incidents_due")
        file.execute("DROP INDEX incidents_wanted")
        file.execute("ALTER TABLE incidents DROP COLUMN due_ms")
        later = (
            "SELECT name FROM sqlite_master WHERE type = 'table' "
            "AND (name LIKE 'outbox%' OR name = 'audit')"
        )
        for (table,) in file.execute(later).fetchall():
            file.execute(f"DROP TABLE {table}")
        file.execute("UPDATE schema_versions SET version = 1 WHERE room = 'alerts'")
    again = SqliteLedger(path)
    assert again.newest(Wanted(), None, 10) == expected
    assert again.open_by_level()["blue"] == 0
    again.disconnect()


def without(value: object, keys: set[str]) -> object:
    if isinstance(value, list):
        return [without(one, keys) for one in value]
    if isinstance(value, dict):
        return {key: without(one, keys) for key, one in value.items() if key not in keys}
    return value


def test_nobody_can_move_an_incident_that_is_not_there() -> None:
    ledger = SqliteLedger(":memory:")
    with pytest.raises(UnknownIncidentError):
        step(ledger, "i-nothing", "signed", at_ms=1)
    with pytest.raises(UnknownIncidentError):
        ledger.incident("i-nothing")


@given(st.data())
def test_filing_reports_twice_changes_nothing(data: st.DataObject) -> None:
    reports = [
        report(kind, t=t, vehicle=vehicle, level=level)
        for kind, t, vehicle, level in data.draw(
            st.lists(
                st.tuples(
                    st.sampled_from(["left_fence", "moved_while_armed"]),
                    st.sampled_from([1000.0, 1010.0, 40_000.0, 90_000.0]),
                    st.sampled_from(["a", "b"]),
                    st.sampled_from([None, "blue", "yellow", "red"]),
                ),
                max_size=8,
            )
        )
    ]
    once, twice = SqliteLedger(":memory:"), SqliteLedger(":memory:")
    once.receive(reports, at_ms=1)
    cut = data.draw(st.integers(0, len(reports)))
    twice.receive(reports[:cut], at_ms=1)
    twice.receive(reports, at_ms=1)
    assert once.entries_after(0, 1000) == twice.entries_after(0, 1000)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["left_fence", "moved_while_armed", "silent"]),
            st.floats(0.0, 400_000.0),
            st.sampled_from([None, "blue", "yellow", "red"]),
        ),
        max_size=8,
    ),
    st.integers(0, 8),
)
def test_one_episode_is_never_two_incidents_however_long_it_takes_and_whoever_closes_it(
    shown: list[tuple[str, float, str | None]], closed_after: int
) -> None:
    ledger = SqliteLedger(":memory:")
    for n, (kind, t, level) in enumerate(shown):
        one = report(kind, t=1000.0 + t, level=level, episode=1000.0)
        ledger.receive([Report.from_wire({**one.body, "id": f"s-{n}"})], at_ms=n)
        found = ledger.newest(Wanted(), None, 10)
        if found and n >= closed_after and found[0].incident.is_open:
            close(ledger, found[0].incident.id, None, at_ms=n)
    strong = any(level is not None for _, _, level in shown)
    assert len(ledger.newest(Wanted(), None, 10)) == int(strong)


def test_the_state_is_what_the_events_fold_to(tmp_path: Path) -> None:
    ledger = SqliteLedger(tmp_path / "ledger.sqlite")
    ledger.receive(
        [report("left_fence"), report("moved_while_armed", t=1010.0, episode=1000.0)], at_ms=1
    )
    incident, entries = ledger.incident(ledger.entries_after(0, 1)[0].incident.id)
    step(ledger, incident.id, "signed", at_ms=5)
    ledger.disconnect()
    again = SqliteLedger(tmp_path / "ledger.sqlite")
    incident, entries = again.incident(incident.id)
    assert incident == fold_all(entry.event for entry in entries)
    assert [entry.seq for entry in entries] == sorted(entry.seq for entry in entries)
    assert again.open_by_level() == {"blue": 0, "yellow": 0, "red": 1}
    assert again.levels_of_vehicles() == {"v": Level.RED}
    again.disconnect()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"id": ""}, "id: expected a text"),
        ({"lon": "x"}, "lon: expected a number"),
        ({"t": True}, "t: expected a number"),
        ({"evidence": []}, "evidence: expected an object"),
    ],
)
def test_a_malformed_signal_says_which_key(change: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Report.from_wire({**report().body, **change})

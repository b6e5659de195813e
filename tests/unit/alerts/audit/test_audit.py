"""The audit: every change and every look is in it, and whatever is altered shows."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from alerts.audit import sqlite_audit
from alerts.audit.chain import GENESIS, Row, chained, verified
from alerts.sqlite_ledger import LOOKS_AS_ONE_MS, SqliteLedger
from tests.unit.alerts.acting import step
from tests.unit.alerts.reports import report
from vehicleguard.cli.audit import audit
from vehicleguard.embedded import STORE

ID = "i-v-left_fence-1000.0"
WORD = st.text(max_size=6)
ROWS = st.lists(
    st.tuples(st.integers(0, 9), WORD, WORD, WORD, WORD, st.integers(0, 9), WORD), max_size=8
)


def chain(words: list[tuple]) -> list[tuple[Row, str]]:
    out, head = [], GENESIS
    for n, said in enumerate(words, 1):
        row = Row(n, *said)
        head = chained(head, row)
        out.append((row, head))
    return out


@given(ROWS, st.data())
def test_whatever_is_altered_removed_or_inserted_shows(words: list, data: st.DataObject) -> None:
    whole = chain(words)
    assert verified(whole) == (len(whole), whole[-1][1] if whole else GENESIS, None)
    if not whole:
        return
    at = data.draw(st.integers(0, len(whole) - 1))
    row, told = whole[at]
    altered = [*whole[:at], (row._replace(actor=row.actor + "x"), told), *whole[at + 1 :]]
    assert verified(altered)[2] is not None
    twice = [*whole[: at + 1], whole[at], *whole[at + 1 :]]
    assert verified(twice)[2] is not None
    without = [*whole[:at], *whole[at + 1 :]]
    # what was cut off at the end shows by the head that somebody kept
    assert (verified(without)[2] is not None) is (at < len(whole) - 1)
    assert verified(without)[1] != whole[-1][1]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    ledger = SqliteLedger(tmp_path / STORE)
    ledger.receive([report(level="red"), report(vehicle="w")], at_ms=1_000_000)
    step(ledger, ID, "signed", at_ms=1_000_500)
    ledger.looked("officer", "incident", ID, 1_001_000)
    ledger.disconnect()
    return tmp_path


def altered(store: Path, *statements: str) -> None:
    with closing(sqlite3.connect(store / STORE)) as file, file:
        for statement in statements:
            file.execute(statement)


def run(*arguments: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(audit, [str(one) for one in arguments])
    return result.exit_code, result.output


def test_every_change_and_every_look_is_a_row_and_the_chain_holds(store: Path) -> None:
    with closing(sqlite3.connect(store / STORE)) as file:
        found = [(r.actor, r.deed, r.what, r.subject) for r in sqlite_audit.rows(file, ID)]
    assert found == [
        ("officer", "looked", "incident", ID),
        ("officer", "changed", "signed", ID),
        ("detector", "changed", "opened", ID),
    ]
    code, said = run("verify", "--data", store)
    assert (code, said.splitlines()[0]) == (0, "4 rows hold")


def test_looking_again_soon_is_the_same_look(store: Path) -> None:
    ledger = SqliteLedger(store / STORE)
    for at_ms in (2_000_000, 2_000_001, 2_000_000 + LOOKS_AS_ONE_MS):
        ledger.looked("officer", "vehicle", "v", at_ms)
    ledger.looked("another", "vehicle", "v", 2_000_002)
    ledger.disconnect()
    with closing(sqlite3.connect(store / STORE)) as file:
        assert [r.actor for r in sqlite_audit.rows(file, "v")] == ["another", "officer", "officer"]


@pytest.mark.parametrize(
    "statement", ["UPDATE audit SET actor = 'nobody'", "DELETE FROM audit WHERE seq = 4"]
)
def test_rows_are_neither_altered_nor_taken_away(store: Path, statement: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="only added to"):
        altered(store, statement)


OFF = ("DROP TRIGGER audit_is_not_altered", "DROP TRIGGER audit_is_not_shortened")


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE audit SET actor = 'nobody' WHERE seq = 3", "altered at row 3"),
        ("DELETE FROM audit WHERE seq = 2", "altered at row 2"),
        ("UPDATE incident_events SET body = '{}' WHERE seq = 2", "event 2 of the ledger was"),
        ("DELETE FROM incident_events WHERE seq = 3", "event 3 of the ledger is gone"),
        (
            "INSERT INTO incident_events (incident_id, body, incident) VALUES ('i', '{}', '{}')",
            "event 4 of the ledger is in no row",
        ),
    ],
)
def test_who_alters_the_file_is_found_out(store: Path, statement: str, told: str) -> None:
    altered(store, *OFF, statement)
    code, said = run("verify", "--data", store)
    assert code == 1
    assert told in said


def test_a_head_that_was_kept_shows_a_chain_that_was_written_anew(store: Path) -> None:
    head = run("verify", "--data", store)[1].split()[-1]
    assert run("verify", "--data", store, "--head", head)[0] == 0
    altered(store, *OFF, "DELETE FROM audit WHERE seq = 4")
    assert run("verify", "--data", store)[0] == 0
    code, said = run("verify", "--data", store, "--head", head)
    assert code == 1
    assert "written anew" in said


def test_events_of_an_older_ledger_are_in_the_chain_as_they_were_found(store: Path) -> None:
    altered(
        store,
        "DROP TABLE audit",
        "UPDATE schema_versions SET version = version - 1 WHERE room = 'alerts'",
    )
    code, said = run("list", "--data", store, "--json")
    assert code == 0
    assert [line.count('"began"') for line in said.splitlines()] == [1, 1, 1]
    assert run("verify", "--data", store)[1].startswith("3 rows hold")


def test_the_list_is_shown_and_a_store_that_is_none_is_one_line(
    store: Path, tmp_path: Path
) -> None:
    code, said = run("list", "--data", store, "--subject", "nobody")
    assert (code, said) == (0, "nothing was done yet\n")
    assert "officer" in run("list", "--data", store)[1]
    code, said = run("verify", "--data", tmp_path / "no")
    assert code == 2
    assert "no such store" in said

"""The one store: migrated step by step, never by an older build, all or nothing."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ingest import sqlite
from ingest.sqlite import StoreError

STEPS = ("CREATE TABLE a (n INTEGER)", "INSERT INTO a VALUES (1)", "INSERT INTO a VALUES (2)")


def rows(connection: sqlite3.Connection) -> list[int]:
    return [n for (n,) in connection.execute("SELECT n FROM a ORDER BY n")]


def test_each_step_is_done_once(tmp_path: Path) -> None:
    for known, wanted in ((1, []), (2, [1]), (3, [1, 2]), (3, [1, 2])):
        with closing(sqlite.connect(tmp_path / "s")) as connection:
            sqlite.migrate(connection, "room", STEPS[:known])
            assert rows(connection) == wanted


def test_rooms_are_at_versions_of_their_own(tmp_path: Path) -> None:
    with closing(sqlite.connect(tmp_path / "s")) as connection:
        sqlite.migrate(connection, "one", STEPS)
        sqlite.migrate(connection, "two", ("CREATE TABLE b (n INTEGER)",))
        versions = dict(connection.execute("SELECT room, version FROM schema_versions").fetchall())
    assert versions == {"one": 3, "two": 1}


def test_a_store_of_a_later_version_is_refused(tmp_path: Path) -> None:
    with closing(sqlite.connect(tmp_path / "s")) as connection:
        sqlite.migrate(connection, "room", STEPS)
        with pytest.raises(StoreError, match="holds version 3 of room, this build knows 2"):
            sqlite.migrate(connection, "room", STEPS[:2])
        assert rows(connection) == [1, 2]


def test_a_step_that_fails_leaves_the_version_before_it(tmp_path: Path) -> None:
    broken = (*STEPS[:2], "INSERT INTO a VALUES (9); INSERT INTO nowhere VALUES (1)")
    with (
        closing(sqlite.connect(tmp_path / "s")) as connection,
        pytest.raises(sqlite3.OperationalError),
    ):
        sqlite.migrate(connection, "room", broken)
    with closing(sqlite.connect(tmp_path / "s")) as connection:
        assert rows(connection) == [1]
        sqlite.migrate(connection, "room", STEPS)
        assert rows(connection) == [1, 2]


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "s"
    path.write_text("certainly no database, and long enough to be read as one " * 20)
    with pytest.raises(StoreError, match="cannot be opened as an SQLite database") as caught:
        sqlite.connect(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_is_no_store(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be opened"):
        sqlite.connect(tmp_path)


def test_what_is_committed_is_synchronised_to_the_disk(tmp_path: Path) -> None:
    with closing(sqlite.connect(tmp_path / "s")) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)


def test_a_transaction_is_whole_or_nothing() -> None:
    with closing(sqlite.connect(":memory:")) as connection:
        sqlite.migrate(connection, "room", STEPS)
        body = ["INSERT INTO a VALUES (3)", "INSERT INTO nowhere VALUES (1)"]
        with pytest.raises(sqlite3.OperationalError), sqlite.transaction(connection):
            [connection.execute(statement) for statement in body]
        assert rows(connection) == [1, 2]
        with sqlite.transaction(connection):
            connection.execute("INSERT INTO a VALUES (4)")
        assert rows(connection) == [1, 2, 4]

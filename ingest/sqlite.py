"""One SQLite file for everything the embedded run keeps: opened safely, migrated step by step.

Each room brings its own numbered migrations; the file remembers per room how far it is.
`synchronous=FULL` with WAL: a commit that returned has reached the disk.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

Step = str | Callable[[sqlite3.Connection], None]
"""One migration: SQL, or what is done within the transaction."""


class StoreError(Exception):
    """The file cannot be used: not a database, of a later version, or not writable."""


def connect(path: Path | str) -> sqlite3.Connection:
    """A connection in autocommit mode (transactions are spelled `BEGIN IMMEDIATE`).

    Raises `StoreError` when the file is no database or cannot be opened.
    """
    connection = None
    try:
        connection = sqlite3.connect(
            path, timeout=10.0, isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
    except sqlite3.Error as error:
        if connection is not None:
            connection.close()
        msg = f"{path}: cannot be opened as an SQLite database: {error}"
        raise StoreError(msg) from error
    return connection


def migrate(connection: sqlite3.Connection, room: str, steps: Sequence[Step]) -> None:
    """Bring the tables of `room` to version `len(steps)`; each step is one transaction.

    Raises `StoreError` when the file was written by a later version of the room.
    """
    connection.execute(
        "CREATE TABLE IF NOT EXISTS schema_versions "
        "(room TEXT PRIMARY KEY, version INTEGER NOT NULL)"
    )
    row = connection.execute(
        "SELECT version FROM schema_versions WHERE room = ?", (room,)
    ).fetchone()
    done = int(row[0]) if row else 0
    if done > len(steps):
        msg = f"the store holds version {done} of {room}, this build knows {len(steps)}: upgrade"
        raise StoreError(msg)
    for version, step in enumerate(steps[done:], start=done + 1):
        reached = (
            f"INSERT INTO schema_versions VALUES ('{room}', {version}) "  # noqa: S608 - our own names
            f"ON CONFLICT (room) DO UPDATE SET version = {version}"
        )
        if isinstance(step, str):
            connection.executescript(f"BEGIN IMMEDIATE; {step}; {reached}; COMMIT;")
            continue
        with transaction(connection):
            step(connection)
            connection.execute(reached)


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All of the body or nothing of it; durable when the block has been left without an error."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        # a full disk shows here at the latest, and then the transaction must not stay open
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise

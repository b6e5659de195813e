"""The chain in the ledger's file: rows are only ever added, and triggers refuse the rest."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

from alerts.audit.chain import (
    BEGAN,
    CHANGED,
    GENESIS,
    LOOKED,
    Broken,
    Row,
    chained,
    digest,
    verified,
)
from alerts.event import Event

_TABLE = """
    CREATE TABLE audit (
        seq INTEGER PRIMARY KEY,
        at_ms INTEGER NOT NULL,
        actor TEXT NOT NULL,
        deed TEXT NOT NULL,
        what TEXT NOT NULL,
        subject TEXT NOT NULL,
        event INTEGER NOT NULL,
        digest TEXT NOT NULL,
        hash TEXT NOT NULL
    );
    CREATE INDEX audit_of_subject ON audit (subject, seq);
    CREATE UNIQUE INDEX audit_of_event ON audit (event) WHERE event > 0;
    CREATE TRIGGER audit_is_not_altered BEFORE UPDATE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit is only added to'); END;
    CREATE TRIGGER audit_is_not_shortened BEFORE DELETE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit is only added to'); END;
    """
_COLUMNS = "seq, at_ms, actor, deed, what, subject, event, digest"


class Checked(NamedTuple):
    """How many rows hold, the hash of the last of them, and what is wrong, if anything is."""

    rows: int
    head: str
    broken: Broken | None


def begin(connection: sqlite3.Connection) -> None:
    """The table, and its first rows: the events that are there already, as they are now."""
    for statement in _statements(_TABLE):
        connection.execute(statement)
    events = connection.execute("SELECT seq, incident_id, body FROM incident_events ORDER BY seq")
    for seq, incident_id, body in events.fetchall():
        _add(connection, Row(0, 0, "", BEGAN, "event", incident_id, seq, digest(body)))


def _statements(script: str) -> Iterator[str]:
    """The statements of a script: within a transaction they go one by one."""
    held = ""
    for part in script.split(";"):
        held += part + ";"
        if sqlite3.complete_statement(held):
            if held.strip(" \n;"):
                yield held
            held = ""


def changed(connection: sqlite3.Connection, event: Event, number: int, body: bytes) -> None:
    """An event was filed under that number, as these bytes; call it in the same transaction."""
    said = (event.at_ms, event.actor, CHANGED, event.kind, event.incident_id)
    _add(connection, Row(0, *said, number, digest(body)))


def looked(connection: sqlite3.Connection, at_ms: int, look: tuple[str, str, str]) -> None:
    """Somebody looked at something: who, at what, of which subject."""
    actor, what, subject = look
    _add(connection, Row(0, at_ms, actor, LOOKED, what, subject, 0, ""))


def _add(connection: sqlite3.Connection, said: Row) -> None:
    last = connection.execute("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
    seq, before = last or (0, GENESIS)
    row = said._replace(seq=seq + 1)
    connection.execute(
        f"INSERT INTO audit ({_COLUMNS}, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - our own
        (*row, chained(before, row)),
    )


def rows(connection: sqlite3.Connection, subject: str | None = None, limit: int = -1) -> list[Row]:
    """The newest rows first, all or of one incident or vehicle."""
    clause, values = ("WHERE subject = ?", [subject]) if subject is not None else ("", [])
    found = connection.execute(
        f"SELECT {_COLUMNS} FROM audit {clause} ORDER BY seq DESC LIMIT ?",  # noqa: S608 - our own
        (*values, limit),
    )
    return [Row(*one) for one in found]


def check(connection: sqlite3.Connection) -> Checked:
    """Read the chain from its first row, and hold the ledger's events against it."""
    found = connection.execute(f"SELECT {_COLUMNS}, hash FROM audit ORDER BY seq")  # noqa: S608 - our own
    count, head, broken = verified((Row(*one[:-1]), one[-1]) for one in found)
    return Checked(count, head, broken or _altered(connection))


def holds(connection: sqlite3.Connection, head: str) -> bool:
    """Whether a row has this hash, or it is that of the empty chain."""
    found = connection.execute("SELECT 1 FROM audit WHERE hash = ?", (head,)).fetchone()
    return head == GENESIS or found is not None


def _altered(connection: sqlite3.Connection) -> Broken | None:
    """The first event that is not as it was filed, is gone, or was never told of."""
    pairs = connection.execute(
        "SELECT a.seq, a.event, a.digest, e.body FROM audit a "
        "LEFT JOIN incident_events e ON e.seq = a.event WHERE a.event > 0 ORDER BY a.seq"
    )
    for seq, event, told, body in pairs:
        if body is None:
            return Broken(seq, f"event {event} of the ledger is gone")
        # who altered it may have left a text where bytes were
        if digest(body if isinstance(body, bytes) else str(body).encode()) != told:
            return Broken(seq, f"event {event} of the ledger was altered")
    stray = connection.execute(
        "SELECT e.seq FROM incident_events e LEFT JOIN audit a ON a.event = e.seq "
        "WHERE a.event IS NULL ORDER BY e.seq LIMIT 1"
    ).fetchone()
    return None if stray is None else Broken(0, f"event {stray[0]} of the ledger is in no row")

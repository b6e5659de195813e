"""Deliveries in the ledger's SQLite file: written where events are, sent from there.

Who sends to a destination is settled by a lock on a file beside the store: the system takes it back
at the death of a process, however it died, and no clock is asked.
"""

from __future__ import annotations

import fcntl
import sqlite3
import threading
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import IO, Final

import msgspec

from alerts.event import Event
from alerts.incident import Incident
from alerts.ledger import Entry
from alerts.outbox.delivery import Delivery, delivery_id
from alerts.outbox.schedule import ASIDE, Waiting
from alerts.outbox.silence import Silence
from alerts.outbox.store import Done, Row, RowState
from ingest import sqlite

TABLES: Final = """
    CREATE TABLE outbox (
        id TEXT PRIMARY KEY,
        seq INTEGER NOT NULL REFERENCES incident_events (seq),
        incident_id TEXT NOT NULL,
        destination TEXT NOT NULL,
        address TEXT NOT NULL,
        state TEXT NOT NULL,
        since_ms INTEGER NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        tried_ms INTEGER NOT NULL DEFAULT 0,
        rest_s REAL NOT NULL DEFAULT 0,
        detail TEXT NOT NULL DEFAULT '',
        instead_of TEXT NOT NULL DEFAULT '',
        has_fallen_back INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID;
    CREATE INDEX outbox_waiting ON outbox (destination, seq) WHERE state = 'waiting';
    CREATE INDEX outbox_aside ON outbox (destination, incident_id, address, seq)
        WHERE state = 'waiting' AND attempts >= 6;
    CREATE INDEX outbox_states ON outbox (state, since_ms);
    CREATE TABLE outbox_silences (
        until_ms INTEGER NOT NULL,
        body BLOB NOT NULL
    );
    CREATE INDEX outbox_silences_until ON outbox_silences (until_ms)
    """
"""The ledger's migration step that brings the outbox; `attempts >= 6` is `schedule.ASIDE`."""

URGENT: Final = """
    ALTER TABLE outbox ADD COLUMN urgent INTEGER NOT NULL DEFAULT 0;
    DROP INDEX outbox_aside;
    CREATE INDEX outbox_of_incident ON outbox (destination, incident_id, address, seq)
        WHERE state = 'waiting';
    CREATE INDEX outbox_aside ON outbox (destination, tried_ms)
        WHERE state = 'waiting' AND attempts >= 6;
    CREATE INDEX outbox_urgent ON outbox (destination, seq)
        WHERE state = 'waiting' AND urgent
    """
"""The step after it: what waits for red incidents is found without reading the rest."""

_INSERT = (
    "INSERT INTO outbox (id, seq, incident_id, destination, address, state, since_ms, detail, "
    "instead_of, urgent) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING"
)
_MOST_DETAIL = 300

_event = msgspec.json.Decoder(Event).decode
_incident = msgspec.json.Decoder(Incident).decode
_silence = msgspec.json.Decoder(Silence).decode


def file(connection: sqlite3.Connection, deliveries: Sequence[Delivery], at_ms: int) -> None:
    """Write `deliveries` down, within the transaction of their event."""
    connection.executemany(
        _INSERT,
        [
            (
                *(one.id, one.seq, one.incident_id, one.destination, one.address),
                *("held" if one.held else "waiting", at_ms, one.held, "", one.urgent),
            )
            for one in deliveries
        ],
    )


def silences(connection: sqlite3.Connection, at_ms: int) -> list[Silence]:
    """Those that are not over at `at_ms`."""
    rows = connection.execute("SELECT body FROM outbox_silences WHERE until_ms > ?", (at_ms,))
    return [_silence(row[0]) for row in rows.fetchall()]


class SqliteOutbox:
    """An `OutboxStore` over the file `path`, whose tables the ledger has made.

    Raises `ingest.sqlite.StoreError` when the file cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self._connection, self._lock = sqlite.connect(path), threading.RLock()
        # who looks for rows must not wait for whoever writes them to the disk
        self._reader, self._read_lock = sqlite.connect(path), threading.RLock()
        self._folder = path.parent
        self._held: dict[str, IO[bytes]] = {}

    def disconnect(self) -> None:
        """Let go of the file, and of what was held."""
        with self._lock, self._read_lock:
            self.release()
            self._reader.close()
            self._connection.close()

    def hold(self, destination: str) -> bool:
        """Be the only process that sends to `destination`, until `release` or the process's end."""
        with self._lock:
            if destination in self._held:
                return True
            file = (self._folder / f"outbox-{destination}.lock").open("ab")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.close()
                return False
            self._held[destination] = file
            return True

    def release(self) -> None:
        """Let others send."""
        with self._lock:
            while self._held:
                self._held.popitem()[1].close()

    def waiting(self, destination: str, limit: int) -> list[Waiting]:
        """Rows still to be delivered: `limit` by number and `limit` of those set aside.

        Where more than that wait, the incidents of which something urgent does come first, each
        from its earliest row on.  A row whose incident has an earlier one that is set aside is not
        among them.
        """
        columns = (
            "id, seq, incident_id, since_ms, attempts, tried_ms, rest_s, address, instead_of, "
            "has_fallen_back, urgent FROM outbox AS o"
        )
        # named, as SQLite would rather go through what waits for everybody
        mine = "WHERE destination = ? AND state = 'waiting'"
        behind = (
            "EXISTS (SELECT 1 FROM outbox AS a WHERE a.destination = o.destination AND "  # noqa: S608 - our own words
            "a.incident_id = o.incident_id AND a.address = o.address AND a.seq < o.seq "
            f"AND a.state = 'waiting' AND a.attempts >= {ASIDE})"
        )
        with self._read_lock:
            fresh = self._reader.execute(
                f"SELECT {columns} INDEXED BY outbox_waiting {mine} AND attempts < {ASIDE} "
                f"AND NOT {behind} ORDER BY seq LIMIT ?",
                (destination, limit),
            ).fetchall()
            aside = self._reader.execute(
                f"SELECT {columns} INDEXED BY outbox_aside {mine} AND attempts >= {ASIDE} "
                f"AND NOT {behind} ORDER BY tried_ms LIMIT ?",
                (destination, limit),
            ).fetchall()
            first = []
            if len(fresh) == limit:
                first = self._reader.execute(
                    f"SELECT {columns} INDEXED BY outbox_of_incident {mine} AND attempts < {ASIDE} "  # noqa: S608 - our own words
                    f"AND NOT {behind} AND incident_id IN (SELECT incident_id FROM outbox INDEXED "
                    "BY outbox_urgent WHERE destination = ? AND state = 'waiting' AND urgent "
                    "ORDER BY seq LIMIT ?) ORDER BY seq LIMIT ?",
                    (destination, destination, limit, limit),
                ).fetchall()
        urgent = {row[0] for row in first}
        rows = [Waiting(*row) for row in {row[0]: row for row in (*first, *fresh, *aside)}.values()]
        return sorted(rows, key=lambda row: (row.id not in urgent, row.seq))

    def entries(self, seqs: Collection[int]) -> dict[int, Entry]:
        """The events that rows are about, by number."""
        wanted = sorted(set(seqs))
        marks = ", ".join("?" * len(wanted))
        with self._read_lock:
            rows = self._reader.execute(
                f"SELECT seq, body, incident FROM incident_events WHERE seq IN ({marks})",  # noqa: S608 - marks
                wanted,
            ).fetchall()
        return {row[0]: Entry(row[0], _event(row[1]), _incident(row[2])) for row in rows}

    def settle(self, destination: str, done: Sequence[Done]) -> None:
        """Write down what became of attempts, with the rows of fallbacks, in one transaction."""
        # in one call: each lets other threads in, and gets its turn again only when they pause
        rows = [
            (
                *(one.settled.state, one.row.attempts + 1, one.at_ms, one.settled.rest_s),
                one.settled.detail[:_MOST_DETAIL],
                one.row.has_fallen_back or bool(one.settled.fallback),
                one.row.id,
            )
            for one in done
        ]
        fallbacks = [_fallback(destination, one) for one in done if one.settled.fallback]
        with self._lock, sqlite.transaction(self._connection):
            self._connection.executemany(
                "UPDATE outbox SET state = ?, attempts = ?, tried_ms = ?, rest_s = ?, "
                "detail = ?, has_fallen_back = ? WHERE id = ?",
                rows,
            )
            self._connection.executemany(_INSERT, fallbacks)

    def abandon(self, known: Collection[str], at_ms: int) -> int:
        """Make dead letters of what waits for destinations that are not `known`; how many."""
        names = sorted(known)
        marks = ", ".join("?" * len(names))
        with self._lock, sqlite.transaction(self._connection):
            return self._connection.execute(
                "UPDATE outbox SET state = 'dead', tried_ms = ?, detail = 'no such destination in "  # noqa: S608 - marks
                f"the settings' WHERE state = 'waiting' AND destination NOT IN ({marks})",
                (at_ms, *names),
            ).rowcount

    def rows(
        self, *, state: RowState | None = None, destination: str | None = None, limit: int = 100
    ) -> list[Row]:
        """The newest rows, newest first."""
        with self._read_lock:
            found = self._reader.execute(
                "SELECT id, seq, incident_id, destination, address, state, attempts, since_ms, "
                "tried_ms, detail FROM outbox WHERE state = coalesce(?, state) "
                "AND destination = coalesce(?, destination) ORDER BY seq DESC, id LIMIT ?",
                (state, destination, limit),
            ).fetchall()
        return [Row(*row) for row in found]

    def counts(self) -> dict[tuple[str, str], int]:
        """How many rows there are by destination and state."""
        with self._read_lock:
            found = self._reader.execute(
                "SELECT destination, state, count(*) FROM outbox "
                "WHERE state IN ('waiting', 'dead', 'held') GROUP BY destination, state"
            ).fetchall()
        return {(row[0], row[1]): int(row[2]) for row in found}

    def incidents_told(self, since_ms: int) -> dict[str, int]:
        """How many incidents each destination was told something of since then."""
        with self._read_lock:
            found = self._reader.execute(
                "SELECT destination, count(DISTINCT incident_id) FROM outbox WHERE state IN "
                "('waiting', 'delivered', 'dead') AND since_ms > ? GROUP BY destination",
                (since_ms,),
            ).fetchall()
        return {row[0]: int(row[1]) for row in found}

    def replay(self, ids: Collection[str] | None, destination: str | None, at_ms: int) -> int:
        """Let dead letters wait again, as if new: those named, of `destination`, or all."""
        query = (
            "UPDATE outbox SET state = 'waiting', since_ms = ?, attempts = 0, tried_ms = 0, "
            "rest_s = 0, has_fallen_back = 0 WHERE state = 'dead' "
            "AND destination = coalesce(?, destination)"
        )
        with self._lock, sqlite.transaction(self._connection):
            if ids is None:
                return self._connection.execute(query, (at_ms, destination)).rowcount
            return sum(
                self._connection.execute(f"{query} AND id = ?", (at_ms, destination, one)).rowcount
                for one in set(ids)
            )

    def prune(self, before_ms: int, limit: int) -> int:
        """Forget rows delivered or held that were filed before `before_ms`; how many."""
        with self._lock, sqlite.transaction(self._connection):
            return self._connection.execute(
                "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE state IN "
                "('delivered', 'held') AND since_ms < ? LIMIT ?)",
                (before_ms, limit),
            ).rowcount

    def silences(self, at_ms: int) -> list[Silence]:
        """Those that are not over."""
        with self._read_lock:
            return silences(self._reader, at_ms)

    def silence(self, one: Silence) -> None:
        """Add one."""
        with self._lock:
            self._connection.execute(
                "INSERT INTO outbox_silences VALUES (?, ?)",
                (one.until_ms, msgspec.json.encode(one)),
            )


def _fallback(destination: str, one: Done) -> tuple[object, ...]:
    """The row of whoever has to hear in the stead of `destination`."""
    row, other = one.row, one.settled.fallback
    told = delivery_id(row.incident_id, row.seq, other, row.address)
    kept = (told, row.seq, row.incident_id, other, row.address, "waiting", one.at_ms, "")
    return (*kept, destination, row.urgent)

"""The durable log of the embedded run, in one SQLite file."""

from __future__ import annotations

import sqlite3
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence

from ingest import sighting, sqlite
from ingest.fix import FixBatch
from ingest.reject import Reject
from ingest.sighting import SightingBatch
from ingest.store import block
from ingest.store.log import LogFullError

_STEPS = (
    """
    CREATE TABLE blocks (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        rows INTEGER NOT NULL,
        at_ms INTEGER NOT NULL,
        t_min_ms INTEGER NOT NULL,
        t_max_ms INTEGER NOT NULL,
        body BLOB NOT NULL
    );
    CREATE TABLE sightings (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        rows INTEGER NOT NULL,
        at_ms INTEGER NOT NULL,
        body BLOB NOT NULL
    );
    CREATE TABLE rejects (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        at_ms INTEGER NOT NULL,
        reason TEXT NOT NULL,
        detail TEXT NOT NULL,
        topic TEXT NOT NULL,
        payload BLOB NOT NULL
    );
    CREATE INDEX rejects_by_reason ON rejects (reason, number)
    """,
    "ALTER TABLE sightings ADD COLUMN block INTEGER",
    # bytes: of the payload before it was cut
    """
    ALTER TABLE rejects ADD COLUMN bytes INTEGER;
    ALTER TABLE rejects ADD COLUMN settled_ms INTEGER
    """,
)
PAYLOAD_KEPT = 4096
TEXT_KEPT = 500
REJECTS_KEPT = 20_000


class SqliteLog:
    """A `BlockLog` on an open connection of the pipeline's thread.

    `rejects` may be called from any thread when it has a connection of its own (`reader`).  Dead
    letters are bounded: the newest `REJECTS_KEPT`, `PAYLOAD_KEPT` bytes of each.
    """

    def __init__(
        self, connection: sqlite3.Connection, reader: sqlite3.Connection | None = None
    ) -> None:
        sqlite.migrate(connection, "ingest", _STEPS)
        self._connection = connection
        self._reader = reader or connection
        self._reading = threading.Lock()
        self._last, self._last_sightings = self._newest("blocks"), self._newest("sightings")

    def _newest(self, table: str) -> int:
        row = self._connection.execute(
            "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = ?", (table,)
        ).fetchone()
        return int(row[0])

    def append(
        self,
        fixes: FixBatch,
        sightings: SightingBatch,
        rejects: Sequence[Reject],
        at_ms: int,
        settled: Sequence[int] = (),
    ) -> int:
        """Write all of it or nothing; durable on return.  Raises `LogFullError`.

        The letters numbered `settled` count as read after all from then on.
        """
        if not (len(fixes) or len(sightings) or rejects or settled):
            return self._last
        db = self._connection
        number, sighted = self._last, self._last_sightings
        try:
            with sqlite.transaction(db):
                if len(fixes):
                    values = (
                        len(fixes),
                        at_ms,
                        int(fixes.t_ms.min()),
                        int(fixes.t_ms.max()),
                        block.encode(fixes),
                    )
                    number = int(
                        db.execute(
                            "INSERT INTO blocks (rows, at_ms, t_min_ms, t_max_ms, body) "
                            "VALUES (?, ?, ?, ?, ?)",
                            values,
                        ).lastrowid
                        or 0
                    )
                if len(sightings):
                    seen = (len(sightings), at_ms, sighting.encode(sightings), number)
                    sighted = int(
                        db.execute(
                            "INSERT INTO sightings (rows, at_ms, body, block) VALUES (?, ?, ?, ?)",
                            seen,
                        ).lastrowid
                        or 0
                    )
                if rejects:
                    self._bury(rejects, at_ms)
                if settled:
                    self._settle(settled, at_ms)
        except sqlite3.OperationalError as error:
            raise LogFullError(str(error)) from error
        self._last, self._last_sightings = number, sighted
        return number

    def _bury(self, rejects: Sequence[Reject], at_ms: int) -> None:
        db = self._connection
        db.executemany(
            "INSERT INTO rejects (at_ms, reason, detail, topic, payload, bytes) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            [
                (
                    reject.received_ms or at_ms,
                    str(reject.reason),
                    reject.detail[:TEXT_KEPT],
                    reject.topic[:TEXT_KEPT],
                    reject.payload[:PAYLOAD_KEPT],
                    len(reject.payload),
                )
                for reject in rejects
            ],
        )
        db.execute(
            "DELETE FROM rejects WHERE number <= (SELECT max(number) FROM rejects) - ?",
            (REJECTS_KEPT,),
        )

    def _settle(self, numbers: Sequence[int], at_ms: int) -> None:
        self._connection.executemany(
            "UPDATE rejects SET settled_ms = ? WHERE number = ?", [(at_ms, n) for n in numbers]
        )

    def read_from(self, number: int) -> Iterator[tuple[int, FixBatch]]:
        """Blocks from `number` on, in order."""
        while True:
            row = self._connection.execute(
                "SELECT number, body FROM blocks WHERE number >= ? ORDER BY number LIMIT 1",
                (number,),
            ).fetchone()
            if row is None:
                return
            yield int(row[0]), block.decode(row[1])
            number = int(row[0]) + 1

    def sightings_from(
        self, number: int, before: int | None = None
    ) -> Iterator[tuple[int, SightingBatch]]:
        """Sightings from `number` on, in order; with `before`, those that block came after.

        Those of stores that did not note the block are history and left out.
        """
        last = sys.maxsize if before is None else before - 1
        while True:
            row = self._connection.execute(
                "SELECT number, body FROM sightings "
                "WHERE number >= ? AND block <= ? ORDER BY number LIMIT 1",
                (number, last),
            ).fetchone()
            if row is None:
                return
            yield int(row[0]), sighting.decode(row[1])
            number = int(row[0]) + 1

    def last(self) -> int:
        """Number of the newest block, 0 for none."""
        return self._last

    def last_sightings(self) -> int:
        """Number of the newest sightings, 0 for none."""
        return self._last_sightings

    def prune(self, before_ms: int, keep_from: int) -> int:
        """Drop blocks that arrived before `before_ms` and are numbered below `keep_from`.

        The file's pages are used again by later blocks.  Sightings of that age go too.
        """
        db = self._connection
        with sqlite.transaction(db):
            dropped = db.execute(
                "DELETE FROM blocks WHERE at_ms < ? AND number < ?", (before_ms, keep_from)
            ).rowcount
            db.execute("DELETE FROM sightings WHERE at_ms < ?", (before_ms,))
        return int(dropped)

    def rejects(self, limit: int, reason: str | None = None) -> Sequence[Mapping[str, object]]:
        """Newest dead letters: `t`, `reason`, `detail`, `topic`, `payload` (text, cut).

        One that was read after all says when: `settled`, epoch seconds.
        """
        with self._reading:
            rows = self._reader.execute(
                "SELECT at_ms, reason, detail, topic, payload, settled_ms FROM rejects "
                "WHERE ?1 IS NULL OR reason = ?1 ORDER BY number DESC LIMIT ?2",
                (reason, limit),
            ).fetchall()
        return [
            {
                "t": at_ms / 1000,
                "reason": why,
                "detail": detail,
                "topic": topic,
                "payload": bytes(payload).decode("utf-8", "backslashreplace"),
                **({} if settled_ms is None else {"settled": settled_ms / 1000}),
            }
            for at_ms, why, detail, topic, payload, settled_ms in rows
        ]

"""The embedded run's snapshots: the newest two states, in the SQLite file that holds the blocks."""

from __future__ import annotations

import sqlite3

from ingest import sqlite

_STEPS = ("CREATE TABLE snapshots (block INTEGER PRIMARY KEY, body BLOB NOT NULL)",)


class SqliteSnapshots:
    """A `SnapshotStore` on an open connection, used from the pipeline's thread alone."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        sqlite.migrate(connection, "streams", _STEPS)
        self._connection = connection

    def save(self, block: int, data: bytes) -> None:
        """Keep `data` as the state after block `block`; older ones but the last are dropped."""
        db = self._connection
        with sqlite.transaction(db):
            db.execute("INSERT OR REPLACE INTO snapshots VALUES (?, ?)", (block, data))
            db.execute(
                "DELETE FROM snapshots WHERE block NOT IN "
                "(SELECT block FROM snapshots ORDER BY block DESC LIMIT 2)"
            )

    def newest(self) -> tuple[int, bytes] | None:
        """Block number and bytes of the newest snapshot, or None."""
        row = self._connection.execute(
            "SELECT block, body FROM snapshots ORDER BY block DESC LIMIT 1"
        ).fetchone()
        return (int(row[0]), bytes(row[1])) if row else None

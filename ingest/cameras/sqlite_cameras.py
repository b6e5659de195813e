"""Where cameras' health survives a restart in the embedded run: one row in the SQLite file."""

from __future__ import annotations

import sqlite3

from ingest import sqlite

_STEPS = (
    """
    CREATE TABLE camera_health (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        sighted INTEGER NOT NULL,
        body BLOB NOT NULL
    )
    """,
)


class SqliteCameraHealth:
    """The newest state and the number of the sightings that it stands after.

    On an open connection, of the pipeline's thread or of a reader.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        sqlite.migrate(connection, "cameras", _STEPS)
        self._connection = connection

    def save(self, sighted: int, data: bytes) -> None:
        """Keep `data` as the state after sightings `sighted`, instead of what was kept before."""
        with sqlite.transaction(self._connection):
            self._connection.execute(
                "INSERT OR REPLACE INTO camera_health VALUES (1, ?, ?)", (sighted, data)
            )

    def newest(self) -> tuple[int, bytes] | None:
        """Number of the sightings and bytes of the state, or None."""
        row = self._connection.execute("SELECT sighted, body FROM camera_health").fetchone()
        return (int(row[0]), bytes(row[1])) if row else None

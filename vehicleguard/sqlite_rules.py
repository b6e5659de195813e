"""Published rules in the SQLite file of the run: a `VersionStore`."""

from __future__ import annotations

import json
import sqlite3

from geofence.rules.versions import Content, Version, VersionError
from ingest import sqlite

_STEPS = (
    """
    CREATE TABLE rule_contents (
      digest TEXT PRIMARY KEY, syntax TEXT NOT NULL, text TEXT NOT NULL, data TEXT NOT NULL);
    CREATE TABLE rule_versions (
      number INTEGER PRIMARY KEY, digest TEXT NOT NULL REFERENCES rule_contents,
      parent INTEGER UNIQUE REFERENCES rule_versions, who TEXT NOT NULL, at_ms INTEGER NOT NULL,
      why TEXT NOT NULL, restores INTEGER REFERENCES rule_versions);
    CREATE TRIGGER rule_versions_stay BEFORE UPDATE ON rule_versions
      BEGIN SELECT RAISE(ABORT, 'a version is never edited'); END;
    CREATE TRIGGER rule_contents_stay BEFORE UPDATE ON rule_contents
      BEGIN SELECT RAISE(ABORT, 'a content is never edited'); END
    """,
)
_COLUMNS = "number, digest, parent, who, at_ms, why, restores"


class SqliteVersions:
    """Versions on an open connection (`ingest.sqlite.connect`), used from one thread."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        sqlite.migrate(connection, "rules", _STEPS)
        self._connection = connection

    def append(self, version: Version, content: Content) -> None:
        """Keep `version`; another process may have been quicker.  Raises `VersionError`."""
        db = self._connection
        with sqlite.transaction(db):
            (newest,) = db.execute("SELECT max(number) FROM rule_versions").fetchone()
            if newest != version.parent:
                msg = f"version {newest} was published meanwhile: look at what changed"
                raise VersionError(msg)
            data = json.dumps(content.data, ensure_ascii=False)
            db.execute(
                "INSERT OR IGNORE INTO rule_contents VALUES (?, ?, ?, ?)",
                (content.digest, content.syntax, content.text, data),
            )
            db.execute(
                f"INSERT INTO rule_versions ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - our own names
                (
                    version.number, version.digest, version.parent, version.who, version.at_ms,
                    version.why, version.restores,
                ),
            )  # fmt: skip

    def versions(self) -> list[Version]:
        """All versions, the newest last."""
        rows = self._connection.execute(f"SELECT {_COLUMNS} FROM rule_versions ORDER BY number")  # noqa: S608 - our own names
        return [Version(*row) for row in rows]

    def content(self, digest: str) -> Content:
        """The content with that digest.  Raises `VersionError` when there is none."""
        row = self._connection.execute(
            "SELECT text, syntax, data FROM rule_contents WHERE digest = ?", (digest,)
        ).fetchone()
        if row is None:
            msg = f"there is no content {digest}"
            raise VersionError(msg)
        return Content(row[0], row[1], json.loads(row[2]))

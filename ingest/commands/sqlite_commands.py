"""Commands in the SQLite file of the run: a `CommandLog`, and the record of who asked for what."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence

import msgspec

from ingest import sqlite
from ingest.commands.arguments import ARGUMENTS, CommandKind
from ingest.commands.command import Answer, Command, CommandError, CommandState, Standing

MOST_OPEN = 32
"""Commands that may wait for one terminal."""
_STEPS = (
    """
    CREATE TABLE commands (
      number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, terminal TEXT NOT NULL,
      kind TEXT NOT NULL, arguments TEXT NOT NULL, author TEXT NOT NULL, reason TEXT NOT NULL,
      issued_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL, state TEXT NOT NULL);
    CREATE INDEX commands_open ON commands (state) WHERE state = 'open';
    CREATE TABLE command_events (
      number INTEGER PRIMARY KEY AUTOINCREMENT, command TEXT NOT NULL REFERENCES commands (id),
      at_ms INTEGER NOT NULL, event TEXT NOT NULL, detail TEXT NOT NULL);
    CREATE INDEX command_events_of ON command_events (command);
    CREATE TRIGGER command_events_stay BEFORE UPDATE ON command_events
      BEGIN SELECT RAISE(ABORT, 'what happened is never edited'); END;
    CREATE TRIGGER command_events_remain BEFORE DELETE ON command_events
      BEGIN SELECT RAISE(ABORT, 'what happened is never forgotten'); END
    """,
)
_COLUMNS = "id, terminal, kind, arguments, author, reason, issued_ms, expires_ms"


class SqliteCommands:
    """Commands on an open connection (`ingest.sqlite.connect`); from any thread."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        sqlite.migrate(connection, "commands", _STEPS)
        self._connection = connection
        self._lock = threading.Lock()

    def issue(self, command: Command) -> None:
        """Keep a command to be sent; one that is there already changes nothing."""
        arguments = command.arguments.model_dump_json(exclude_none=True)
        db = self._connection
        with self._lock, sqlite.transaction(db):
            (waiting,) = db.execute(
                "SELECT count(*) FROM commands WHERE terminal = ? AND state = 'open'",
                (command.terminal,),
            ).fetchone()
            if waiting >= MOST_OPEN:
                msg = f"{waiting} commands wait for {command.terminal} already"
                raise CommandError(msg)
            is_new = db.execute(
                f"INSERT OR IGNORE INTO commands ({_COLUMNS}, state) "  # noqa: S608 - our own names
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'open')",
                (
                    command.id, command.terminal, str(command.kind), arguments, command.author,
                    command.reason, command.issued_ms, command.expires_ms,
                ),
            ).rowcount  # fmt: skip
            if is_new:
                self._happened(command.id, command.issued_ms, "issued", command.author)

    def open(self) -> Sequence[Command]:
        """Commands that are not settled, in the order in which they were issued."""
        with self._lock:
            rows = self._connection.execute(
                f"SELECT {_COLUMNS} FROM commands WHERE state = 'open' ORDER BY number"  # noqa: S608 - our own names
            ).fetchall()
        return [_command(row) for row in rows]

    def sent(self, command: str, at_ms: int, way: str) -> None:
        """A command went out, by `way`."""
        with self._lock, sqlite.transaction(self._connection):
            self._happened(command, at_ms, "sent", way)

    def settle(self, answer: Answer, at_ms: int) -> bool:
        """The first answer to an open command of that terminal counts; whether this was it."""
        db = self._connection
        with self._lock, sqlite.transaction(db):
            was_open = db.execute(
                "UPDATE commands SET state = ? WHERE id = ? AND terminal = ? AND state = 'open'",
                (str(answer.state), answer.command, answer.terminal),
            ).rowcount
            if was_open:
                self._happened(answer.command, at_ms, str(answer.state), answer.detail)
        return bool(was_open)

    def list(self, limit: int, terminal: str | None = None) -> Sequence[Standing]:
        """The newest commands, of one terminal or of all."""
        db = self._connection
        with self._lock:
            rows = db.execute(
                f"SELECT {_COLUMNS}, state FROM commands WHERE ?1 IS NULL OR terminal = ?1 "  # noqa: S608 - our own names
                "ORDER BY number DESC LIMIT ?2",
                (terminal, limit),
            ).fetchall()
            return [
                Standing(_command(row[:-1]), CommandState(row[-1]), self._events(row[0]))
                for row in rows
            ]

    def _events(self, command: str) -> Sequence[tuple[int, str, str]]:
        rows = self._connection.execute(
            "SELECT at_ms, event, detail FROM command_events WHERE command = ? ORDER BY number",
            (command,),
        ).fetchall()
        return [(int(at_ms), str(event), str(detail)) for at_ms, event, detail in rows]

    def _happened(self, command: str, at_ms: int, event: str, detail: str) -> None:
        self._connection.execute(
            "INSERT INTO command_events (command, at_ms, event, detail) VALUES (?, ?, ?, ?)",
            (command, at_ms, event, detail[:500]),
        )


def _command(row: Sequence[object]) -> Command:
    name, terminal, kind, arguments, author, reason, issued_ms, expires_ms = row
    known = CommandKind(str(kind))
    return Command(
        id=str(name),
        terminal=str(terminal),
        kind=known,
        arguments=ARGUMENTS[known].model_validate(msgspec.json.decode(str(arguments))),
        author=str(author),
        reason=str(reason),
        issued_ms=int(str(issued_ms)),
        expires_ms=int(str(expires_ms)),
    )

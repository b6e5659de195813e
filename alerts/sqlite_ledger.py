"""The ledger in one SQLite file, beside the blocks: events only ever appended, states derived."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Collection, Sequence
from contextlib import closing
from pathlib import Path

import msgspec

from alerts import action
from alerts.audit import sqlite_audit
from alerts.event import Event
from alerts.filing import receive
from alerts.incident import Incident, fold
from alerts.ledger import Clocks, Decide, Entry, UnknownIncidentError, Wanted
from alerts.level import Level
from alerts.outbox import sqlite_outbox
from alerts.outbox.routes import Routes
from alerts.report import Report
from ingest import sqlite

_TABLES = """
    CREATE TABLE incidents (
        id TEXT PRIMARY KEY,
        vehicle_id TEXT NOT NULL,
        level TEXT NOT NULL,
        state TEXT NOT NULL,
        opened_seq INTEGER NOT NULL UNIQUE,
        last_seq INTEGER NOT NULL,
        body BLOB NOT NULL
    );
    CREATE INDEX incidents_of_vehicle ON incidents (vehicle_id, opened_seq);
    CREATE TABLE incident_events (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        incident_id TEXT NOT NULL,
        body BLOB NOT NULL,
        incident BLOB NOT NULL
    );
    CREATE INDEX events_of_incident ON incident_events (incident_id, seq);
    CREATE TABLE signals (
        id TEXT PRIMARY KEY,
        incident_id TEXT NOT NULL
    ) WITHOUT ROWID
    """

LOOKS_AS_ONE_MS = 600_000
_LOOKS_KEPT = 10_000
_KNOWN = 8
"""Incidents of a vehicle, the newest, that a report may belong to."""

_encode = msgspec.json.Encoder().encode
_event = msgspec.json.Decoder(Event).decode
_incident = msgspec.json.Decoder(Incident).decode


def _refold(connection: sqlite3.Connection) -> None:
    """Write every incident down anew: events are the truth, what they fold into has changed."""
    states: dict[str, Incident] = {}
    rows = connection.execute(
        "SELECT seq, incident_id, body FROM incident_events ORDER BY seq"
    ).fetchall()
    for seq, incident_id, body in rows:
        after = states[incident_id] = fold(states.get(incident_id), _event(body))
        connection.execute(
            "UPDATE incident_events SET incident = ? WHERE seq = ?", (_encode(after), seq)
        )
    for incident_id, after in states.items():
        connection.execute(
            "UPDATE incidents SET level = ?, state = ?, body = ? WHERE id = ?",
            (after.level.label, str(after.state), _encode(after), incident_id),
        )


_DUE = """
    ALTER TABLE incidents ADD COLUMN due_ms INTEGER;
    CREATE INDEX incidents_due ON incidents (due_ms) WHERE due_ms IS NOT NULL
    """
_WANTED = "CREATE INDEX incidents_wanted ON incidents (level, state, opened_seq)"
"""Who waits for a unit is asked twice a second, over however many others are open."""
_STEPS: tuple[sqlite.Step, ...] = (
    *(_TABLES, _refold, _DUE),
    *(sqlite_outbox.TABLES, sqlite_outbox.URGENT, _WANTED, sqlite_audit.begin),
)


class SqliteLedger:
    """A `Ledger` in the file `path` (":memory:" for a replay).

    `clocks` starts clocks and says what is due; none without it.  `routes` says who is told of an
    event; its deliveries are filed in the event's transaction, where the outbox finds them.  So is
    a row of the audit, which chains all changes and look-ups.

    Writers take turns on one connection; readers have another and, WAL being on, wait for nobody.
    Raises `ingest.sqlite.StoreError` when the file cannot be used.
    """

    def __init__(
        self, path: Path | str, clocks: Clocks | None = None, routes: Routes | None = None
    ) -> None:
        self._clocks = clocks
        self._routes = routes
        self._looks: dict[tuple[str, str, str], int] = {}
        self._write = sqlite.connect(path)
        sqlite.migrate(self._write, "alerts", _STEPS)
        self._write_lock = threading.RLock()
        if str(path) == ":memory:":
            self._read, self._read_lock = self._write, self._write_lock
        else:
            self._read, self._read_lock = sqlite.connect(path), threading.RLock()

    def disconnect(self) -> None:
        """Let go of the file."""
        with self._write_lock, self._read_lock:
            self._read.close()
            self._write.close()

    def receive(self, reports: Sequence[Report], at_ms: int) -> list[Entry]:
        """File reports, in order; one known already changes nothing.  Durable on return."""
        entries = []
        with self._write_lock, sqlite.transaction(self._write):
            for report in reports:
                if self._write.execute(
                    "SELECT 1 FROM signals WHERE id = ?", (report.id,)
                ).fetchone():
                    continue
                rows = self._write.execute(
                    "SELECT body FROM incidents WHERE vehicle_id = ? "
                    "ORDER BY opened_seq DESC LIMIT ?",
                    (report.vehicle_id, _KNOWN),
                ).fetchall()
                known = [self._going_on(_incident(row[0])) for row in rows]
                events = receive(report, known, at_ms)
                before = next((i for i in known if events and i.id == events[0].incident_id), None)
                filed = self._file(events, before)
                entries += filed
                # one that opened nothing is remembered too: told again, it must join nothing
                joined = filed[-1].incident.id if filed else ""
                self._write.execute("INSERT INTO signals VALUES (?, ?)", (report.id, joined))
        return entries

    def act(self, incident_id: str, decide: Decide) -> Entry:
        """File what `decide` makes of the incident as it stands; nothing more where it says None.

        Raises `UnknownIncidentError`, and what `decide` raises.
        """
        with self._write_lock, sqlite.transaction(self._write):
            incident = self._state(self._write, incident_id)
            event = decide(incident)
            if event is not None:
                return self._file([event], incident)[-1]
        return self.incident(incident_id)[1][-1]

    def merge(self, one_id: str, into_id: str, actor: str, reason: str, at_ms: int) -> Entry:
        """As `action.merge`, in one transaction; the entry of `into`.

        Raises `UnknownIncidentError`, and what that raises.
        """
        with self._write_lock, sqlite.transaction(self._write):
            one, into = (self._state(self._write, name) for name in (one_id, into_id))
            closed, absorbed = action.merge(one, into, actor, reason, at_ms)
            self._file([closed], one)
            return self._file([absorbed], into)[-1]

    def split(
        self, incident_id: str, named: Collection[str], actor: str, reason: str, at_ms: int
    ) -> Entry:
        """As `action.split`, in one transaction; the entry that opened the new incident.

        Raises `UnknownIncidentError`, and what that raises.
        """
        with self._write_lock, sqlite.transaction(self._write):
            incident = self._state(self._write, incident_id)
            cut, opened = action.split(incident, named, actor, reason, at_ms)
            self._file([cut], incident)
            self._write.executemany(
                "UPDATE signals SET incident_id = ? WHERE id = ?",
                [(opened.incident_id, report.id) for report in cut.reports],
            )
            return self._file([opened], None)[-1]

    def link(self, one_id: str, other_id: str, actor: str, reason: str, at_ms: int) -> Entry:
        """As `action.link`, in one transaction; the newest entry of the first.

        Raises `UnknownIncidentError`, and what that raises.
        """
        with self._write_lock, sqlite.transaction(self._write):
            both = {name: self._state(self._write, name) for name in (one_id, other_id)}
            for event in action.link(both[one_id], both[other_id], actor, reason, at_ms):
                self._file([event], both[event.incident_id])
        return self.incident(one_id)[1][-1]

    def tick(self, now_ms: int, limit: int) -> list[Entry]:
        """File what clocks have to say by now, of `limit` incidents at most, the longest due first.

        Each once, whoever calls it and from however many processes.  Durable on return.
        """
        query = "SELECT id FROM incidents WHERE due_ms <= ? ORDER BY due_ms LIMIT ?"
        with self._read_lock:
            found = self._read.execute(query, (now_ms, limit)).fetchall()
        if not found or self._clocks is None:
            return []
        entries = []
        with self._write_lock, sqlite.transaction(self._write):
            for (incident_id,) in found:
                incident = self._state(self._write, incident_id)
                events = self._clocks.due(incident, now_ms)
                entries += self._file(events, incident)
                if not events:  # somebody was faster, or the settings ask for less now
                    self._write.execute(
                        "UPDATE incidents SET due_ms = ? WHERE id = ?",
                        (self._clocks.next_due_ms(incident), incident_id),
                    )
        return entries

    def looked(self, actor: str, what: str, subject: str, at_ms: int) -> None:
        """Note that somebody looked at something of an incident or a vehicle.  Durable on return.

        Looking again within `LOOKS_AS_ONE_MS` is the same look.
        """
        key = (actor, what, subject)
        with self._write_lock:
            if at_ms - self._looks.get(key, -LOOKS_AS_ONE_MS) < LOOKS_AS_ONE_MS:
                return
            with sqlite.transaction(self._write):
                sqlite_audit.looked(self._write, at_ms, key)
            if len(self._looks) >= _LOOKS_KEPT:
                self._looks.clear()
            self._looks[key] = at_ms

    def incident(self, incident_id: str) -> tuple[Incident, list[Entry]]:
        """The incident and its whole history.  Raises `UnknownIncidentError`."""
        with self._read_lock:
            rows = self._read.execute(
                "SELECT seq, body, incident FROM incident_events WHERE incident_id = ? "
                "ORDER BY seq",
                (incident_id,),
            ).fetchall()
        if not rows:
            raise UnknownIncidentError(incident_id)
        entries = [Entry(row[0], _event(row[1]), _incident(row[2])) for row in rows]
        return entries[-1].incident, entries

    def newest(self, wanted: Wanted, before: int | None, limit: int) -> list[Entry]:
        """Latest entry of each incident, the newest opened first; `before` an opening number."""
        clauses, values = ["1"], []
        for column in ("level", "state", "vehicle_id"):
            if (value := getattr(wanted, column)) is not None:
                clauses.append(f"i.{column} = ?")
                values.append(value)
        if before is not None:
            clauses.append("i.opened_seq < ?")
            values.append(before)
        with self._read_lock:
            rows = self._read.execute(
                "SELECT e.seq, e.body, e.incident FROM incidents i "  # noqa: S608 - our own columns
                f"JOIN incident_events e ON e.seq = i.last_seq WHERE {' AND '.join(clauses)} "
                "ORDER BY i.opened_seq DESC LIMIT ?",
                (*values, limit),
            ).fetchall()
        return [Entry(row[0], _event(row[1]), _incident(row[2])) for row in rows]

    def opened_seq(self, incident_id: str) -> int:
        """Number of the event that opened it.  Raises `UnknownIncidentError`."""
        with self._read_lock:
            row = self._read.execute(
                "SELECT opened_seq FROM incidents WHERE id = ?", (incident_id,)
            ).fetchone()
        if row is None:
            raise UnknownIncidentError(incident_id)
        return int(row[0])

    def entries_after(self, seq: int, limit: int) -> list[Entry]:
        """Recorded events with a number above `seq`, oldest first."""
        with self._read_lock:
            rows = self._read.execute(
                "SELECT seq, body, incident FROM incident_events WHERE seq > ? "
                "ORDER BY seq LIMIT ?",
                (seq, limit),
            ).fetchall()
        return [Entry(row[0], _event(row[1]), _incident(row[2])) for row in rows]

    def last_seq(self) -> int:
        """Number of the newest entry, 0 for none."""
        with self._read_lock:
            row = self._read.execute("SELECT max(seq) FROM incident_events").fetchone()
        return int(row[0] or 0)

    def open_by_level(self) -> dict[str, int]:
        """How many incidents are not closed, by level."""
        with self._read_lock:
            rows = self._read.execute(
                "SELECT level, count(*) FROM incidents "
                "WHERE state NOT IN ('closed', 'rated') GROUP BY level"
            ).fetchall()
        counts = dict(rows)
        return {level.label: int(counts.get(level.label, 0)) for level in Level}

    def levels_of_vehicles(self) -> dict[str, Level]:
        """Highest level of an open incident, by vehicle."""
        with self._read_lock:
            rows = self._read.execute(
                "SELECT body FROM incidents WHERE state NOT IN ('closed', 'rated')"
            ).fetchall()
        levels: dict[str, Level] = {}
        for (body,) in rows:
            incident = _incident(body)
            for vehicle in incident.vehicles:
                levels[vehicle] = max(incident.level, levels.get(vehicle, incident.level))
        return levels

    def _state(self, connection: sqlite3.Connection, incident_id: str) -> Incident:
        row = connection.execute(
            "SELECT body FROM incidents WHERE id = ?", (incident_id,)
        ).fetchone()
        if row is None:
            raise UnknownIncidentError(incident_id)
        return _incident(row[0])

    def _going_on(self, incident: Incident) -> Incident:
        """The incident in which it goes on, itself where it was not merged."""
        while incident.merged_into:
            incident = self._state(self._write, incident.merged_into)
        return incident

    def _file(self, events: Sequence[Event], before: Incident | None) -> list[Entry]:
        """Append the events of one incident, and the start of its clock where they call for it."""
        entries: list[Entry] = []
        for event in events:
            entries.append(self._append(event, before))
            before = entries[-1].incident
        if self._clocks is not None and entries and before is not None:
            started = self._clocks.begin(before)
            if started is not None:
                entries.append(self._append(started, before))
        return entries

    def _append(self, event: Event, before: Incident | None) -> Entry:
        after = fold(before, event)
        told, body = _encode(event), _encode(after)
        with closing(
            self._write.execute(
                "INSERT INTO incident_events (incident_id, body, incident) VALUES (?, ?, ?)",
                (event.incident_id, told, body),
            )
        ) as cursor:
            seq = int(cursor.lastrowid or 0)
        sqlite_audit.changed(self._write, event, seq, told)
        due_ms = self._clocks.next_due_ms(after) if self._clocks else None
        self._write.execute(
            "INSERT INTO incidents VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
            "level = excluded.level, state = excluded.state, last_seq = excluded.last_seq, "
            "body = excluded.body, due_ms = excluded.due_ms",
            (
                *(after.id, after.vehicle_id, after.level.label, str(after.state)),
                *(seq, seq, body, due_ms),
            ),
        )
        entry = Entry(seq, event, after)
        if self._routes is not None:
            muted = sqlite_outbox.silences(self._write, event.at_ms)
            sqlite_outbox.file(self._write, self._routes.of(entry, before, muted), event.at_ms)
        return entry

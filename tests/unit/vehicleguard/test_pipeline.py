"""The embedded pipeline over a real log: what was durable is worked on, once, in its order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from alerts.ledger import Wanted
from alerts.sqlite_ledger import SqliteLedger
from ingest import sqlite
from ingest.admission import Admission
from ingest.intake import Intake
from ingest.message import Message
from ingest.registry import Plate
from ingest.settings import IngestSettings
from ingest.store.sqlite_log import SqliteLog
from streams.plates import PlateGuard
from streams.rules import Rules
from streams.sqlite_snapshot import SqliteSnapshots
from tests.terminals import payload
from tests.timeline import HOME, Track, offset
from vehicleguard.metrics import Metrics
from vehicleguard.pipeline import Pipeline

PLATES = {"car": Plate("湘H12345", "blue", "car")}


class Store:
    """One store on disk, and the pipelines that live on it one after another."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.track = Track("car", armed=True, ignition=False)
        self.open()

    def open(self) -> None:
        self.connection = sqlite.connect(self.path)
        self.ledger = SqliteLedger(self.path)
        log = SqliteLog(self.connection)
        settings = IngestSettings.model_validate({})
        self.pipeline = Pipeline(
            intake=Intake(
                Admission(settings, None),
                log,
                max_payload_bytes=100_000,
                clock_ms=lambda: self.track.t_ms,
            ),
            blocks=log,
            snapshots=SqliteSnapshots(self.connection),
            ledger=self.ledger,
            rules=Rules(),
            metrics=Metrics(),
            plates=PlateGuard(PLATES),
            clock_ms=lambda: self.track.t_ms,
        )

    def close(self) -> None:
        self.ledger.disconnect()
        self.connection.close()

    def killed(self) -> int:
        """Start anew on what was durable; how many blocks were worked through again."""
        self.close()
        self.open()
        return self.pipeline.catch_up()

    def fixes(self) -> list[Message]:
        """Five more minutes of standing still."""
        before = len(self.track.rows)
        self.track.park(5)
        return [
            Message("vg/v1/car/fix", payload(self.track, n), int(str(row["t_ms"])))
            for n, row in enumerate(self.track.rows[before:], before)
        ]

    def sighting(self, east_m: float, camera: str = "K1") -> Message:
        lon, lat = offset(HOME, east_m, 0)
        body = {"t": self.track.t_ms / 1000, "plate": "湘H·12345", "lon": lon, "lat": lat}
        topic = f"vg/v1/camera/{camera}/sighting"
        return Message(topic, json.dumps(body).encode(), self.track.t_ms)

    def durable(self, *messages: Message) -> None:
        """Written and acknowledged, and no more."""
        self.taken = self.pipeline.take(messages)

    def work(self) -> None:
        if len(self.taken.batch):
            self.pipeline.process(self.taken.number, self.taken.batch)
        if len(self.taken.sightings):
            self.pipeline.look(self.taken.sighted, self.taken.sightings)

    def told(self) -> list[tuple[str, float]]:
        """Every signal of every incident, and when it was detected."""
        held = self.ledger.newest(Wanted(), None, -1)
        return sorted((r.id, r.t_detected) for entry in held for r in entry.incident.reports)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    one = Store(tmp_path / "store.sqlite")
    with closing(one):
        yield one


def test_a_kill_between_the_durable_write_and_the_work_loses_no_plate_signal(store: Store) -> None:
    store.durable(*store.fixes())
    store.work()
    store.pipeline.snapshot()
    store.durable(store.sighting(9000))
    assert store.killed() == 0
    ((_, t),) = store.told()
    assert t == store.track.t_ms / 1000


def test_sightings_are_worked_on_again_where_they_came_and_change_nothing(store: Store) -> None:
    store.durable(*store.fixes())
    store.work()
    store.durable(store.sighting(40_000), *store.fixes())  # the sighting is of before these fixes
    store.work()
    store.durable(store.sighting(70_000, "K2"))
    store.work()
    for _ in range(3):  # long enough that the reads would prove nothing beside the newest fix
        store.durable(*store.fixes())
        store.work()
    told, state = store.told(), store.pipeline.state
    plates = state.plates.encode()
    assert len(told) == 2  # elsewhere, and then in two places
    assert state.sighted == 2
    assert store.killed() == 5
    again = store.pipeline.state
    assert store.told() == told
    assert again.plates.encode() == plates
    assert again.rows.tobytes() == state.rows.tobytes()
    store.pipeline.snapshot()
    assert store.killed() == 0
    assert store.pipeline.state.sighted == 2
    assert store.pipeline.state.plates.encode() == plates


def test_where_a_plate_was_last_seen_is_known_at_once_and_after_a_restart(store: Store) -> None:
    assert store.pipeline.seen("car") == ()
    store.durable(*store.fixes(), store.sighting(100, "K7"))
    store.work()
    (seen,) = store.pipeline.seen("car")
    assert (seen.camera, seen.t_ms) == ("K7", store.track.t_ms)
    store.pipeline.snapshot()
    store.killed()
    (again,) = store.pipeline.seen("car")
    assert (again.camera, again.t_ms) == (seen.camera, seen.t_ms)
    assert store.pipeline.seen("nobody") == ()


def test_a_block_that_another_process_stored_is_worked_on_in_its_place(store: Store) -> None:
    """As `vehicleguard rejects replay` does beside a run that goes on."""
    store.durable(*store.fixes())
    store.work()
    with closing(sqlite.connect(store.path)) as connection:
        settings = IngestSettings.model_validate({})
        beside = Intake(
            Admission(settings, None),
            SqliteLog(connection),
            max_payload_bytes=100_000,
            clock_ms=lambda: store.track.t_ms,
        )
        foreign = beside.take([*store.fixes(), store.sighting(100, "K9")])
    assert foreign.number == 2
    store.durable(*store.fixes(), store.sighting(200, "K8"))
    assert (store.taken.number, store.taken.sighted) == (3, 2)
    store.work()
    state = store.pipeline.state
    assert (store.pipeline.done, state.sighted) == (3, 2)
    assert store.killed() == 3
    assert store.pipeline.state.rows.tobytes() == state.rows.tobytes()
    assert store.pipeline.state.plates.encode() == state.plates.encode()

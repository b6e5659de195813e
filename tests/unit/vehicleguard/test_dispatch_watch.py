"""The thread that gives incidents to units: what its dispatcher says, and nothing of drills."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import replace

from alerts.force import Duty, Moved, Rank, Status, Told, Unheard, Unit
from alerts.incident import Incident
from alerts.ledger import Entry
from alerts.settings import AlertSettings
from alerts.sqlite_ledger import SqliteLedger
from tests.unit.alerts.reports import report
from vehicleguard.dispatch_watch import DispatchWatch
from vehicleguard.metrics import Metrics

T0 = 1_000_000
UNITS = {n: Unit(n, n, Rank.STATION, "p", (112.3 + k / 100, 28.5)) for k, n in enumerate("ab")}


class Heard:
    """What was said to whoever listens, and a wait for it."""

    def __init__(self) -> None:
        self.incidents: list[Incident] = []
        self._told = threading.Semaphore(0)

    def __call__(self, incident: Incident) -> None:
        self.incidents.append(incident)
        self._told.release()

    def wait(self) -> None:
        assert self._told.acquire(timeout=30)


def watch(ledger: SqliteLedger, heard: Heard, metrics: Metrics) -> DispatchWatch:
    held = AlertSettings(), Duty(UNITS), None, ledger
    return DispatchWatch(*held, metrics=metrics, spoke=heard, clock_ms=lambda: T0, every_s=0.01)


def test_a_red_incident_is_given_to_a_unit_and_whoever_listens_hears_of_it() -> None:
    ledger, heard, metrics = SqliteLedger(":memory:"), Heard(), Metrics()
    running = watch(ledger, heard, metrics)
    running.start()
    try:
        ledger.receive([report(level="red")], at_ms=T0)
        heard.wait()
    finally:
        running.stop()
    assert [one.course.party for one in heard.incidents] == ["a"]
    assert metrics.registry.get_sample_value("vg_dispatches_total", {"kind": "assigned"}) == 1


def test_what_a_unit_says_counts_for_the_next_choice() -> None:
    ledger, heard = SqliteLedger(":memory:"), Heard()
    running = watch(ledger, heard, Metrics())
    assert running.hear(Told("a", T0, Status.BUSY)) is None
    assert running.hear(Moved("x", T0, 112.3, 28.5)) is Unheard.UNKNOWN_UNIT
    ledger.receive([report(level="red")], at_ms=T0)
    running.start()
    try:
        heard.wait()
    finally:
        running.stop()
    assert heard.incidents[0].course.party == "b"


def test_what_a_unit_tells_over_mqtt_is_taken_or_counted_with_the_reason() -> None:
    metrics = Metrics()
    running = watch(SqliteLedger(":memory:"), Heard(), metrics)
    place = b'{"t": 1000, "lon": 112.3, "lat": 28.5, "status": "busy"}'
    for topic, payload in [
        ("vg/v1/unit/a/state", place),
        ("vg/v1/unit/a/state", place),
        ("vg/v1/unit/x/state", place),
        ("vg/v1/unit/a/state", b"{"),
        ("vg/v1/unit/b/state", b'{"lon": 28.5, "lat": 112.3}'),
    ]:
        running.tell(topic, payload)
    counted = {
        result: metrics.registry.get_sample_value("vg_unit_states_total", {"result": result})
        for result in ("taken", "older", "unknown_unit", "unreadable", "no_place")
    }
    assert counted == {
        "taken": 2, "older": 2, "unknown_unit": 2, "unreadable": 1, "no_place": 1,
    }  # fmt: skip


def test_the_incidents_of_an_exercise_are_left_to_the_exercise() -> None:
    ledger, heard = SqliteLedger(":memory:"), Heard()
    told = report(level="red", vehicle="drill-1")
    ledger.receive([replace(told, evidence={**told.evidence, "drill": True})], at_ms=T0)
    ledger.receive([report(level="red", vehicle="real")], at_ms=T0)
    running = watch(ledger, heard, Metrics())
    running.start()
    try:
        heard.wait()
    finally:
        running.stop()
    assert [one.vehicle_id for one in heard.incidents] == ["real"]
    assert ledger.incident("i-drill-1-left_fence-1000.0")[0].course.party == ""


class Full(SqliteLedger):
    """A ledger whose disk is full for a while."""

    full = 2

    def newest(self, *arguments: object) -> Sequence[Entry]:
        if self.full:
            self.full -= 1
            raise sqlite3.OperationalError("database or disk is full")
        return super().newest(*arguments)


def test_a_full_disk_stops_nothing_for_good() -> None:
    ledger, heard = Full(":memory:"), Heard()
    ledger.receive([report(level="red")], at_ms=T0)
    running = watch(ledger, heard, Metrics())
    running.start()
    try:
        heard.wait()
    finally:
        running.stop()
    assert heard.incidents[0].course.party == "a"
    assert ledger.full == 0

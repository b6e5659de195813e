"""Police units over real brokers: they hear of what is theirs, and their answers move it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from alerts.action import Said
from alerts.channels.unit import Units
from alerts.event import State
from alerts.incident import Incident
from alerts.outbox.destination import Destination
from alerts.outbox.result import Delivered, Refused, Retry
from alerts.sqlite_ledger import SqliteLedger
from ingest.settings import IngestSettings
from tests.connected.conftest import Broker
from tests.unit.alerts.acting import step
from tests.unit.alerts.channels.notices import notice
from tests.unit.alerts.reports import report
from vehicleguard.unit_link import UnitLink

ID = "i-v-left_fence-1000.0"
UNITS = Destination("units", "unit", language="zh")
Until = Callable[[Callable[[], object], str], None]


class Unit:
    """A telephone in a patrol car."""

    def __init__(self, name: str, port: int) -> None:
        self.heard: list[dict] = []
        self.results: list[dict] = []
        self.ready = False
        self.name = name
        self.client = paho.Client(CallbackAPIVersion.VERSION2, client_id=f"unit-{name}")
        self.client.on_connect = self._connected
        self.client.on_subscribe = self._subscribed
        self.client.on_message = self._received
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()

    def _connected(self, client, *_) -> None:
        client.subscribe([(f"vg/v1/unit/{self.name}/#", 1)])

    def _subscribed(self, *_) -> None:
        self.ready = True

    def _received(self, _client, _data, message) -> None:
        if message.topic.endswith("/incident"):
            self.heard.append(json.loads(message.payload))
        elif message.topic.endswith("/result"):
            self.results.append(json.loads(message.payload))

    def say(self, body: dict | bytes) -> None:
        payload = body if isinstance(body, bytes) else json.dumps(body)
        self.client.publish(f"vg/v1/unit/{self.name}/answer", payload, qos=1)

    def stop(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def street(
    broker: tuple[Broker, int], tmp_path: Path, until: Until
) -> Iterator[tuple[SqliteLedger, UnitLink, Unit, list[Incident]]]:
    port = broker[0].port
    ledger = SqliteLedger(tmp_path / "store")
    ledger.receive([report(level="red")], 1_000_000)
    moved: list[Incident] = []
    link = UnitLink(
        IngestSettings(), ledger, moved.append,
        host="127.0.0.1", port=port, clock_ms=lambda: 2_000_000,
    )  # fmt: skip
    assert isinstance(link.publish("vg/v1/unit/u1/incident", b"{}"), Retry)
    link.start()
    unit = Unit("u1", port)
    until(lambda: unit.ready and link.is_up, "not connected")
    yield ledger, link, unit, moved
    unit.stop()
    link.stop()
    ledger.disconnect()


def test_a_unit_hears_signs_and_is_told_what_became_of_it(
    street: tuple[SqliteLedger, UnitLink, Unit, list[Incident]], until: Until
) -> None:
    ledger, link, unit, moved = street
    entry = step(ledger, ID, "assigned", at_ms=1_001_000, said=Said(party="u1"))
    units = Units(link.publish)
    assert units.deliver(notice(entry, UNITS, "u1")) == Delivered()
    until(lambda: unit.heard, "nothing heard")
    assert unit.heard[0]["yours"] is True
    assert unit.heard[0]["title"] == "【红色】车辆 v：分派"
    for n, action in enumerate(("signed", "departed", "on_scene")):
        unit.say({"id": f"a{n}", "incident": ID, "action": action, "by": "tap"})
    until(lambda: len(unit.results) == 3, "no answers")
    assert [one["result"] for one in unit.results] == ["done"] * 3
    assert ledger.incident(ID)[0].state is State.HANDLING
    assert [one.state for one in moved] == [State.SIGNED, State.HANDLING, State.HANDLING]
    unit.say({"id": "a0", "incident": ID, "action": "signed"})  # over a bad line, again
    until(lambda: len(unit.results) == 4, "no answer")
    assert (unit.results[3]["result"], len(moved)) == ("done", 3)


def test_what_is_not_a_unit_s_or_is_no_answer_changes_nothing_and_harms_nobody(
    street: tuple[SqliteLedger, UnitLink, Unit, list[Incident]], until: Until
) -> None:
    ledger, link, unit, moved = street
    unit.say({"id": "a", "incident": ID, "action": "signed"})
    for bad in (b"", b"{", b"\xff", b"[" * 50_000, b"x" * 100_000):
        unit.say(bad)
    until(lambda: len(unit.results) == 6, "no answers")
    assert {one["result"] for one in unit.results} == {"refused"}
    assert (moved, ledger.last_seq()) == ([], 1)
    refused = Units(link.publish).deliver(notice(to=UNITS, address="u/#"))
    assert isinstance(refused, Refused)


def test_what_units_say_of_themselves_reaches_whoever_listens(
    broker: tuple[Broker, int], tmp_path: Path, until: Until
) -> None:
    ledger = SqliteLedger(tmp_path / "store")
    told: list[tuple[str, bytes]] = []
    link = UnitLink(
        IngestSettings(), ledger, lambda _: None,
        host="127.0.0.1", port=broker[0].port, clock_ms=lambda: 2_000_000,
        states=lambda topic, payload: told.append((topic, payload)),
    )  # fmt: skip
    link.start()
    unit = Unit("u1", broker[0].port)
    until(lambda: unit.ready and link.is_up, "not connected")
    state = b'{"lon": 112.3, "lat": 28.5, "status": "free"}'
    unit.client.publish("vg/v1/unit/u1/state", state, qos=0)
    unit.say({"id": "a", "incident": ID, "action": "signed"})  # answers go their own way
    until(lambda: told and unit.results, "nothing heard")
    assert told == [("vg/v1/unit/u1/state", state)]
    unit.stop()
    link.stop()
    ledger.disconnect()

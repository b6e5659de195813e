"""What people own just works: a message of each dialect, by a real broker, to the durable log."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from ingest import sqlite
from ingest.admission import Admission
from ingest.dialects import DIALECTS, router_of
from ingest.dialects.native_packed import encode
from ingest.inbox import Inbox
from ingest.intake import Intake
from ingest.mqtt.source import MqttSource
from ingest.settings import IngestSettings
from ingest.store.sqlite_log import SqliteLog
from tests.connected.conftest import PATIENCE_S, Broker
from tests.unit.ingest.making import FIX, message, vehicles
from tests.unit.ingest.test_emqx_jt808 import REPORT, said
from tests.unit.ingest.test_flespi import MESSAGE
from tests.unit.ingest.test_owntracks import LOCATION
from tests.unit.ingest.test_thingsboard import STAMPED
from tests.unit.ingest.test_traccar import FORWARDED

pytestmark = pytest.mark.service

Until = Callable[[Callable[[], object], str], None]
PACKED = encode(DIALECTS["native"].decode([message([FIX, FIX], "vg/v1/GW/fix")]).fixes, 77)
# topic, payload, and the terminals whose fixes it holds
SAID: list[tuple[str, bytes, list[str]]] = [
    ("vg/v1/T1/fix", json.dumps(FIX | {"seq": 1}).encode(), ["T1"]),
    ("vg/v1/GW/fixes", PACKED, ["GW", "GW"]),
    ("owntracks/jane/phone", json.dumps(LOCATION).encode(), ["jane:phone"]),
    ("positions", json.dumps(FORWARDED).encode(), ["013512345678"]),
    ("events", json.dumps(FORWARDED | {"event": {}}).encode(), ["013512345678"]),
    ("v1/gateway/telemetry", json.dumps({"A": [STAMPED]}).encode(), ["A"]),
    ("v1/devices/bike/telemetry", json.dumps(STAMPED).encode(), ["bike"]),
    ("v1/devices/me/telemetry", json.dumps(STAMPED).encode(), []),
    ("flespi/message/gw/channels/1111/605630", json.dumps(MESSAGE).encode(), ["605630"]),
    ("jt808/c1/013512345678/up", json.dumps(said(REPORT)).encode(), ["013512345678"]),
]


def test_a_message_of_each_dialect_reaches_the_log_and_native_ones_are_answered(
    broker: tuple[Broker, int], tmp_path: Path, until: Until
) -> None:
    one, version = broker
    settings = IngestSettings.model_validate(
        {"mqtt_version": version, "future_tolerance_s": 31_622_400, "max_age_days": 3660}
    )
    router, inbox = router_of(None), Inbox(1000)
    states: list[bool] = []
    source = MqttSource(
        settings, inbox, states.append, host="127.0.0.1", port=one.port, topics=router.topics
    )
    heard: dict[str, dict[str, int]] = {}
    terminal = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="everybody")
    terminal.on_message = lambda _client, _data, m: heard.update({m.topic: json.loads(m.payload)})
    subscribed: list[int] = []
    terminal.on_subscribe = lambda *_: subscribed.append(1)
    terminal.connect("127.0.0.1", one.port)
    terminal.loop_start()
    terminal.subscribe("vg/v1/+/ack")
    source.start()
    try:
        with closing(sqlite.connect(tmp_path / "log.sqlite")) as connection:
            log = SqliteLog(connection)
            intake = Intake(
                Admission(settings, None), log, max_payload_bytes=100_000,
                clock_ms=lambda: 1_790_000_000_000, router=router,
            )  # fmt: skip
            until(lambda: states and subscribed, "no connection")
            # subscriptions follow the connection one by one; what is said before is nobody's
            last = router.topics[-1].replace("+", "probe").replace("#", "probe")
            until(lambda: terminal.publish(last, b"", qos=1) and inbox.take(
                1, max_wait_s=0.5, linger_s=0), "the last subscription never came")  # fmt: skip
            for topic, payload, _ in SAID:
                terminal.publish(topic, payload, qos=1).wait_for_publish(PATIENCE_S)
            taken = 0
            while taken < len(SAID):
                messages = inbox.take(100, max_wait_s=PATIENCE_S, linger_s=0)
                assert messages, f"only {taken} came"
                messages = [m for m in messages if m.topic != last]
                answers = intake.take(messages).answers
                source.acknowledge(messages)
                source.answer(answers)
                taken += len(messages)
            stored = [name for _, batch in log.read_from(1) for name in vehicles(batch)]
            assert sorted(stored) == sorted(name for _, _, names in SAID for name in names)
            assert [r["topic"] for r in log.rejects(9)] == ["v1/devices/me/telemetry"]
            until(lambda: len(heard) == 2, "answers missing")
            assert heard == {"vg/v1/T1/ack": {"seq": 1}, "vg/v1/GW/ack": {"seq": 77}}
    finally:
        source.stop()
        terminal.disconnect()
        terminal.loop_stop()

"""Cameras over a real broker: each message goes to its dialect, and each read is stored once."""

from __future__ import annotations

import json
import threading
from contextlib import closing
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest

from ingest import sqlite
from ingest.admission import Admission
from ingest.dialects import router_of
from ingest.inbox import Inbox
from ingest.intake import Intake
from ingest.mqtt.source import MqttSource
from ingest.settings import IngestSettings
from ingest.store.sqlite_log import SqliteLog
from tests.connected.conftest import PATIENCE_S, Mosquitto

pytestmark = pytest.mark.service

LPR = {"type": "lpr", "id": "o1", "camera": "gate", "plate": "湘H00001", "timestamp": 1_760_000_000}
EVENT = {
    "id": "o1",
    "camera": "gate",
    "frame_time": 1_760_000_001,
    "recognized_license_plate": "湘H00001",
}
ONVIF = {
    "UtcTime": "2026-06-18T07:30:15Z",
    "Data": {"LicensePlateInfo": {"PlateNumber": {"#text": "湘H00002"}}},
}
AXIS = {
    "plateUTF8": "湘H00003",
    "capture_timestamp": 1_760_000_000_250,
    "camera_info": {"SerialNumber": "B8A44F000001"},
}
SAID = [
    ("frigate/tracked_object_update", LPR),
    ("frigate/events", {"type": "update", "before": EVENT, "after": EVENT}),
    ("frigate/events", {"type": "end", "before": EVENT, "after": EVENT}),
    ("frigate/gate/status/detect", "online"),
    ("K-0317/onvif-ej/RuleEngine/Recognition/LicensePlate/&1/LPR", ONVIF),
    ("east/K-0318/onvif-ej/RuleEngine/Recognition/LicensePlate/&1/LPR", ONVIF),
    ("axis/B8A44F000001/event/lpr", AXIS),
    ("vg/v1/camera/C1/sighting", {"t": 1_760_000_000, "plate": "湘H00004"}),
    ("frigate/events", "no JSON"),
]


def test_cameras_of_every_make_come_through_one_session(tmp_path: Path, mosquitto: Mosquitto):
    inbox, up, router = Inbox(1000), threading.Event(), router_of(None)
    settings = IngestSettings.model_validate({})

    def changed(is_up: bool) -> None:  # noqa: FBT001 - as the source calls it
        if is_up:
            up.set()

    source = MqttSource(
        settings, inbox, changed, host="127.0.0.1", port=mosquitto.port, topics=router.topics
    )
    source.start()
    camera = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    try:
        assert up.wait(PATIENCE_S)
        camera.connect("127.0.0.1", mosquitto.port)
        camera.loop_start()
        # the broker has our subscriptions when the first message comes through
        while not inbox.take(100, max_wait_s=0.1, linger_s=0.1):
            camera.publish("frigate/available", "online", qos=0)
        for topic, body in SAID:
            payload = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
            camera.publish(topic, payload, qos=1).wait_for_publish(PATIENCE_S)
        messages = []
        while len(messages) < len(SAID):
            got = inbox.take(100, max_wait_s=PATIENCE_S, linger_s=0.1)
            assert got, f"only {len(messages)} of {len(SAID)} came"
            messages += [message for message in got if message.topic != "frigate/available"]
    finally:
        camera.disconnect()
        camera.loop_stop()
        source.stop()
    with closing(sqlite.connect(tmp_path / "log.sqlite")) as connection:
        log = SqliteLog(connection)
        intake = Intake(
            Admission(settings, None),
            log,
            max_payload_bytes=settings.max_payload_bytes,
            clock_ms=lambda: 0,
            router=router,
        )
        taken = intake.take(messages)
        ((_, seen),) = log.sightings_from(1)
    assert sorted(zip(seen.camera, seen.plate, strict=True)) == [
        ("B8A44F000001", "湘H00003"),
        ("C1", "湘H00004"),
        ("K-0317", "湘H00002"),
        ("east/K-0318", "湘H00002"),
        ("gate", "湘H00001"),
    ]
    assert taken.repeated == len(taken.notices) + 1 == 2
    assert [str(reject.reason) for reject in taken.rejects] == ["not_json"]

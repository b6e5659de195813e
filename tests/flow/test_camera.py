"""A camera's sighting over MQTT, of a plate that is not where its tracker is, is an incident."""

from __future__ import annotations

import json
import time
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest

from tests.running import Running, free_port
from tests.terminals import Terminals
from tests.timeline import HOME, Track, offset

REGISTRY = "vehicle_id,terminal,plate,plate_color,vehicle_class\ncar,T1,湘H·12345,blue,car\n"


def read_by(camera: str, port: int, body: dict[str, object]) -> None:
    """Have a camera publish what it read, and wait until the broker has it."""
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=camera)
    client.connect("127.0.0.1", port)
    client.loop_start()
    try:
        topic = f"vg/v1/camera/{camera}/sighting"
        client.publish(topic, json.dumps(body), qos=1).wait_for_publish(10)
    finally:
        client.disconnect()
        client.loop_stop()


@pytest.mark.service
def test_a_plate_read_far_from_its_tracker_is_an_incident(tmp_path: Path) -> None:
    place = offset(HOME, 40_000, 0)
    (tmp_path / "registry.csv").write_text(REGISTRY, "utf-8")
    (tmp_path / "cameras.csv").write_text(f"camera,lon,lat\nK-0317,{place[0]},{place[1]}\n")
    port = free_port()
    run = Running(
        tmp_path,
        f"""
        [ingest]
        port = {port}
        registry = "{tmp_path / "registry.csv"}"
        [streams]
        cameras = "{tmp_path / "cameras.csv"}"
        cameras_datum = "wgs84"
        """,
    )
    run.start()
    now_s = int(time.time())
    track = Track("T1", t_ms=(now_s - 60) * 1000, armed=True, ignition=False)
    terminals = Terminals(port, [track.park(0.5, every_s=10)])
    try:
        terminals.wait(20)
        read_by("K-0317", port, {"t": now_s, "plate": "湘H12345", "plate_color": "蓝"})
        with run.client() as http:
            deadline = time.monotonic() + 15
            while not (items := http.get("/api/v1/incidents").json()["items"]):
                assert time.monotonic() < deadline, run.tail()
                time.sleep(0.1)
            detail = http.get(f"/api/v1/incidents/{items[0]['id']}").json()
    finally:
        terminals.close()
        assert run.stop() == 0
    assert (detail["vehicle_id"], detail["level"]) == ("car", "blue")
    assert "湘H·12345" in detail["history"][0]["reason"]
    assert "K-0317" in detail["history"][0]["reason_zh"]
    assert (detail["lon"], detail["lat"]) == pytest.approx(place, abs=1e-6)
    assert run.tracebacks() == []

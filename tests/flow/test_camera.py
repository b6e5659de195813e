"""A camera's sighting over MQTT, of a plate that is not where its tracker is, is an incident."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import httpx
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


def started(tmp_path: Path, ingest: str) -> tuple[Running, tuple[float, float]]:
    """A run with one camera, 40 km from home, and where that is."""
    place = offset(HOME, 40_000, 0)
    (tmp_path / "registry.csv").write_text(REGISTRY, "utf-8")
    (tmp_path / "cameras.csv").write_text(f"camera,lon,lat\nK-0317,{place[0]},{place[1]}\n")
    run = Running(
        tmp_path,
        f"""
        [ingest]
        {ingest}
        registry = "{tmp_path / "registry.csv"}"
        [streams]
        cameras = "{tmp_path / "cameras.csv"}"
        cameras_datum = "wgs84"
        """,
    )
    run.start()
    return run, place


def first_incident(run: Running) -> dict[str, Any]:
    with run.client() as http:
        deadline = time.monotonic() + 15
        while not (items := http.get("/api/v1/incidents").json()["items"]):
            assert time.monotonic() < deadline, run.tail()
            time.sleep(0.1)
        found: dict[str, Any] = http.get(f"/api/v1/incidents/{items[0]['id']}").json()
        return found


@pytest.mark.service
def test_a_plate_read_far_from_its_tracker_is_an_incident(tmp_path: Path) -> None:
    port = free_port()
    run, place = started(tmp_path, f"port = {port}")
    now_s = int(time.time())
    track = Track("T1", t_ms=(now_s - 60) * 1000, armed=True, ignition=False)
    terminals = Terminals(port, [track.park(0.5, every_s=10)])
    try:
        terminals.wait(20)
        read_by("K-0317", port, {"t": now_s, "plate": "湘H12345", "plate_color": "蓝"})
        detail = first_incident(run)
    finally:
        terminals.close()
        assert run.stop() == 0
    assert (detail["vehicle_id"], detail["level"]) == ("car", "blue")
    assert "湘H·12345" in detail["history"][0]["reason"]
    assert "K-0317" in detail["history"][0]["reason_zh"]
    assert (detail["lon"], detail["lat"]) == pytest.approx(place, abs=1e-6)
    assert run.tracebacks() == []


@pytest.mark.service
def test_a_platform_that_posts_what_it_read_is_answered_and_heeded(tmp_path: Path) -> None:
    port, posts = free_port(), free_port()
    users = tmp_path / "users.csv"
    users.write_text("user,password\nplatform,a password of the test\n")
    run, place = started(
        tmp_path,
        f'port = {port}\n        gat1400_port = {posts}\n        gat1400_users = "{users}"',
    )
    now_s = int(time.time())
    track = Track("T1", t_ms=(now_s - 60) * 1000, armed=True, ignition=False)
    terminals = Terminals(port, [track.park(0.5, every_s=10)])
    vehicle = {
        "MotorVehicleID": "M1",
        "DeviceID": "K-0317",
        "PassTime": time.strftime("%Y%m%d%H%M%S", time.gmtime(now_s + 8 * 3600)),
        "PlateNo": "湘H12345",
        "PlateColor": "5",
        "PlateReliability": "97",
    }
    body = {"MotorVehicleListObject": {"MotorVehicleObject": [vehicle]}}
    try:
        terminals.wait(20)
        client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="frigate")
        client.connect("127.0.0.1", port)
        client.publish("frigate/gate/status/detect", "offline", qos=1)
        client.loop_start()
        auth = httpx.DigestAuth("platform", "a password of the test")
        where = f"http://127.0.0.1:{posts}/VIID/MotorVehicles"
        for _ in range(2):  # the second is a repeat, and changes nothing
            answer = httpx.post(where, json=body, auth=auth, timeout=30)
            (status,) = answer.json()["ResponseStatusListObject"]["ResponseStatusObject"]
            assert (answer.status_code, status["StatusCode"]) == (200, 0)
        detail = first_incident(run)
        client.disconnect()
        client.loop_stop()
        deadline = time.monotonic() + 60
        with run.client() as http:
            while 'vg_cameras{condition="down"} 1.0' not in (text := http.get("/metrics").text):
                assert time.monotonic() < deadline, text
                time.sleep(0.5)
    finally:
        terminals.close()
        assert run.stop() == 0
    assert (detail["vehicle_id"], detail["level"]) == ("car", "blue")
    assert (detail["lon"], detail["lat"]) == pytest.approx(place, abs=1e-6)
    assert "vg_sightings_accepted_total 1.0" in text
    assert "vg_sightings_repeated_total 1.0" in text
    assert run.tracebacks() == []

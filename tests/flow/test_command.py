"""Commands from the command line to terminals of both kinds and back, and over a kill."""

from __future__ import annotations

import json
import signal
import struct
import time
from pathlib import Path
from queue import Queue
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from click.testing import CliRunner

from ingest.jt808.layout import Kind
from tests.jt808 import Terminal
from tests.running import Running, free_port
from vehicleguard.cli.command import command

pytestmark = pytest.mark.service

PHONE = "013912345678"


def run_of(folder: Path) -> tuple[Running, int, int]:
    mqtt_port, port = free_port(), free_port()
    run = Running(folder, f"[ingest]\nport = {mqtt_port}\njt808_port = {port}\n")
    run.start()
    return run, mqtt_port, port


def call(folder: Path, *words: str) -> str:
    result = CliRunner().invoke(command, [*words, "--data", str(folder / "data")])
    assert result.exit_code == 0, result.output
    return result.output.strip()


def standing(folder: Path, name: str) -> dict[str, Any]:
    lines = call(folder, "list", "--json").splitlines()
    return next(one for line in lines if (one := json.loads(line))["id"] == name)


def settled(folder: Path, name: str) -> dict[str, Any]:
    deadline = time.monotonic() + 30
    while (found := standing(folder, name))["state"] == "open":
        assert time.monotonic() < deadline, found
        time.sleep(0.1)
    return found


def test_a_command_outlives_a_kill_and_is_done_by_a_jt808_terminal_that_comes_later(
    tmp_path: Path,
) -> None:
    run, _, port = run_of(tmp_path)
    try:
        words = ("pursuit", "every_s=5", "for_s=600", "--who", "Li", "--why", "stolen bike")
        name = call(tmp_path, "send", "13912345678", *words)
        run.kill(signal.SIGKILL)
        run.start()
        terminal = Terminal(port, PHONE)
        terminal.send(Kind.HEARTBEAT, 1)
        assert terminal.answered() == 1
        frame = terminal.frame()
        assert (frame.kind, frame.body) == (Kind.TRACKING, struct.pack(">HI", 5, 600))
        answer = struct.pack(">HHB", frame.serial, Kind.TRACKING, 0)
        terminal.send(Kind.TERMINAL_ANSWER, 2, answer)
        found = settled(tmp_path, name)
        terminal.close()
    finally:
        assert run.stop() == 0
    assert found["state"] == "done"
    assert (found["who"], found["why"]) == ("Li", "stolen bike")
    assert [event["event"] for event in found["events"]] == ["issued", "sent", "done"]
    assert run.tracebacks() == []


def test_a_native_terminal_is_asked_over_mqtt_and_refuses(tmp_path: Path) -> None:
    run, port, _ = run_of(tmp_path)
    heard: Queue[dict[str, Any]] = Queue()
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="T1")
    client.on_message = lambda _c, _d, message: heard.put(json.loads(message.payload))
    client.connect("127.0.0.1", port)
    client.subscribe("vg/v1/T1/cmd", qos=1)
    client.loop_start()
    try:
        circle = ("area=7", "lon=112.355", "lat=28.554", "radius_m=300")
        name = call(tmp_path, "send", "T1", "set_circle", *circle, "--why", "home")
        asked = heard.get(timeout=30)
        assert (asked["id"], asked["kind"]) == (name, "set_circle")
        assert asked["arguments"]["radius_m"] == 300
        body = {"id": name, "result": "refused", "detail": "no room"}
        client.publish("vg/v1/T1/cmd/answer", json.dumps(body), qos=1).wait_for_publish(10)
        found = settled(tmp_path, name)
    finally:
        client.disconnect()
        client.loop_stop()
        assert run.stop() == 0
    assert found["state"] == "refused"
    assert found["events"][-1]["detail"] == "no room"
    assert run.tracebacks() == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("send", "T1", "pursuit", "--why", "x"), "every_s: Field required"),
        (("send", "T1", "pursuit", "often", "--why", "x"), "expected KEY=VALUE"),
        (("send", "T 1", "pursuit", "every_s=0", "--why", "x"), "expected a terminal"),
        (("list",), "no such store"),
    ],
)
def test_a_wrong_call_is_one_line_and_status_2(
    tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    if said != "no such store":
        (tmp_path / "vehicleguard.sqlite").touch()
    result = CliRunner().invoke(command, [*words, "--data", str(tmp_path)])
    assert result.exit_code == 2
    assert said in result.output
    assert len(result.output.splitlines()) == 1

"""The simulator against a real broker, as the process that the demonstration starts."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
import psutil
import pyarrow as pa
import pyarrow.parquet
import pytest

pytestmark = pytest.mark.service

PATIENCE_S = 30.0
SIMULATE = [sys.executable, "-c", "from vehicleguard.cli import main; main()", "simulate"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def until(true: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.02)


def listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Broker:
    """A NATS server that speaks MQTT, on one port over several lives."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.config = folder / "broker.conf"
        self.config.write_text(
            'server_name: simulate\nlisten: "127.0.0.1:-1"\n'
            f'jetstream {{ store_dir: "{folder / "broker"}" }}\n'
            f'mqtt {{ listen: "127.0.0.1:{self.port}" }}\n'
        )
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program = Path(sys.executable).parent / "nats-server"
        self.process = subprocess.Popen(
            [program, "-c", self.config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until(lambda: listening(self.port), "the broker did not start")

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    one = Broker(tmp_path)
    one.start()
    yield one
    one.stop()


class Ear:
    """A subscriber that keeps every fix."""

    def __init__(self, port: int) -> None:
        self.heard: list[tuple[str, dict[str, object]]] = []
        ready = threading.Event()
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="ear")
        self.client.on_connect = lambda c, *_: c.subscribe("vg/v1/+/fix", qos=1)
        self.client.on_subscribe = lambda *_: ready.set()
        self.client.on_message = lambda _c, _u, m: self.heard.append(
            (m.topic.split("/")[2], json.loads(m.payload))
        )
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        assert ready.wait(PATIENCE_S)

    def terminals(self) -> set[str]:
        return {terminal for terminal, _ in list(self.heard)}

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def ear(broker: Broker) -> Iterator[Ear]:
    one = Ear(broker.port)
    yield one
    one.close()


@pytest.fixture
def towns(tmp_path: Path) -> Path:
    path = tmp_path / "towns.geojson"
    place = {"type": "Point", "coordinates": [112.35, 28.57]}
    path.write_text(json.dumps({"features": [{"geometry": place, "properties": {}}]}))
    return path


@pytest.fixture
def start(towns: Path, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []

    def starter(port: int, *options: str) -> subprocess.Popen[str]:
        command = [*SIMULATE, "--broker", f"127.0.0.1:{port}", "--towns", str(towns)]
        process = subprocess.Popen(
            [*command, *options], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
        )
        started.append(process)
        return process

    yield starter
    for process in started:
        process.kill()
        process.communicate()


Start = Callable[..., subprocess.Popen[str]]


def test_a_subscriber_sees_the_whole_fleet_and_the_trace(
    broker: Broker, ear: Ear, start: Start, tmp_path: Path
) -> None:
    trace = tmp_path / "trace.parquet"
    rows = {"vehicle_id": ["aus-7"], "t": [5.0], "lon": [-97.7431], "lat": [30.2672]}
    pyarrow.parquet.write_table(pa.table(rows), trace)
    truth = tmp_path / "thefts.jsonl"
    process = start(
        broker.port, "--vehicles", "300", "--period", "3",
        "--trace", str(trace), "--truth", str(truth),
    )  # fmt: skip
    until(lambda: len(ear.terminals()) == 301, "not every terminal was heard")
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
    assert "SIMULATED DATA" in said
    assert "acknowledged" in said
    now = time.time()
    for terminal, fix in ear.heard:
        assert abs(float(str(fix["t"])) - now) < 60
        if terminal == "AUS-7":
            assert (fix["lon"], fix["lat"], fix["armed"]) == (-97.7431, 30.2672, False)
    stolen = json.loads(truth.read_text().splitlines()[0])
    assert stolen["kind"] == "drive_off"
    assert stolen["terminal"] in ear.terminals()


def test_a_second_start_goes_on_where_the_first_stopped(
    broker: Broker, ear: Ear, start: Start, tmp_path: Path
) -> None:
    state = tmp_path / "fleet.npz"
    options = ("--vehicles", "100", "--period", "1", "--quiet", "--state", str(state))
    first = start(broker.port, *options)
    until(lambda: len(ear.terminals()) == 100, "not every terminal was heard")
    first.send_signal(signal.SIGINT)
    _, said = first.communicate(timeout=PATIENCE_S)
    assert (first.returncode, said) == (0, "")
    assert state.exists()
    before = {terminal: int(str(fix["seq"])) for terminal, fix in ear.heard}
    heard = len(ear.heard)
    start(broker.port, *options)
    until(lambda: len({t for t, _ in ear.heard[heard:]}) == 100, "the second start was not heard")
    for terminal, number in before.items():
        numbers = [int(str(fix["seq"])) for t, fix in ear.heard if t == terminal]
        assert numbers[-1] > number


def test_a_broker_that_comes_late_and_goes_and_comes_back_is_fed(
    tmp_path: Path, start: Start
) -> None:
    broker = Broker(tmp_path)
    process = start(broker.port, "--vehicles", "50", "--period", "1", "--quiet")
    assert process.stderr is not None
    assert "no broker" in process.stderr.readline()
    try:
        broker.start()
        assert "broker is there" in process.stderr.readline()
        ear = Ear(broker.port)
        until(lambda: len(ear.terminals()) == 50, "nothing came after the broker did")
        ear.close()
        broker.stop()
        assert "no broker" in process.stderr.readline()
        broker.start()
        ear = Ear(broker.port)
        until(lambda: len(ear.terminals()) == 50, "nothing came after the broker was back")
        ear.close()
    finally:
        broker.stop()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0


def test_it_ends_when_its_parent_dies(broker: Broker, ear: Ear, towns: Path) -> None:
    command = [
        *SIMULATE, "--broker", f"127.0.0.1:{broker.port}", "--towns", str(towns),
        "--vehicles", "20", "--period", "1", "--quiet",
    ]  # fmt: skip
    code = (
        "import subprocess, sys, time\n"
        f"child = subprocess.Popen({command!r})\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    until(lambda: len(ear.terminals()) == 20, "the child was not heard")
    parent.kill()
    parent.communicate()
    try:
        gone, _ = psutil.wait_procs([child], timeout=PATIENCE_S)
        assert gone
    finally:
        if child.is_running():
            os.kill(child.pid, signal.SIGKILL)

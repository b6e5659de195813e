"""`MqttSource` on real brokers: acknowledged is what we acknowledge, and nothing stops it."""

from __future__ import annotations

import gc
import json
import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from structlog.testing import capture_logs

from ingest.inbox import Inbox
from ingest.intake import Answer
from ingest.message import Message
from ingest.mqtt.source import MqttSource
from ingest.reject import RejectReason
from ingest.settings import IngestSettings
from tests.connected.conftest import PATIENCE_S, Broker, Mosquitto
from tests.running import ROOT

pytestmark = pytest.mark.service

Until = Callable[[Callable[[], object], str], None]


class Source:
    """A source under test, with what its inbox got and what it was told."""

    def __init__(
        self,
        port: int,
        version: int = 4,
        *,
        told: Callable[[bool], None] = lambda _: None,
        **settings: object,
    ) -> None:
        self.inbox = Inbox(10_000)
        self.states: queue.Queue[bool] = queue.Queue()

        def changed(up: bool) -> None:  # noqa: FBT001 - as the source calls it
            self.states.put(up)
            told(up)

        self.source = MqttSource(
            IngestSettings.model_validate({"mqtt_version": version, **settings}),
            self.inbox,
            changed,
            host="127.0.0.1",
            port=port,
        )
        self.source.start()

    def wait(self, *, up: bool) -> None:
        while self.states.get(timeout=PATIENCE_S) is not up:
            pass

    def take(self, wanted: int) -> list[Message]:
        messages: list[Message] = []
        while len(messages) < wanted:
            got = self.inbox.take(wanted, max_wait_s=PATIENCE_S, linger_s=0)
            assert got, f"only {len(messages)} of {wanted} came"
            messages += got
        return messages

    def stop(self) -> None:
        self.source.stop()
        assert not self.source._thread.is_alive()


@contextmanager
def source(port: int, version: int = 4, **given: object) -> Iterator[Source]:
    one = Source(port, version, **given)  # type: ignore[arg-type]  # settings of any kind
    try:
        one.wait(up=True)
        yield one
    finally:
        one.stop()


class Terminal:
    """A terminal: publishes fixes, hears its answers."""

    def __init__(self, port: int, name: str = "T1") -> None:
        self.answers: queue.Queue[tuple[str, dict[str, object]]] = queue.Queue()
        self._name = name
        ready = threading.Event()
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=f"terminal-{name}")
        self._client.on_connect = lambda c, *_: c.subscribe("vg/v1/+/ack", qos=1)
        self._client.on_subscribe = lambda *_: ready.set()
        self._client.on_message = lambda _c, _u, m: self.answers.put(
            (m.topic, json.loads(m.payload))
        )
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert ready.wait(PATIENCE_S)

    def say(self, *payloads: str, qos: int = 1) -> None:
        for payload in payloads:
            info = self._client.publish(f"vg/v1/{self._name}/fix", payload, qos=qos)
            info.wait_for_publish(PATIENCE_S)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@contextmanager
def terminal(port: int, name: str = "T1") -> Iterator[Terminal]:
    one = Terminal(port, name)
    try:
        yield one
    finally:
        one.close()


def payloads(messages: list[Message]) -> list[str]:
    return [message.payload.decode() for message in messages]


def test_messages_reach_the_inbox_in_order_with_topic_and_arrival(
    broker: tuple[Broker, int],
) -> None:
    port = broker[0].port
    with source(port, broker[1]) as listening, terminal(port) as one:
        one.say("a", "b", "c")
        messages = listening.take(3)
    assert payloads(messages) == ["a", "b", "c"]
    assert {m.topic for m in messages} == {"vg/v1/T1/fix"}
    assert all(m.received_ms > 1_700_000_000_000 for m in messages)


def settled(listening: Source, one: Terminal) -> None:
    """Return when the broker has heard all acknowledgements made before."""
    listening.source.answer([Answer("T1", 1)])
    one.answers.get(timeout=PATIENCE_S)


def test_only_what_is_acknowledged_does_not_come_again(broker: tuple[Broker, int]) -> None:
    port, version = broker[0].port, broker[1]
    with source(port, version) as listening, terminal(port) as one:
        one.say("1", "2", "3", "4")
        messages = listening.take(4)
        listening.source.acknowledge([messages[0], messages[2]])
        settled(listening, one)
    with source(port, version) as listening, terminal(port) as one:
        again = listening.take(2)
        assert sorted(payloads(again)) == ["2", "4"]
        listening.source.acknowledge(again)
        settled(listening, one)
        one.say("5")
    with source(port, version) as listening:
        assert payloads(listening.take(1)) == ["5"]


def test_what_came_on_a_line_that_is_gone_cannot_be_acknowledged_on_the_next(
    broker: tuple[Broker, int],
) -> None:
    one_broker, version = broker
    with source(one_broker.port, version) as listening:
        with terminal(one_broker.port) as one:
            one.say("1", "2")
            messages = listening.take(2)
        one_broker.stop()
        listening.wait(up=False)
        one_broker.start()
        listening.source.acknowledge(messages)
        listening.wait(up=True)
        assert sorted(payloads(listening.take(2))) == ["1", "2"]
        with terminal(one_broker.port) as one:
            listening.source.acknowledge(messages)
            settled(listening, one)
    with source(one_broker.port, version) as listening:
        assert sorted(payloads(listening.take(2))) == ["1", "2"]


def test_what_comes_while_nobody_listens_is_kept(broker: tuple[Broker, int]) -> None:
    port, version = broker[0].port, broker[1]
    with source(port, version):
        pass
    with terminal(port) as one:
        one.say("1", "2")
    with source(port, version) as listening:
        assert payloads(listening.take(2)) == ["1", "2"]


def test_quality_of_service_0_arrives_and_needs_no_acknowledgement(
    broker: tuple[Broker, int],
) -> None:
    port = broker[0].port
    with source(port, broker[1]) as listening, terminal(port) as one:
        one.say("loose", qos=0)
        messages = listening.take(1)
        listening.source.acknowledge(messages)
        one.say("firm")
        assert payloads(listening.take(1)) == ["firm"]


def test_a_broker_of_version_5_sends_no_more_than_may_be_unacknowledged(
    mosquitto: Mosquitto,
) -> None:
    said = [str(n) for n in range(100)]
    with (
        source(mosquitto.port, 5, receive_maximum=30) as listening,
        terminal(mosquitto.port) as one,
    ):
        one.say(*said)
        first = listening.take(30)
        settled(listening, one)
        assert len(listening.inbox) == 0
        listening.source.acknowledge(first)
        second = listening.take(30)
        assert payloads([*first, *second])[:60] == said[:60]


def test_answers_arrive_on_the_terminal_s_own_topic(broker: tuple[Broker, int]) -> None:
    port = broker[0].port
    with source(port, broker[1]) as listening, terminal(port) as one:
        listening.source.answer(
            [Answer("T1", 7), Answer("车.2", 8, RejectReason.CLOCK_OFF), Answer("T1", 9)]
        )
        heard = [one.answers.get(timeout=PATIENCE_S) for _ in range(3)]
    assert sorted(heard, key=lambda pair: int(str(pair[1]["seq"]))) == [
        ("vg/v1/T1/ack", {"seq": 7}),
        ("vg/v1/车.2/ack", {"seq": 8, "rejected": "clock_off"}),
        ("vg/v1/T1/ack", {"seq": 9}),
    ]


def test_a_broker_that_is_killed_and_comes_back_is_found_again(broker: tuple[Broker, int]) -> None:
    one_broker, version = broker
    with source(one_broker.port, version) as listening:
        with terminal(one_broker.port) as one:
            one.say("before")
            listening.source.acknowledge(listening.take(1))
        assert one_broker.pid is not None
        os.kill(one_broker.pid, signal.SIGKILL)
        listening.wait(up=False)
        listening.source.answer([Answer("T1", 1)])
        one_broker.stop()
        one_broker.start()
        listening.wait(up=True)
        with terminal(one_broker.port) as one:
            # the subscription is made after the connection; a persistent one may be there already
            while True:
                one.say("after")
                if "after" in payloads(listening.inbox.take(9, max_wait_s=1, linger_s=0)):
                    break


def test_an_exception_in_a_callback_does_not_end_the_source(broker: tuple[Broker, int]) -> None:
    port = broker[0].port
    failures = iter([True, True])

    def told(up: bool) -> None:  # noqa: FBT001 - as the source calls it
        if up and next(failures, False):
            raise ZeroDivisionError

    with capture_logs() as logged:
        one = Source(port, broker[1], told=told)
        for state in (True, False, True, False, True):
            one.wait(up=state)
        try:
            with terminal(port) as speaking:
                speaking.say("still there")
                assert payloads(one.take(1)) == ["still there"]
        finally:
            one.stop()
    errors = [e["event"] for e in logged if e["log_level"] == "error"]
    assert errors == ["the MQTT loop failed"] * 2


def test_a_source_whose_broker_is_not_there_stops_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "mosquitto"
    folder.mkdir()
    one = Source(Mosquitto(folder).port)
    one.stop()
    assert one.states.empty()


def test_a_large_payload_arrives_whole(broker: tuple[Broker, int]) -> None:
    port = broker[0].port
    large = "x" * (1 << 20)
    with source(port, broker[1]) as listening, terminal(port) as one:
        one.say(large)
        assert payloads(listening.take(1)) == [large]


def test_with_durable_conf_what_the_broker_wrote_survives_its_own_kill_9(tmp_path: Path) -> None:
    one_broker = Mosquitto(tmp_path, (ROOT / "deploy" / "mosquitto" / "durable.conf").read_text())
    one_broker.start()
    with source(one_broker.port):
        pass
    said = [str(n) for n in range(50)]
    with terminal(one_broker.port) as one:
        one.say(*said)
    # the last PUBACK goes out before its message is written
    time.sleep(0.5)
    one_broker.kill()
    one_broker.start()
    with source(one_broker.port) as listening:
        assert payloads(listening.take(50)) == said
    one_broker.stop()


def _openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


def _certificates(folder: Path) -> None:
    """An authority `ca.pem`, another `other.pem`, and a certificate for 127.0.0.1 of the first."""
    for name in ("ca", "other"):
        _openssl(
            folder, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
            "-nodes", "-days", "2", "-subj", f"/CN={name}", "-keyout", f"{name}.key",
            "-out", f"{name}.pem",
        )  # fmt: skip
    _openssl(
        folder, "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
        "-subj", "/CN=broker", "-keyout", "broker.key", "-out", "broker.csr",
    )  # fmt: skip
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1\n")
    _openssl(
        folder, "x509", "-req", "-in", "broker.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
        "-CAcreateserial", "-days", "2", "-extfile", "names", "-out", "broker.pem",
    )  # fmt: skip


@pytest.fixture
def secured(tmp_path: Path) -> Iterator[tuple[Mosquitto, Path]]:
    _certificates(tmp_path)
    one = Mosquitto(tmp_path, f"certfile {tmp_path}/broker.pem\nkeyfile {tmp_path}/broker.key\n")
    one.start()
    yield one, tmp_path
    one.stop()


def test_a_broker_is_trusted_by_its_authority_over_tls(secured: tuple[Mosquitto, Path]) -> None:
    one, folder = secured
    with source(one.port, tls_ca=folder / "ca.pem") as listening:
        publisher = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
        publisher.tls_set(str(folder / "ca.pem"))
        publisher.connect("127.0.0.1", one.port)
        publisher.loop_start()
        publisher.publish("vg/v1/T1/fix", "safe", qos=1).wait_for_publish(PATIENCE_S)
        publisher.disconnect()
        publisher.loop_stop()
        assert payloads(listening.take(1)) == ["safe"]


def test_megabytes_that_waited_come_over_tls_as_they_were_sent(
    secured: tuple[Mosquitto, Path],
) -> None:
    one, folder = secured
    with source(one.port, tls_ca=folder / "ca.pem"):
        pass
    said = [chr(97 + n % 26) * (1 + n * 7919 % 200_000) for n in range(60)]
    publisher = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    publisher.tls_set(str(folder / "ca.pem"))
    publisher.connect("127.0.0.1", one.port)
    publisher.loop_start()
    for each in said:
        publisher.publish("vg/v1/T1/fix", each, qos=1).wait_for_publish(PATIENCE_S)
    publisher.disconnect()
    publisher.loop_stop()
    with source(one.port, tls_ca=folder / "ca.pem") as listening:
        assert payloads(listening.take(60)) == said


# paho leaves the socket of a failed handshake to the garbage collector
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_broker_of_another_authority_is_not_trusted(
    secured: tuple[Mosquitto, Path], until: Until
) -> None:
    one, folder = secured
    refused = Source(one.port, tls_ca=folder / "other.pem")
    log = folder / "mosquitto.log"
    try:
        until(lambda: "alert" in log.read_text("utf-8", "replace"), "nobody tried to connect")
    finally:
        refused.stop()
    gc.collect()
    assert refused.states.empty()

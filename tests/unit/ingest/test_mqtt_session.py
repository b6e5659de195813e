"""`MqttSource` against a broker that keeps to a script: what no real one does on demand."""

from __future__ import annotations

import contextlib
import queue
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import paho.mqtt.client as paho
import pytest
from structlog.testing import capture_logs

from ingest.inbox import Inbox
from ingest.message import Message
from ingest.mqtt.source import MqttSource
from ingest.settings import IngestSettings
from tests.unit.ingest.making import NATIVE

PATIENCE_S = 30.0
CONNACK = {4: b"\x20\x02\x00\x00", 5: b"\x20\x03\x00\x00\x00"}
PUBLISH = {4: b"\x32\x07\x00\x01t\x00\x05{}", 5: b"\x32\x08\x00\x01t\x00\x05\x00{}"}


class Script:
    """The broker's side: a listening socket, and packets read and written by hand."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(PATIENCE_S)
        self.port = self._server.getsockname()[1]
        self.line: socket.socket | None = None
        self._is_5 = False

    def accept(self, answer: bytes, *, said: bool = True) -> bytes:
        """Take the next connection and answer its CONNECT (if one is `said`), which is returned."""
        self.hang_up()
        self.line, _ = self._server.accept()
        self.line.settimeout(PATIENCE_S)
        if not said:
            return b""
        connect = self.read()
        assert connect[0] == 0x10
        self._is_5 = connect[8] == 5
        self.say(answer)
        return connect

    def subscribed(self) -> bytes:
        """Answer the SUBSCRIBE, which is returned."""
        packet = self.read()
        assert packet[0] == 0x82
        properties = b"\x00" if self._is_5 else b""
        granted = packet[2:4] + properties + b"\x01\x01\x01"
        self.say(bytes([0x90, len(granted)]) + granted)
        return packet

    def read(self) -> bytes:
        assert self.line is not None
        head = self.line.recv(2, socket.MSG_WAITALL)
        assert head, "the source hung up"
        length, shift = head[1] & 0x7F, 7
        if head[1] & 0x80:
            head += self.line.recv(1)
            length |= head[2] << shift
        return head + self.line.recv(length, socket.MSG_WAITALL)

    def say(self, packets: bytes) -> None:
        assert self.line is not None
        self.line.sendall(packets)

    def hang_up(self) -> None:
        if self.line is not None:
            self.line.close()

    def close(self) -> None:
        self.hang_up()
        self._server.close()


class Session:
    """A source that speaks to the script."""

    def __init__(self, script: Script, version: int, inbox: Inbox, **settings: object) -> None:
        self.inbox = inbox
        self.states: queue.Queue[bool] = queue.Queue()
        self.source = MqttSource(
            IngestSettings.model_validate(
                {"host": "127.0.0.1", "mqtt_version": version, **settings}
            ),
            inbox,
            self.states.put,
            host="127.0.0.1",
            port=script.port,
        )

    def take(self, wanted: int) -> list[Message]:
        messages: list[Message] = []
        while len(messages) < wanted:
            got = self.inbox.take(wanted, max_wait_s=PATIENCE_S, linger_s=0)
            assert got, f"only {len(messages)} of {wanted} came"
            messages += got
        return messages


@contextmanager
def talking(
    version: int = 4, inbox: Inbox | None = None, **settings: object
) -> Iterator[tuple[Script, Session]]:
    script = Script()
    one = Session(script, version, Inbox(1000) if inbox is None else inbox, **settings)
    one.source.start()
    try:
        yield script, one
    finally:
        script.close()
        one.source.stop()
        assert not one.source._thread.is_alive()


def test_quality_of_service_2_goes_its_whole_way_through_paho() -> None:
    with talking() as (script, one):
        script.accept(CONNACK[4])
        script.subscribed()
        script.say(b"\x34\x08\x00\x01t\x00\x09odd" + PUBLISH[4])
        assert script.read() == b"\x50\x02\x00\x09"
        (firm,) = one.take(1)
        assert firm.payload == b"{}"
        script.say(b"\x62\x02\x00\x09")
        (odd,) = one.take(1)
        assert (odd.topic, odd.payload) == ("t", b"odd")
        one.source.acknowledge([odd, firm])
        assert [script.read(), script.read()] == [b"\x70\x02\x00\x09", b"\x40\x02\x00\x05"]


def test_bytes_that_are_no_mqtt_end_the_connection_and_the_next_is_heard() -> None:
    with capture_logs() as logged, talking() as (script, one):
        script.accept(CONNACK[4])
        script.subscribed()
        script.say(b"\x36\x05\x00\x01t\x00\x01")
        script.accept(CONNACK[4])
        script.subscribed()
        script.say(PUBLISH[4])
        assert len(one.take(1)) == 1
    errors = [line for line in logged if line["log_level"] == "error"]
    assert [(e["event"], e["error"]) for e in errors] == [
        ("the broker does not speak MQTT", "a PUBLISH of QoS 3")
    ]


def test_version_5_is_told_our_receive_maximum_and_allows_no_topic_alias() -> None:
    with talking(5, receive_maximum=77) as (script, one):
        connect = script.accept(CONNACK[5])
        # the properties follow name, level, flags and keep-alive (section 3.1.2.11)
        properties = connect[13 : 13 + connect[12]]
        assert b"\x21\x00\x4d" in properties
        assert properties[0] == 0x11
        assert len(properties) == 5 + 3
        script.subscribed()
        script.say(PUBLISH[5])
        one.source.acknowledge(one.take(1))
        assert script.read() == b"\x40\x02\x00\x05"


def test_a_share_subscribes_each_topic_under_its_group() -> None:
    with talking(share="city") as (script, _):
        script.accept(CONNACK[4])
        packet = script.subscribed()
        assert packet.count(b"$share/city/vg/v1/") == len(NATIVE.topics)


def test_a_broker_without_shared_subscriptions_is_named_and_nothing_is_subscribed() -> None:
    with capture_logs() as logged, talking(5, share="city") as (script, one):
        script.accept(b"\x20\x05\x00\x00\x02\x2a\x00")
        script.hang_up()
        assert one.states.get(timeout=PATIENCE_S) is False
    assert "the broker has no shared subscriptions; nothing comes" in [e["event"] for e in logged]


def test_two_processes_of_one_name_are_told_of_and_not_only_seen_to_fall_over() -> None:
    with capture_logs() as logged, talking(5) as (script, one):
        script.accept(CONNACK[5])
        script.subscribed()
        script.say(b"\xe0\x02\x8e\x00")
        assert [one.states.get(timeout=PATIENCE_S) for _ in range(2)] == [True, False]
    told = [e for e in logged if e["log_level"] == "error"]
    assert [(e["event"].split(";")[0], e["id"]) for e in told] == [
        ("another process came under our client_id", "vehicleguard-ingest")
    ]


def test_a_full_inbox_leaves_the_rest_with_the_broker_and_keeps_the_session() -> None:
    inbox = Inbox(100)
    packet = b"\x32\x85\x40\x00\x01t\x00\x05" + b"x" * 8192
    with talking(inbox=inbox) as (script, one):
        script.accept(CONNACK[4])
        script.subscribed()
        one.source._keepalive_s = 1  # less than the settings allow
        assert script.line is not None
        script.line.settimeout(0.5)
        stream, sent = packet * 4000, 0
        with contextlib.suppress(TimeoutError):
            while sent < len(stream):
                sent += script.line.send(stream[sent : sent + 65_536])
        # what two sockets and a read or two hold is all that came
        assert sent < len(stream) / 2
        assert len(inbox) == 100
        assert script.read() == b"\xc0\x00"
        came = 0
        while came < sent // len(packet):
            came += len(inbox.take(1000, max_wait_s=PATIENCE_S, linger_s=0))
        assert one.states.get(timeout=PATIENCE_S) is True
        assert one.states.empty()


def test_a_paho_that_keeps_its_socket_elsewhere_is_a_loud_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(paho.Client, "socket", lambda _: None)
    with capture_logs() as logged, talking() as (script, _):
        script.accept(CONNACK[4], said=False)
        while not any(line["log_level"] == "error" for line in logged):
            time.sleep(0.01)
    assert {line["event"] for line in logged} >= {"the MQTT loop failed"}


def test_stopping_says_goodbye_even_when_the_broker_never_answered() -> None:
    script = Script()
    one = Session(script, 4, Inbox(10))
    one.source.start()
    script.accept(b"")
    began = time.monotonic()
    one.source.stop()
    assert time.monotonic() - began < PATIENCE_S
    assert script.read() == b"\xe0\x00"
    script.close()


def test_what_was_held_from_a_line_that_is_gone_comes_again_and_not_twice() -> None:
    inbox = Inbox(2)
    with talking(inbox=inbox) as (script, one):
        script.accept(CONNACK[4])
        script.subscribed()
        one.source._keepalive_s = 1  # less than the settings allow
        script.say(PUBLISH[4] * 10)
        while len(inbox) < 2:
            time.sleep(0.01)
        script.accept(CONNACK[4])
        script.subscribed()
        assert len(one.take(2)) == 2
        script.say(PUBLISH[4])
        (again,) = one.take(1)
        assert again.delivery >> 17 == 2

"""The MQTT adapter: paho keeps the session, the messages are read in bulk beside it.

The session at the broker is persistent and QoS 1: what was not acknowledged comes again, after a
crash of ours or a break of the line; acknowledged is only what is durable.  With a share, several
processes divide the messages among them.  Nothing here decides or decodes.
"""

from __future__ import annotations

import random
import select
import socket
import threading
import time
from collections.abc import Callable, Sequence
from typing import cast

import paho.mqtt.client as paho
import structlog
from paho.mqtt.enums import MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from ingest.dialects import DIALECTS
from ingest.inbox import Inbox
from ingest.intake import Answer
from ingest.message import Message
from ingest.mqtt import session
from ingest.mqtt.line import Line
from ingest.mqtt.outgoing import PING, acknowledgements, publications
from ingest.mqtt.packets import NO_DELIVERY, MalformedError, Packets, delivery_of
from ingest.settings import IngestSettings
from ingest.waker import Waker

log = structlog.get_logger(__name__)

_LARGEST = 4 << 20  # of a larger packet the end is thrown away; it is refused as too large anyhow
_HEADERS = 1 << 17  # topic and properties, for what the operator allows to be larger
_ANSWERS_WAITING = 4 << 20  # bytes
_TURN_S = 1.0
_HELD_S = 0.05
# brokers write message by message: a pause between reads saves more than it delays
_GATHER_S = 0.002


class MqttSource:
    """A connection that is kept for as long as the source runs.

    `start` returns at once and the thread connects, and connects again, with a jittered pause.
    `changed` is told True when the broker has granted all topics, and False when it has not or the
    connection goes.
    """

    def __init__(
        self,
        settings: IngestSettings,
        inbox: Inbox,
        changed: Callable[[bool], None],
        *,
        host: str,
        port: int,
        topics: Sequence[str] = DIALECTS["native"].topics,
    ) -> None:
        self._inbox = inbox
        self._changed = changed
        self._where = (host, port)
        self._share = settings.share
        share = f"$share/{settings.share}/" if settings.share else ""
        self._topics = [f"{share}{topic}" for topic in topics]
        self._keepalive_s = settings.keepalive_s
        self._settings = settings
        self._largest = max(_LARGEST, settings.max_payload_bytes + _HEADERS)
        self._is_5 = settings.mqtt_version == MQTTProtocolVersion.MQTTv5
        # a packet identifier means something on its own connection only
        self._connection = 0
        self._line: Line | None = None
        self._lock = threading.Lock()
        self._held: Sequence[Message] = ()
        self._pinged_at = 0.0
        self._stopping = threading.Event()
        self._waker = Waker()
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)
        self._client = client = session.client_of(settings)
        client.on_socket_open = self._opened
        # with this one set, paho leaves all writing to us
        client.on_socket_register_write = lambda *_: self._waker.wake()
        client.on_connect = self._connected
        client.on_disconnect = self._disconnected
        client.on_subscribe = self._subscribed
        client.on_message = self._received

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    def stop(self) -> None:
        """Leave; the session stays at the broker and keeps what comes."""
        self._stopping.set()
        self._waker.wake()
        if self._thread.is_alive():
            self._thread.join(10)
        if not self._thread.is_alive():
            self._waker.close()

    def acknowledge(self, messages: Sequence[Message]) -> None:
        """Tell the broker that these are durable.  Those of an earlier connection come again."""
        with self._lock:
            line, connection = self._line, self._connection
        packets = acknowledgements(messages, connection)
        if packets and line is not None and line.queue(packets):
            self._waker.wake()

    def answer(self, answers: Sequence[Answer]) -> None:
        """Tell the terminals; one that hears nothing sends its fix again, so QoS 0 will do.

        For the same reason answers are dropped while a broker that reads slowly has
        `_ANSWERS_WAITING` bytes still to take.
        """
        line = self._line
        if line is None or not self._client.is_connected() or line.unsent > _ANSWERS_WAITING:
            return
        if answers and line.queue(publications(answers, is_5=self._is_5)):
            self._waker.wake()

    def publish(self, topic: str, body: bytes) -> bool:
        """Send to whoever listens, QoS 1; False while there is no connection.  From any thread."""
        if not self._client.is_connected():
            return False
        self._client.publish(topic, body, qos=1)
        return True

    def _run(self) -> None:
        pause_s = 0.1
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                self._held = ()
                session.connect(self._client, self._settings, *self._where)
                self._serve()
            except MalformedError as error:
                log.error("the broker does not speak MQTT", error=str(error))  # noqa: TRY400
                self._hang_up()
            except OSError as error:
                log.warning("broker not reachable", where=self._where, error=str(error))
                self._hang_up()
            except Exception:
                # the thread must not die with a traceback nobody sees: report it and go on
                log.exception("the MQTT loop failed")
                self._hang_up()
            if time.monotonic() - began > 10:
                pause_s = 0.1
            self._stopping.wait(pause_s * random.uniform(0.5, 1.5))  # noqa: S311 - jitter
            pause_s = min(pause_s * 2, 15.0)

    def _opened(self, client: paho.Client, _data: object, sock: paho.SocketLike) -> None:
        """Put our line in the place of paho's socket; `_sock` is the one private name we need."""
        with self._lock:
            # what is acknowledged from here on must not reach the new connection by an old number
            self._connection += 1
            packets = Packets(connection=self._connection, is_5=self._is_5, largest=self._largest)
            self._line = line = Line(cast("socket.socket", sock), packets)
        client._sock = line  # noqa: SLF001
        if not self._has(line):
            raise RuntimeError("this paho keeps its socket elsewhere; see docs/decisions/027")

    def _serve(self) -> None:
        """Work until the connection is gone; paho lets go of the line when it has closed it."""
        is_leaving = False
        while (line := self._line) is not None and self._has(line):
            if self._stopping.is_set() and not is_leaving:
                is_leaving = True
                self._client.disconnect()
            self._turn(line)

    def _has(self, line: Line) -> bool:
        """Whether paho works with this line."""
        return self._client.socket() is line

    def _hang_up(self) -> None:
        """Close, and say so, where paho did not come to it."""
        line = self._line
        if line is None or not self._has(line):
            return
        line.close()
        try:
            self._changed(False)  # noqa: FBT003 - a state
        except Exception:
            log.exception("whoever follows the connection failed")

    def _turn(self, line: Line) -> None:
        """Wait for something to do, and do it."""
        client = self._client
        self._wait(line)
        if not self._held:
            self._held = line.read(time.time_ns() // 1_000_000)
        if self._held:
            self._held = self._held[self._inbox.put_all(self._held) :]
        while line.has_control and self._has(line):
            client.loop_read()
        if client.want_write():
            client.loop_write()
        line.write()
        now = time.monotonic()
        if not self._held and not line.has_more:
            self._pinged_at = now
            client.loop_misc()
        elif now - self._pinged_at > self._keepalive_s / 2:
            # paho would miss an answer that lies behind what we have not read yet
            self._pinged_at = now
            line.queue(PING)

    def _wait(self, line: Line) -> None:
        poll = select.poll()
        poll.register(self._waker, select.POLLIN)
        events = select.POLLOUT if line.unsent or self._client.want_write() else 0
        if not self._held:
            events |= select.POLLIN
        if events:
            poll.register(line.fileno(), events)
        if self._held or not line.has_more:
            poll.poll((_HELD_S if self._held else _TURN_S) * 1000)
            time.sleep(_GATHER_S)
        self._waker.rest()

    def _connected(
        self,
        client: paho.Client,
        _data: object,
        _flags: object,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            log.error("the broker refused us", reason=str(reason))
            return
        if self._share and getattr(properties, "SharedSubscriptionAvailable", 1) == 0:
            log.error("the broker has no shared subscriptions; nothing comes", share=self._share)
            return
        client.subscribe([(topic, 1) for topic in self._topics])

    def _subscribed(
        self,
        _client: paho.Client,
        _data: object,
        _packet: int,
        reasons: list[ReasonCode],
        _properties: object,
    ) -> None:
        refused = [t for t, r in zip(self._topics, reasons, strict=False) if r.is_failure]
        if refused:
            log.error("the broker refuses us topics; nothing comes from them", topics=refused)
        self._changed(not refused)

    def _disconnected(
        self, _c: paho.Client, _data: object, _flags: object, reason: ReasonCode, _p: object
    ) -> None:
        if reason.getName() == "Session taken over":
            client_id = self._settings.client_id
            log.error(
                "another process came under our client_id; it needs one of its own", id=client_id
            )
        elif not self._stopping.is_set():
            log.warning("connection to the broker lost")
        self._changed(False)  # noqa: FBT003 - a state

    def _received(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        """QoS 2, which no broker sends to a subscription of QoS 1: paho has read it, whole."""
        delivery = (
            delivery_of(self._connection, message.mid, twice=message.qos == 2)
            if message.qos
            else NO_DELIVERY
        )
        now_ms = time.time_ns() // 1_000_000
        one = Message(message.topic, bytes(message.payload), now_ms, delivery)
        self._held = [*self._held, one]

"""The MQTT adapter: paho keeps the session, the inbox gets its messages.

The session at the broker is persistent and QoS 1: what was not acknowledged comes again, after a
crash of ours or a break of the line; acknowledged is only what is durable.  Nothing here decides
or decodes.
"""

from __future__ import annotations

import random
import ssl
import threading
import time
from collections.abc import Callable, Sequence

import msgspec
import paho.mqtt.client as paho
import structlog
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from ingest.dialects import DIALECTS
from ingest.inbox import Inbox
from ingest.intake import Answer
from ingest.message import Message
from ingest.settings import IngestSettings

log = structlog.get_logger(__name__)

_SESSION_EXPIRY_S = 7 * 86_400
_RECEIVE_MAXIMUM = 8192
_ANSWERS_WAITING = 50_000
_NO_DELIVERY = -1  # QoS 0: nothing to acknowledge
_encode = msgspec.json.Encoder().encode


def _puback(packet: int) -> bytes:
    """A PUBACK without reason: two bytes of packet identifier (OASIS MQTT, section 3.4)."""
    return bytes((paho.PUBACK, 2, packet >> 8, packet & 0xFF))


class MqttSource:
    """A connection that is kept for as long as the source runs.

    `start` returns at once and the thread connects, and connects again, with a jittered pause.
    `changed` is told True and False as the connection comes and goes.
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
        self._topics = topics
        self._keepalive_s = settings.keepalive_s
        self._is_5 = settings.mqtt_version == MQTTProtocolVersion.MQTTv5
        # a packet identifier means something on its own connection only
        self._connection = 0
        self._line = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)
        self._client = client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=settings.client_id,
            clean_session=None if self._is_5 else False,
            protocol=MQTTProtocolVersion(settings.mqtt_version),
            manual_ack=True,
            reconnect_on_failure=False,
        )
        if settings.username is not None:
            password = settings.password.get_secret_value() if settings.password else None
            client.username_pw_set(settings.username, password)
        if settings.tls_ca or settings.tls_certificate:
            client.tls_set(
                ca_certs=str(settings.tls_ca) if settings.tls_ca else None,
                certfile=str(settings.tls_certificate) if settings.tls_certificate else None,
                keyfile=str(settings.tls_key) if settings.tls_key else None,
                tls_version=ssl.PROTOCOL_TLS_CLIENT,
            )
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
        self._client.disconnect()
        if self._thread.is_alive():
            self._thread.join(10)

    def acknowledge(self, messages: Sequence[Message]) -> None:
        """Tell the broker that these are durable.  Those of an earlier connection come again."""
        with self._line:
            current = self._connection
            packets = [
                message.delivery & 0xFFFF
                for message in messages
                if message.delivery >> 16 == current
            ]
            if not packets:
                return
            # One PUBACK at a time costs more than decoding and storing the fix: a write each, and
            # a wake-up of the network's thread.  paho has no public way for many.
            self._client._packet_queue(  # noqa: SLF001
                paho.PUBACK, b"".join(_puback(packet) for packet in packets), packets[-1], 1
            )

    def answer(self, answers: Sequence[Answer]) -> None:
        """Tell the terminals; one that hears nothing sends its fix again, so QoS 0 will do.

        For the same reason answers are dropped while a broker that reads slowly has
        `_ANSWERS_WAITING` of them still to take.
        """
        client = self._client
        if not client.is_connected() or len(client._out_packet) > _ANSWERS_WAITING:  # noqa: SLF001
            return
        for answer in answers:
            body: dict[str, object] = {"seq": answer.seq}
            if answer.rejected is not None:
                body["rejected"] = str(answer.rejected)
            client.publish(f"vg/v1/{answer.terminal}/ack", _encode(body))

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
                self._connect()
                self._client.loop_forever()
            except OSError as error:
                log.warning("broker not reachable", where=self._where, error=str(error))
            except Exception:
                # paho's loop must not die with a traceback nobody sees: report it and go on
                log.exception("the MQTT loop failed")
                self._lost()
            if time.monotonic() - began > 10:
                pause_s = 0.1
            self._stopping.wait(pause_s * random.uniform(0.5, 1.5))  # noqa: S311 - jitter
            pause_s = min(pause_s * 2, 15.0)

    def _lost(self) -> None:
        """Say that the connection is gone, where paho did not come to saying it."""
        try:
            self._changed(False)  # noqa: FBT003 - a state
        except Exception:
            log.exception("whoever follows the connection failed")

    def _connect(self) -> None:
        host, port = self._where
        # what is acknowledged from here on must not reach the new connection by an old number
        with self._line:
            self._connection += 1
        if not self._is_5:
            self._client.connect(host, port, self._keepalive_s)
            return
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho's
        properties.SessionExpiryInterval = _SESSION_EXPIRY_S
        properties.ReceiveMaximum = _RECEIVE_MAXIMUM
        self._client.connect(
            host, port, self._keepalive_s, clean_start=False, properties=properties
        )

    def _connected(
        self,
        client: paho.Client,
        _data: object,
        _flags: object,
        reason: ReasonCode,
        _properties: object,
    ) -> None:
        if reason.is_failure:
            log.error("the broker refused us", reason=str(reason))
            return
        if self._stopping.is_set():
            # `stop` came while the line was being opened, and paho forgets a disconnect before that
            client.disconnect()
            return
        client.subscribe([(topic, 1) for topic in self._topics])
        self._changed(True)  # noqa: FBT003 - a state

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
            self._changed(False)  # noqa: FBT003 - a state

    def _disconnected(self, *_: object) -> None:
        if not self._stopping.is_set():
            log.warning("connection to the broker lost")
        self._changed(False)  # noqa: FBT003 - a state

    def _received(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        delivery = (self._connection << 16 | message.mid) if message.qos else _NO_DELIVERY
        now_ms = time.time_ns() // 1_000_000
        self._inbox.put(Message(message.topic, bytes(message.payload), now_ms, delivery))

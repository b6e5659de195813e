"""The MQTT connection to police units: notices out, answers in.

A session of its own beside that of the terminals: what units say must not wait behind telemetry.
paho's thread keeps the connection; an answer is acknowledged after it was filed.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable

import paho.mqtt.client as paho
import structlog
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.reasoncodes import ReasonCode

from alerts.channels import unit
from alerts.force import telling
from alerts.incident import Incident
from alerts.ledger import Ledger
from alerts.outbox.result import Delivered, Result, Retry
from ingest.settings import IngestSettings

log = structlog.get_logger(__name__)

_TAKEN_S = 5.0
_MOST_QUEUED = 1000
_MOST_PAYLOAD = 64 * 1024


class UnitLink:
    """`start` connects, and again whenever the line is lost; `changed` hears of what units did.

    `states` is given topic and payload of what units say of themselves, if anybody listens.
    """

    def __init__(
        self,
        settings: IngestSettings,
        ledger: Ledger,
        changed: Callable[[Incident], None],
        *,
        host: str,
        port: int,
        clock_ms: Callable[[], int],
        states: Callable[[str, bytes], None] | None = None,
    ) -> None:
        self._ledger = ledger
        self._changed = changed
        self._clock_ms = clock_ms
        self._states = states
        self._where = (host, port)
        self._stopping = threading.Event()
        self._subscribed = threading.Event()
        self._client = client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"{settings.client_id}-units",
            clean_session=False,
            manual_ack=True,
        )
        if settings.username is not None:
            password = settings.password.get_secret_value() if settings.password else None
            client.username_pw_set(settings.username, password)
        if settings.tls_ca or settings.tls_certificate:
            client.tls_set(
                ca_certs=str(settings.tls_ca) if settings.tls_ca else None,
                certfile=str(settings.tls_certificate) if settings.tls_certificate else None,
                keyfile=str(settings.tls_key) if settings.tls_key else None,
            )
        client.reconnect_delay_set(1, 15)
        client.max_queued_messages_set(_MOST_QUEUED)
        client.on_connect = self._connected
        client.on_subscribe = self._heard
        client.on_message = self._received

    @property
    def is_up(self) -> bool:
        """Whether units are heard just now."""
        return self._subscribed.is_set() and self._client.is_connected()

    def start(self) -> None:
        """Begin to connect; returns at once."""
        self._client.connect_async(*self._where, keepalive=30)
        self._client.loop_start()

    def stop(self) -> None:
        """Leave; the session stays at the broker and keeps what units say."""
        self._stopping.set()
        self._client.disconnect()
        self._client.loop_stop()

    def publish(self, topic: str, payload: bytes) -> Result:
        """`alerts.channels.unit.Publish`: QoS 1, delivered when the broker has said so."""
        if not self._client.is_connected():
            return Retry("not connected to the broker")
        info = self._client.publish(topic, payload, qos=1)
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            return Retry(paho.error_string(info.rc))
        try:
            info.wait_for_publish(_TAKEN_S)
        except (RuntimeError, ValueError) as error:
            return Retry(str(error))
        return Delivered() if info.is_published() else Retry("the broker did not acknowledge it")

    def _connected(
        self,
        client: paho.Client,
        _data: object,
        _flags: object,
        reason: ReasonCode,
        _properties: object,
    ) -> None:
        if reason.is_failure:
            log.error("the broker refused the units' session", reason=str(reason))
            return
        # a place that was not heard is soon told anew, so it is not worth a repetition
        states = [] if self._states is None else [(telling.STATES, 0)]
        client.subscribe([(unit.ANSWERS, 1), *states])

    def _heard(
        self,
        _client: paho.Client,
        _data: object,
        _packet: int,
        reasons: list[ReasonCode],
        _properties: object,
    ) -> None:
        if any(reason.is_failure for reason in reasons):
            log.error("the broker refused the topics of units", reasons=[str(r) for r in reasons])
            return
        self._subscribed.set()

    def _received(self, client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        payload = bytes(message.payload[: _MOST_PAYLOAD + 1])
        while not self._stopping.is_set():
            try:
                self._take(client, message.topic, payload)
            except sqlite3.OperationalError as error:
                # meanwhile the broker may give us up; it then brings the answer again
                log.warning("an answer of a unit cannot be filed yet", error=str(error))
                self._stopping.wait(1.0)
                continue
            except Exception:
                log.exception("an answer of a unit was not understood", topic=message.topic)
            client.ack(message.mid, message.qos)
            return

    def _take(self, client: paho.Client, topic: str, payload: bytes) -> None:
        if self._states is not None and telling.is_state(topic):
            self._states(topic, payload)
            return
        taken = unit.take(self._ledger, topic, payload, self._clock_ms())
        if taken is None:
            return
        where, told, entry = taken
        client.publish(where, told, qos=0)
        if entry is not None:
            self._changed(entry.incident)

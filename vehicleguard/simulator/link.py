"""One MQTT connection of the simulator, driven from the caller's own loop.

paho's own network thread costs a wake-up per message; here the caller services the socket a few
times per tick.  Nothing blocks for longer than the connection time-out, and a broker that is away
is tried again after a jittered, growing delay.
"""

from __future__ import annotations

import random
import socket
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

CONNECT_TIMEOUT_S = 3.0
KEEPALIVE_S = 15
RETRY_S = (0.2, 5.0)
"""Shortest and longest wait before another attempt, before jitter."""


class Link:
    """A connection to `host`:`port` as `client_id` (which must hold no dot: NATS refuses those).

    `outstanding` counts messages sent but not yet acknowledged; they are kept and sent again after
    a reconnect (QoS 1).  `trouble` says why the link is down, empty while it is up.
    """

    def __init__(self, host: str, port: int, client_id: str, inflight: int) -> None:
        self.up = False
        self.trouble = "not connected yet"
        self.acknowledged = 0
        self.outstanding = 0
        self._inflight = inflight
        self._next_try = 0.0
        self._failures = 0
        self._tried = False
        # Jitter must differ from process to process, unlike the fleet.
        self._random = random.Random()  # noqa: S311 - spreads reconnects, guards nothing
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id)
        self._client.connect_timeout = CONNECT_TIMEOUT_S
        # The bound is ours (`room`): paho's own rescans its queue at every acknowledgement.
        self._client.max_inflight_messages_set(0)
        self._client.on_socket_open = _send_at_once
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_publish = self._on_publish
        self._client.connect_async(host, port, KEEPALIVE_S)

    @property
    def room(self) -> int:
        """How many more messages may be sent now."""
        return self._inflight - self.outstanding if self.up else 0

    @property
    def given_up(self) -> bool:
        """Whether an attempt to connect has failed since the link was last up."""
        return self._failures > 0

    def publish(self, topic: str, payload: bytes) -> None:
        """Send at QoS 1; call only while there is `room`."""
        self.outstanding += 1
        self._client.publish(topic, payload, qos=1)

    def service(self, now: float) -> None:
        """Read, write and keep alive; connect again when it is time.  `now`: monotonic seconds."""
        client = self._client
        if client.socket() is None:
            self._retry(now)
            return
        client.loop_read()
        if client.want_write():
            client.loop_write()
        client.loop_misc()

    def close(self) -> None:
        """Say goodbye; never blocks."""
        if self.up:
            self._client.disconnect()
            self._client.loop_write()
        self.up = False

    def _retry(self, now: float) -> None:
        if self._tried:
            self._tried = False
            self._failures += 1
            shortest, longest = RETRY_S
            wait = min(longest, shortest * 2.0 ** min(self._failures - 1, 10))
            self._next_try = now + wait * self._random.uniform(0.5, 1.5)
        if now < self._next_try:
            return
        self._tried = True
        try:
            self._client.reconnect()
        except OSError as error:
            self.trouble = str(error)

    def _on_connect(
        self,
        _client: mqtt.Client,
        _userdata: object,
        _flags: mqtt.ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self.trouble = f"refused by the broker: {reason}"
            return
        self.up, self.trouble = True, ""
        self._failures, self._tried = 0, False

    def _on_disconnect(
        self,
        _client: mqtt.Client,
        _userdata: object,
        _flags: mqtt.DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if self.up:
            self.trouble = f"connection lost: {reason}"
            # also a broker that drops us at once must not be hammered
            self._tried = True
        self.up = False

    def _on_publish(
        self,
        _client: mqtt.Client,
        _userdata: object,
        _mid: int,
        _reason: ReasonCode,
        _properties: Properties,
    ) -> None:
        self.acknowledged += 1
        self.outstanding -= 1


def _send_at_once(_client: mqtt.Client, _userdata: object, opened: Any) -> None:
    # Nagle's algorithm would hold small messages back until the last one is acknowledged.
    if isinstance(opened, socket.socket):
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

"""One payload as it came off a transport, before anybody has read it."""

from __future__ import annotations

from typing import NamedTuple


class Message(NamedTuple):
    """Bytes with their topic and arrival time.

    `delivery` is whatever the adapter needs to acknowledge this message once its fixes are durable
    (for MQTT the packet identifier); nobody else looks at it.
    """

    topic: str
    payload: bytes
    received_ms: int
    delivery: int = 0

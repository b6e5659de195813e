"""A few MQTT connections that share a bounded backlog, as gateways of many terminals do.

Overflow policy: while the broker is away or slow the backlog keeps the newest `backlog` messages;
the oldest telemetry goes first, messages with an alarm go last and are sent first.
"""

from __future__ import annotations

import os
import zlib
from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from vehicleguard.simulator.link import Link


class Outgoing(NamedTuple):
    """A message to be published; `urgent` ones carry an alarm."""

    topic: str
    payload: bytes
    urgent: bool


class Pace:
    """A token bucket: at most `rate` per second, and never more than `burst` at once."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = 0.0
        self._last: float | None = None

    def allowed(self, now: float) -> int:
        """How many may go now; `now` is monotonic seconds."""
        since = 0.0 if self._last is None else max(0.0, now - self._last)
        self._last = now
        self._tokens = min(self._burst, self._tokens + self._rate * since)
        return int(self._tokens)

    def spend(self, count: int) -> None:
        """Take `count` tokens."""
        self._tokens -= count


class Gateways:
    """`links` connections to one broker; a terminal always speaks through the same one.

    `rate` is the usual number of messages per second: a backlog is worked off at twice that, so
    that a broker which comes back is not flooded.
    """

    def __init__(
        self,
        host: str,
        port: int,
        rate: float,
        *,
        links: int = 4,
        inflight: int = 250,
        backlog: int = 60_000,
    ) -> None:
        name = f"vgsim-{os.getpid()}"
        self._links = [Link(host, port, f"{name}-{k}", inflight) for k in range(links)]
        self._waiting: list[deque[Outgoing]] = [deque() for _ in self._links]
        self._urgent: list[deque[Outgoing]] = [deque() for _ in self._links]
        self._backlog = max(1, backlog // links)
        fastest = max(50.0, 2.0 * rate)
        self._pace = Pace(fastest, max(10.0, fastest * 0.05))
        self._first = 0
        self.published = 0
        self.dropped = 0

    @property
    def acknowledged(self) -> int:
        """Messages that the broker has acknowledged."""
        return sum(link.acknowledged for link in self._links)

    @property
    def waiting(self) -> int:
        """Messages not yet sent."""
        return sum(map(len, self._waiting)) + sum(map(len, self._urgent))

    @property
    def outstanding(self) -> int:
        """Messages sent and not yet acknowledged."""
        return sum(link.outstanding for link in self._links)

    @property
    def up(self) -> bool:
        """Whether every connection stands."""
        return all(link.up for link in self._links)

    @property
    def trouble(self) -> str:
        """Why a connection is down after an attempt failed; empty when there is no trouble."""
        return next((k.trouble for k in self._links if not k.up and k.given_up), "")

    def offer(self, messages: Iterable[Outgoing]) -> None:
        """Queue messages for sending."""
        lanes = len(self._links)
        for message in messages:
            lane = zlib.crc32(message.topic.encode()) % lanes
            (self._urgent if message.urgent else self._waiting)[lane].append(message)
        for waiting, urgent in zip(self._waiting, self._urgent, strict=True):
            for _ in range(max(0, len(waiting) + len(urgent) - self._backlog)):
                (waiting or urgent).popleft()
                self.dropped += 1

    def pump(self, now: float) -> None:
        """Service the connections and send what pace and acknowledgements allow.

        `now`: monotonic seconds.  Call it some fifty times a second.
        """
        self.drain(now)
        allowed = self._pace.allowed(now)
        sent = 0
        lanes = len(self._links)
        for step in range(lanes):
            lane = (self._first + step) % lanes
            link = self._links[lane]
            count = min(link.room, allowed - sent)
            for queue in (self._urgent[lane], self._waiting[lane]):
                for _ in range(min(count, len(queue))):
                    message = queue.popleft()
                    link.publish(message.topic, message.payload)
                    count -= 1
                    sent += 1
        # take turns, or a tight pace would starve the last lane
        self._first = (self._first + 1) % lanes
        self._pace.spend(sent)
        self.published += sent

    def drain(self, now: float) -> None:
        """Service the connections without sending anything new."""
        for link in self._links:
            link.service(now)

    def close(self) -> None:
        """Disconnect; what is still waiting is not sent."""
        for link in self._links:
            link.close()

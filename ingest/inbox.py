"""The bounded queue between the network's thread and the pipeline's.

Overflow policy: nothing is dropped.  `put_all` takes what there is room for and `put` waits; the
transport then reads nothing more, TCP pushes back, and the broker keeps what it has.  Bounded in
messages and in bytes.  When more waits than one block takes, terminals with an alarm come first
(docs/decisions/028).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from ingest.message import Message
from ingest.urgency import is_urgent

_NAP_S = 0.005
_ROOM_S = 0.05  # room that came just before the wait is seen after it
LARGEST_BYTES = 256 << 20
"""Payload bytes that an inbox holds at most, however few the messages; the last may go beyond."""


class Inbox:
    """Any number of producers, one consumer, at most `limit` messages."""

    def __init__(
        self,
        limit: int,
        limit_bytes: int = LARGEST_BYTES,
        urgent: Callable[[Message], bool] = is_urgent,
    ) -> None:
        self._limit = limit
        self._limit_bytes = limit_bytes
        self._urgent = urgent
        self._messages: list[Message] = []
        self._bytes = 0
        self._looked = 0  # how many of the waiting were asked whether they are urgent
        self._alarmed: set[str] = set()  # topics of those that are
        self._lock = threading.Lock()
        self._filled = threading.Event()
        self._room = threading.Event()
        self._closed = False

    def __len__(self) -> int:
        return len(self._messages)

    def put_all(self, messages: Sequence[Message]) -> int:
        """Add messages from the front of `messages`; how many there was room for."""
        with self._lock:
            if self._closed or self._bytes >= self._limit_bytes:
                return 0
            taken = messages[: max(self._limit - len(self._messages), 0)]
            sizes = [len(message.payload) for message in taken]
            total = sum(sizes)
            if self._bytes + total > self._limit_bytes:
                total = most = 0
                while self._bytes + total < self._limit_bytes:
                    total += sizes[most]
                    most += 1
                taken = taken[:most]
            self._messages += taken
            self._bytes += total
        if taken and not self._filled.is_set():
            self._filled.set()
        return len(taken)

    def put(self, message: Message) -> bool:
        """Add a message, waiting for room; False when the inbox was closed instead."""
        while not self.put_all((message,)):
            if self._closed:
                return False
            self._room.clear()
            self._room.wait(_ROOM_S)
        return True

    def offer(self, message: Message) -> bool:
        """Add a message where there is room, without waiting; False when there is none."""
        return self.put_all((message,)) == 1

    def take(self, most: int, *, max_wait_s: float, linger_s: float) -> list[Message]:
        """Up to `most` messages; empty when none came.

        Those of one topic keep their order.  Waits `max_wait_s` for the first, then `linger_s` for
        more to come.  Once the inbox was closed it waits for nothing and gives what is left.
        """
        if not self._messages:
            self._filled.clear()
            if not self._messages and not self._closed:
                self._filled.wait(max_wait_s)
        if not self._messages:
            return []
        until = time.monotonic() + linger_s
        while len(self._messages) < most and not self._closed:
            left = until - time.monotonic()
            if left <= 0:
                break
            time.sleep(min(left, _NAP_S))
        with self._lock:
            if len(self._messages) > most:
                self._hurry(most)
            taken = self._messages[:most]
            del self._messages[:most]
            self._looked = max(self._looked - most, 0)
            self._bytes -= sum([len(message.payload) for message in taken])
        self._room.set()
        return taken

    def _hurry(self, most: int) -> None:
        """Bring topics with an alarm to the front, all they have to say and in their order.

        They get half of a block, so that a terminal which cries for ever does not silence others.
        """
        fresh = self._messages[self._looked :]
        self._alarmed.update(message.topic for message in fresh if self._urgent(message))
        self._looked = len(self._messages)
        if not self._alarmed:
            return
        alarmed, share = self._alarmed, max(most // 2, 1)
        first: list[Message] = []
        others: list[Message] = []
        for message in self._messages:
            chosen = first if message.topic in alarmed and len(first) < share else others
            chosen.append(message)
        self._messages = first + others
        if len(first) < share:
            # else those that are left are known as alarmed still
            alarmed.clear()

    def close(self) -> None:
        """Let whoever waits go."""
        self._closed = True
        self._room.set()
        self._filled.set()

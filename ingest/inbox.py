"""The bounded queue between the network's thread and the pipeline's.

Overflow policy: `put` waits.  The network's thread then reads nothing more, TCP pushes back, and
the broker keeps what it has; nothing is dropped here and memory stays bounded.
"""

from __future__ import annotations

import threading
import time
from collections import deque

from ingest.message import Message

_NAP_S = 0.005


class Inbox:
    """Some producers, one consumer, at most `limit` messages and one more each producer."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._messages: deque[Message] = deque()
        self._filled = threading.Event()
        self._room = threading.Event()
        self._closed = False

    def __len__(self) -> int:
        return len(self._messages)

    def put(self, message: Message) -> bool:
        """Add a message, waiting for room; False when the inbox was closed instead."""
        while len(self._messages) >= self._limit and not self._closed:
            self._room.clear()
            if len(self._messages) >= self._limit:
                self._room.wait(0.1)
        if self._closed:
            return False
        # appending is atomic, and a lock a message would cost as much as the message
        self._messages.append(message)
        if not self._filled.is_set():
            self._filled.set()
        return True

    def offer(self, message: Message) -> bool:
        """Add a message if there is room now; for a thread that must not wait."""
        if self._closed or len(self._messages) >= self._limit:
            return False
        self._messages.append(message)
        if not self._filled.is_set():
            self._filled.set()
        return True

    def take(self, most: int, *, max_wait_s: float, linger_s: float) -> list[Message]:
        """Up to `most` messages in their order; empty when none came.

        Waits `max_wait_s` for the first, then `linger_s` for more to come.  Once the inbox was
        closed it waits for nothing and gives what is left.
        """
        messages = self._messages
        if not messages:
            self._filled.clear()
            if not messages and not self._closed:
                self._filled.wait(max_wait_s)
        if not messages:
            return []
        until = time.monotonic() + linger_s
        while len(messages) < most and not self._closed:
            left = until - time.monotonic()
            if left <= 0:
                break
            time.sleep(min(left, _NAP_S))
        taken = [messages.popleft() for _ in range(min(most, len(messages)))]
        if not self._room.is_set():
            self._room.set()
        return taken

    def close(self) -> None:
        """Let whoever waits go."""
        self._closed = True
        self._room.set()
        self._filled.set()

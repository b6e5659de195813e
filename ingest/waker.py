"""A bell for a thread that waits in a poll: any other thread rings, the one that polls hears it."""

from __future__ import annotations

import contextlib
import socket


class Waker:
    """A pair of sockets; what is pollable is the end that hears."""

    def __init__(self) -> None:
        self._hears, self._rings = socket.socketpair()
        self._hears.settimeout(0)
        self._rings.settimeout(0)

    def fileno(self) -> int:
        """The descriptor to wait on, for reading."""
        return self._hears.fileno()

    def wake(self) -> None:
        """Let the thread go on; from any thread, and after `close`, too."""
        # full: it is awake already; closed: it has ended
        with contextlib.suppress(OSError):
            self._rings.send(b"\0")

    def rest(self) -> None:
        """Forget what has rung so far; the thread that polls calls it."""
        with contextlib.suppress(BlockingIOError):
            self._hears.recv(4096)

    def close(self) -> None:
        """Let go of both ends."""
        self._hears.close()
        self._rings.close()

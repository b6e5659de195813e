"""A bell between threads: the pipeline rings, the event loop of the console looks.

It carries no data, so it never fills: whoever is woken reads what is new from the ledger.
"""

from __future__ import annotations

import asyncio
import threading


class Notifier:
    """Rings an `asyncio.Event` of another thread's loop; rings before anybody looks are one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bell: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None
        self._ringing = False

    def wake(self) -> None:
        """Say that the ledger has grown.  Safe from any thread; never blocks, never raises."""
        with self._lock:
            if self._bell is None or self._ringing:
                return
            loop, event = self._bell
            try:
                loop.call_soon_threadsafe(self._ring, event)
            except RuntimeError:  # the loop has been closed: nobody listens any more
                self._bell = None
            else:
                self._ringing = True

    def _ring(self, event: asyncio.Event) -> None:
        with self._lock:
            self._ringing = False
        event.set()

    def bind(self, event: asyncio.Event) -> None:
        """Ring `event` of the running loop from now on."""
        with self._lock:
            self._bell = (asyncio.get_running_loop(), event)
            self._ringing = False

    def unbind(self) -> None:
        """Ring nothing from now on."""
        with self._lock:
            self._bell = None

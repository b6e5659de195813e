"""The live feed: one look at the ledger and the pipeline serves all listeners.

Every listener is only a cursor, the number of the last ledger event it was sent.  A short tail of
encoded events is shared by all; whoever is behind the tail when it connects reads the ledger until
it has caught up.  So nothing is lost and nothing doubled between catching up and live, and a
listener that does not read costs no memory: once the tail has passed its cursor its stream is
ended, and it resumes by the number it had.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from itertools import islice
from typing import NamedTuple

import msgspec
import structlog
from fastapi.concurrency import run_in_threadpool
from fastapi.sse import format_sse_event

from console.notify import Notifier
from console.ports import IncidentEvent, Incidents, Json

HEARTBEAT_S = 15.0
"""A stream that had nothing to say for this long says so, lest a proxy takes it for dead."""

STATUS_S = 1.0

_PAGE = 256
"""Events read from the ledger, or handed to a listener, at once."""

log = structlog.get_logger(__name__)


class _Sent(NamedTuple):
    seq: int
    data: bytes


def encode(event: IncidentEvent) -> bytes:
    """`event` as it stands in the stream, with its number as the id to resume from."""
    data = msgspec.json.encode(event.incident).decode()
    return format_sse_event(event="incident", id=str(event.seq), data_str=data)


class Feed:
    """The tail of the ledger and the latest status, and the listeners that follow them.

    Lives on one event loop: `running` keeps up with ledger and pipeline, `listen` is one
    listener's stream.  Only `look` and `close` may be called from another thread.
    """

    def __init__(
        self,
        incidents: Incidents,
        status: Callable[[], Json],
        notifier: Notifier,
        *,
        max_listeners: int,
        backlog: int,
        poll_s: float,
    ) -> None:
        self._incidents = incidents
        self._status = status
        self._notifier = notifier
        self._max_listeners = max_listeners
        self._backlog = backlog
        # Never more than the tail holds, or whoever is in time would find itself behind it.
        self._page = min(_PAGE, backlog)
        self._poll_s = poll_s
        self._tail: deque[_Sent] = deque()
        self._floor: int | None = None
        self._said = b""
        self._said_number = 0
        self._changed = asyncio.Event()
        self._closed = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self.listeners = 0

    @property
    def floor(self) -> int | None:
        """The tail holds every event above this number; None until the ledger was read once."""
        return self._floor

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Follow ledger and pipeline inside this block."""
        self._loop, self._closed = asyncio.get_running_loop(), False
        looks = [asyncio.create_task(self._follow()), asyncio.create_task(self._tell())]
        try:
            yield
        finally:
            self._end()
            for look in looks:
                look.cancel()
            await asyncio.gather(*looks, return_exceptions=True)
            self._loop = None

    def close(self) -> None:
        """End every stream, soon.  Safe from any thread."""
        if (loop := self._loop) is not None:
            with contextlib.suppress(RuntimeError):  # the loop has just been closed
                loop.call_soon_threadsafe(self._end)

    def look(self) -> None:
        """Look into the ledger now.  Safe from any thread."""
        self._notifier.wake()

    def reserve(self) -> bool:
        """Take a listener's place, if there is one; it is given back by `release`."""
        if self._closed or self.listeners >= self._max_listeners:
            return False
        self.listeners += 1
        return True

    def release(self) -> None:
        """Give a listener's place back."""
        self.listeners -= 1

    async def listen(
        self, cursor: int, *, until: float | None = None, reset: bool = False
    ) -> AsyncIterator[bytes]:
        """Everything after event `cursor`, in order and once, until epoch second `until`.

        The first chunk tells the listener its cursor, so that one which is cut off before its first
        event resumes from there too.  `reset` tells it beforehand that what it knew is of another
        ledger.
        """
        if reset:
            yield format_sse_event(event="reset", data_str="{}")
        yield format_sse_event(comment="vehicle guard", id=str(cursor), retry=1000)
        heard, caught_up = self._said_number, False
        self.look()  # what it missed may be newer than the last look into the ledger
        while not self._closed and (until is None or time.time() < until):
            changed = self._changed
            chunk: list[bytes] = []
            if self._floor is not None and cursor >= self._floor:
                caught_up = True
                news = self._after(cursor)
            elif caught_up:
                log.info("stream_too_slow", cursor=cursor, floor=self._floor)
                return
            else:
                try:
                    news = await self._read(cursor)
                except Exception:  # the listener comes back
                    log.exception("ledger_unreadable", cursor=cursor)
                    return
            if news:
                chunk.extend(sent.data for sent in news)
                cursor = news[-1].seq
            if self._said_number != heard:
                heard = self._said_number
                chunk.append(self._said)
            if chunk:
                yield b"".join(chunk)
                continue
            try:
                async with asyncio.timeout(HEARTBEAT_S):
                    await changed.wait()
            except TimeoutError:
                yield b": heartbeat\n\n"

    def _after(self, cursor: int) -> list[_Sent]:
        """At most a page of the tail's events above `cursor`."""
        behind = 0
        for sent in reversed(self._tail):
            if sent.seq <= cursor:
                break
            behind += 1
        first = len(self._tail) - behind
        return list(islice(self._tail, first, first + _PAGE))

    async def _read(self, cursor: int) -> list[_Sent]:
        def read() -> list[_Sent]:
            events = self._incidents.events_after(cursor, self._page)
            return [_Sent(event.seq, encode(event)) for event in events]

        return await run_in_threadpool(read)

    async def _follow(self) -> None:
        """Keep the tail at the end of the ledger."""
        rung = asyncio.Event()
        self._notifier.bind(rung)
        try:
            seq: int | None = None
            while True:
                rung.clear()
                try:
                    if seq is None:
                        seq = self._floor = await run_in_threadpool(self._incidents.last_seq)
                        self._wake()
                    while news := await self._read(seq):
                        seq = news[-1].seq
                        self._append(news)
                        if len(news) < self._page:
                            break
                except Exception:  # a ledger that is busy now must not end the feed
                    log.exception("ledger_unreadable")
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._poll_s):
                        await rung.wait()
        finally:
            self._notifier.unbind()

    def _append(self, news: list[_Sent]) -> None:
        self._tail.extend(news)
        while len(self._tail) > self._backlog:
            self._floor = self._tail.popleft().seq
        self._wake()

    async def _tell(self) -> None:
        """Say every second how the run is doing."""
        while True:
            if self.listeners:
                try:
                    status = await run_in_threadpool(self._status)
                    data = msgspec.json.encode(status).decode()
                except Exception:  # as above; the page sees that it hears nothing
                    log.exception("status_unreadable")
                else:
                    self._said = format_sse_event(event="status", data_str=data)
                    self._said_number += 1
                    self._wake()
            await asyncio.sleep(STATUS_S)

    def _wake(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def _end(self) -> None:
        self._closed = True
        self._wake()

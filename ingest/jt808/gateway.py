"""The TCP gateway of JT/T 808 terminals: sockets around sessions, on a thread of its own.

It carries out what a session says and decides nothing.  Bounded: connections, bytes that wait on
each of them in either direction, and by the inbox what waits for the disk.  When the inbox is full
nobody is read, TCP pushes back, and terminals keep what they have.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple, cast

import structlog

from ingest.dialects.jt808 import TOPIC
from ingest.inbox import Inbox
from ingest.intake import Answer
from ingest.jt808.gate import Gate
from ingest.jt808.parts import Room
from ingest.jt808.session import Answered, Close, Deliver, Effect, Heard, Send, Session
from ingest.message import Message

log = structlog.get_logger(__name__)

FIRST_DELIVERY = 1 << 48
"""Deliveries from here on are this source's; an MQTT source counts from 0."""
READ_BYTES = 4096
"""Most that is read of a line at once, and so what it may hold beyond its bound."""
_WRITE_BYTES = 16_384  # a peer that leaves more unread is closed
_RETRY_S = 0.05
_SWEEP_S = 1.0
_START_S = 10.0

Told = Callable[[Answered], None]


class Limits(NamedTuple):
    """How many connections, and how long each may be silent."""

    connections: int = 20_000
    silence_s: float = 600.0


class _Line(asyncio.BufferedProtocol):
    """One connection: its session and what waits for room in the inbox."""

    __slots__ = ("gateway", "held", "is_open", "peer", "session", "terminals", "transport")

    def __init__(self, gateway: Jt808Source) -> None:
        self.gateway = gateway
        self.held: deque[Message] = deque()
        self.is_open = False
        self.peer = ""
        self.terminals: list[str] = []
        self.session: Session
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.set_write_buffer_limits(high=_WRITE_BYTES)
        address = transport.get_extra_info("peername")
        self.peer = f"{address[0]}:{address[1]}" if address else "unknown"
        self.gateway.opened(self)

    def get_buffer(self, sizehint: int) -> memoryview:
        del sizehint
        return self.gateway.buffer

    def buffer_updated(self, nbytes: int) -> None:
        self.gateway.read(self, bytes(self.gateway.buffer[:nbytes]))

    def pause_writing(self) -> None:
        self.gateway.end(self, "reads_slowly")

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self.gateway.closed(self)


class Jt808Source:
    """A listening socket for as long as the source runs.

    `told` hears what terminals answer to commands, on the gateway's thread; `ended` hears why
    connections were closed from here.
    """

    def __init__(
        self,
        inbox: Inbox,
        gate: Gate,
        *,
        host: str,
        port: int,
        clock_ms: Callable[[], int],
        limits: Limits = Limits(),  # noqa: B008 - immutable
        told: Told = lambda _: None,
        ended: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._inbox = inbox
        self._gate = gate
        self._where = (host, port)
        self._clock_ms = clock_ms
        self._limits = limits
        self._told = told
        self._ended = ended
        self.buffer = memoryview(bytearray(READ_BYTES))  # one for all: copied at once
        self._lines: set[_Line] = set()
        self._lines_of: dict[str, _Line] = {}
        self._waiting: dict[int, tuple[_Line, Deliver]] = {}
        self._blocked: set[_Line] = set()
        self._room = Room()
        self._numbers = itertools.count(FIRST_DELIVERY)
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self._started = threading.Event()
        self._failure: OSError | None = None
        self._thread = threading.Thread(target=self._run, name="jt808", daemon=True)
        self.port = port

    @property
    def connections(self) -> int:
        """How many connections there are."""
        return len(self._lines)

    def start(self) -> None:
        """Listen.  Raises `OSError` when the port cannot be had."""
        self._thread.start()
        self._started.wait(_START_S)
        if self._failure is not None:
            self._thread.join(_START_S)
            raise self._failure

    def stop(self) -> None:
        """Close everything; what was not answered comes again."""
        if self._thread.is_alive():
            self._soon(self._stopping.set)
            self._thread.join(_START_S)

    def acknowledge(self, messages: Sequence[Message]) -> None:
        """Answer the terminals: these are durable.  From any thread."""
        numbers = [m.delivery for m in messages if m.delivery >= FIRST_DELIVERY]
        if numbers:
            self._soon(self._durable, numbers)

    def answer(self, answers: Sequence[Answer]) -> None:
        """Nothing: a terminal of JT/T 808 is answered by frame."""

    def command(
        self, terminal: str, kind: int, body: bytes, sent: Callable[[int | None], None]
    ) -> None:
        """Send a message to a terminal; `sent` is told its serial, None when it is not connected.

        From any thread; `sent` is called on the gateway's.
        """
        self._soon(self._command, terminal, kind, body, sent)

    def is_2019(self, terminal: str) -> bool | None:
        """Whether a terminal speaks the edition of 2019; None when it is not connected."""
        line = self._lines_of.get(terminal)
        return None if line is None else line.session.is_2019(terminal)

    def _soon(self, work: Callable[..., object], *arguments: object) -> None:
        # a loop that has ended has nobody left to tell
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(work, *arguments)

    # ------------------------------------------------------------ from here on the gateway's thread

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        except OSError as error:
            self._failure = error
        except Exception:
            log.exception("the gateway of JT/T 808 stopped")
        finally:
            self._started.set()
            self._loop.close()

    async def _serve(self) -> None:
        host, port = self._where
        server = await self._loop.create_server(lambda: _Line(self), host, port, backlog=4096)
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        sweep = self._loop.call_later(_SWEEP_S, self._sweep)
        try:
            await self._stopping.wait()
        finally:
            sweep.cancel()
            server.close()
            for line in list(self._lines):
                line.transport.abort()
            await asyncio.sleep(0)  # let them be told

    def opened(self, line: _Line) -> None:
        """Take a connection in, or close it when there are enough."""
        if len(self._lines) >= self._limits.connections:
            self._ended("too_many_connections")
            line.transport.abort()
            return
        silence_ms = int(self._limits.silence_s * 1000)
        line.session = Session(
            self._gate, silence_ms=silence_ms, now_ms=self._clock_ms(), room=self._room
        )
        line.is_open = True
        self._lines.add(line)

    def closed(self, line: _Line) -> None:
        """Forget a connection; what it sent stays in the inbox."""
        line.is_open = False
        line.held.clear()
        if line in self._lines:
            self._lines.remove(line)
            line.session.closed()
        self._blocked.discard(line)
        for terminal in line.terminals:
            if self._lines_of.get(terminal) is line:
                del self._lines_of[terminal]

    def end(self, line: _Line, why: str) -> None:
        """Close a connection from here."""
        if line.is_open:
            line.is_open = False
            self._ended(why)
            line.transport.abort()

    def read(self, line: _Line, data: bytes) -> None:
        """Bytes came."""
        if line.is_open:
            self._carry_out(line, line.session.received(data, self._clock_ms()))

    def _carry_out(self, line: _Line, effects: Sequence[Effect]) -> None:
        out: list[bytes] = []
        for effect in effects:
            if isinstance(effect, Deliver):
                self._deliver(line, effect)
            elif isinstance(effect, Send):
                out.append(effect.data)
            elif isinstance(effect, Heard):
                line.terminals.append(effect.terminal)
                self._lines_of[effect.terminal] = line
            elif isinstance(effect, Answered):
                self._told(effect)
            elif isinstance(effect, Close):
                line.transport.write(b"".join(out))
                out = []
                self._ended(effect.why)
                line.is_open = False
                line.transport.close()
        if out:
            line.transport.write(b"".join(out))
        self._heed(line)

    def _deliver(self, line: _Line, delivered: Deliver) -> None:
        number = next(self._numbers)
        self._waiting[number] = (line, delivered)
        message = Message(TOPIC + line.peer, delivered.payload, self._clock_ms(), number)
        if line.held or not self._inbox.offer(message):
            line.held.append(message)

    def _heed(self, line: _Line) -> None:
        """Read on, or not, as much as waits."""
        if line.held:
            if not self._blocked:
                self._loop.call_later(_RETRY_S, self._retry)
            self._blocked.add(line)
        else:
            self._blocked.discard(line)
        if line.is_open:
            if line.held or line.session.is_full:
                line.transport.pause_reading()
            else:
                line.transport.resume_reading()

    def _retry(self) -> None:
        """Offer the inbox what it had no room for, in turn."""
        for line in list(self._blocked):
            while line.held and self._inbox.offer(line.held[0]):
                line.held.popleft()
            if not line.held:
                self._blocked.discard(line)
                self._heed(line)
        if self._blocked:
            self._loop.call_later(_RETRY_S, self._retry)

    def _durable(self, numbers: Sequence[int]) -> None:
        answers: dict[_Line, list[bytes]] = {}
        for number in numbers:
            waiting = self._waiting.pop(number, None)
            if waiting is not None and waiting[0].is_open:
                line, delivered = waiting
                answers.setdefault(line, []).append(line.session.durable(delivered))
        for line, data in answers.items():
            line.transport.write(b"".join(data))
            self._heed(line)

    def _command(
        self, terminal: str, kind: int, body: bytes, sent: Callable[[int | None], None]
    ) -> None:
        line = self._lines_of.get(terminal)
        said = line.session.command(terminal, kind, body) if line and line.is_open else None
        if line is None or said is None:
            sent(None)
            return
        line.transport.write(said[1])
        sent(said[0])

    def _sweep(self) -> None:
        """Look who is silent, waits for parts that do not come, or does not go."""
        now_ms = self._clock_ms()
        for line in list(self._lines):
            if line.is_open:
                effects = line.session.elapsed(now_ms)
                if effects:
                    self._carry_out(line, effects)
            else:
                line.transport.abort()  # it had its time to take what was written last
        self._loop.call_later(_SWEEP_S, self._sweep)

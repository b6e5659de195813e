"""What is said on one connection: a state machine without socket, clock or disk.

Bytes and the time go in, effects come out: what to send, what to hand on, that it is over.  The
gateway carries them out.  A position is answered when the gateway says that it is durable, all else
at once.  Everything that a peer could make grow is bounded.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from enum import IntEnum, StrEnum
from typing import NamedTuple

from ingest.jt808.frame import Frame, encode, parse, split
from ingest.jt808.gate import Gate
from ingest.jt808.layout import MAX_FRAME, POSITIONED, Kind
from ingest.jt808.parts import Collected, Parts, Room
from ingest.reject import RejectReason

HELLO_MS = 60_000
"""A peer that has sent no good frame by then is none of ours."""
MOST_UNANSWERED = 64
MOST_UNANSWERED_BYTES = 262_144
MOST_TERMINALS = 256
_MOST_RUBBISH = 32  # bad frames on end
_MOST_REFUSALS = 16  # of what a terminal that proved nothing asks for
_END = b"\x7e"
_ANSWERED_AT_ONCE = frozenset({Kind.HEARTBEAT, Kind.LOGOUT, Kind.PARAMETERS, Kind.ATTRIBUTES})
_HAS_ITS_ANSWER = frozenset({Kind.POSITION_ANSWER, Kind.CONTROL_ANSWER})


class Result(IntEnum):
    """Results of a general answer, in either direction."""

    DONE = 0
    FAILED = 1
    WRONG = 2
    UNSUPPORTED = 3


_REGISTERED, _NO_SUCH_TERMINAL = 0, 4  # results of a registration


class Ending(StrEnum):
    """Why a connection is closed from here."""

    SILENT = "silent"
    RUBBISH = "rubbish"
    REFUSED = "refused"
    TOO_MANY_TERMINALS = "too_many_terminals"
    LOGGED_OUT = "logged_out"


class Send(NamedTuple):
    """Bytes for the peer."""

    data: bytes


class Deliver(NamedTuple):
    """Bytes for intake; `frames` are answered once they are durable."""

    payload: bytes
    frames: tuple[Frame, ...]


class Heard(NamedTuple):
    """A terminal that may be spoken to on this connection from here on."""

    terminal: str


class Answered(NamedTuple):
    """What a terminal said to the command that we sent as `serial`."""

    terminal: str
    serial: int
    result: int


class Close(NamedTuple):
    """The connection is over."""

    why: Ending


Effect = Send | Deliver | Heard | Answered | Close


class Session:
    """One connection.  `silence_ms` is how long a terminal may say nothing.

    `room` is shared by all connections: what they hold of messages whose parts are still to come.
    """

    def __init__(
        self, gate: Gate, *, silence_ms: int, now_ms: int, room: Room | None = None
    ) -> None:
        self._gate = gate
        self._silence_ms = silence_ms
        self._opened_ms = now_ms
        self._good_ms: int | None = None
        self._buffer = b""
        self._rubbish = 0
        self._refusals = 0
        self._serial = 0
        self._parts = Parts(room or Room())
        self._terminals: dict[str, Frame] = {}
        self._proved: set[str] = set()
        self._unanswered = 0
        self._unanswered_bytes = 0

    @property
    def is_full(self) -> bool:
        """Whether so much waits for the disk that nothing more should be read."""
        return (
            self._unanswered >= MOST_UNANSWERED or self._unanswered_bytes >= MOST_UNANSWERED_BYTES
        )

    def received(self, data: bytes, now_ms: int) -> list[Effect]:
        """What follows from bytes of the peer; after a `Close` nothing more does."""
        effects: list[Effect] = []
        before, *pieces = (self._buffer + data).split(_END)
        if not pieces:
            if len(before) <= MAX_FRAME:
                self._buffer = before
                return effects
            return [*self._bad(before[:MAX_FRAME]), Close(Ending.RUBBISH)]
        if before:
            effects += self._bad(before)
        *insides, rest = pieces
        for inside in insides:
            if inside:
                effects += self._inside(inside, now_ms)
                if effects and isinstance(effects[-1], Close):
                    return effects
        if len(rest) > MAX_FRAME:
            return [*effects, *self._bad(rest[:MAX_FRAME]), Close(Ending.RUBBISH)]
        self._buffer = _END + rest
        return effects

    def durable(self, delivered: Deliver) -> bytes:
        """The answers to what is on disk now."""
        self._unanswered -= 1
        self._unanswered_bytes -= len(delivered.payload)
        return b"".join(self._answer(frame, Result.DONE) for frame in delivered.frames)

    def elapsed(self, now_ms: int) -> list[Effect]:
        """What follows from the time alone."""
        effects: list[Effect] = [
            self._deliver(late.payload, ()) for late in self._parts.expired(now_ms)
        ]
        if not self.is_full and now_ms >= self.deadline_ms():
            effects.append(Close(Ending.SILENT))
        return effects

    def closed(self) -> None:
        """The connection is gone: give back the room that its parts took."""
        self._parts.clear()

    def deadline_ms(self) -> int:
        """When the peer will have been silent for too long."""
        if self._good_ms is None:
            return self._opened_ms + min(HELLO_MS, self._silence_ms)
        return self._good_ms + self._silence_ms

    def command(self, terminal: str, kind: int, body: bytes) -> tuple[int, bytes] | None:
        """Serial (that of the last part) and bytes of a message to a terminal of this connection.

        None when it has not been heard here.
        """
        spoken = self._terminals.get(terminal)
        if spoken is None:
            return None
        parts = split(self._frame(spoken, kind, body))
        self._serial = (parts[-1].serial + 1) & 0xFFFF
        return parts[-1].serial, b"".join(map(encode, parts))

    def is_2019(self, terminal: str) -> bool:
        """Whether a terminal that was heard here speaks the edition of 2019."""
        spoken = self._terminals.get(terminal)
        return spoken is not None and (spoken.is_2019 or spoken.claims_2019)

    def _inside(self, inside: bytes, now_ms: int) -> list[Effect]:
        """What follows from what stands between two delimiters."""
        frame = parse(inside) if len(inside) <= MAX_FRAME else RejectReason.BAD_FRAME
        if isinstance(frame, RejectReason):
            return self._bad(_END + inside + _END)
        self._rubbish = 0
        self._good_ms = now_ms
        if frame.terminal not in self._terminals and len(self._terminals) >= MOST_TERMINALS:
            return [Close(Ending.TOO_MANY_TERMINALS)]
        if frame.kind == Kind.REGISTRATION:
            return self._register(frame)
        if frame.kind == Kind.AUTHENTICATION:
            return self._authenticate(frame)
        if not self._gate.is_open and frame.terminal not in self._proved:
            return self._refuse(frame, inside)
        return [*self._hear(frame), *self._proper(frame, inside, now_ms)]

    def _hear(self, frame: Frame) -> list[Effect]:
        is_new = frame.terminal not in self._terminals
        if is_new:
            self._terminals[frame.terminal] = frame._replace(body=b"")
        return [Heard(frame.terminal)] if is_new else []

    def _proper(self, frame: Frame, inside: bytes, now_ms: int) -> list[Effect]:
        """What follows from a frame of a terminal that may speak."""
        if frame.kind in POSITIONED:
            raw = _END + inside + _END
            if frame.parts:
                whole, given_up = self._parts.add(frame, raw, now_ms)
                lost: list[Effect] = [self._deliver(one.payload, ()) for one in given_up]
                return [*lost, self._whole(whole)] if whole else lost
            return [self._deliver(raw, () if frame.kind in _HAS_ITS_ANSWER else (frame,))]
        if frame.kind == Kind.TERMINAL_ANSWER:
            if len(frame.body) < 5:
                return []
            serial, _, result = struct.unpack_from(">HHB", frame.body)
            return [Answered(frame.terminal, serial, result)]
        if frame.kind in _ANSWERED_AT_ONCE:
            effects: list[Effect] = [Send(self._answer(frame, Result.DONE))]
            if frame.kind == Kind.LOGOUT:
                effects.append(Close(Ending.LOGGED_OUT))
            return effects
        return [Send(self._answer(frame, Result.UNSUPPORTED))]

    def _whole(self, collected: Collected) -> Deliver:
        return self._deliver(collected.payload, tuple(collected.frames.values()))

    def _register(self, frame: Frame) -> list[Effect]:
        if self._gate.knows(frame.terminal):
            code = self._gate.code(frame.terminal)
            body = struct.pack(">HB", frame.serial, _REGISTERED) + code
            return [Send(self._write(frame, Kind.REGISTRATION_ANSWER, body))]
        body = struct.pack(">HB", frame.serial, _NO_SUCH_TERMINAL)
        return [Send(self._write(frame, Kind.REGISTRATION_ANSWER, body)), *self._refused()]

    def _authenticate(self, frame: Frame) -> list[Effect]:
        if not self._gate.admits(frame.terminal, frame.body):
            return [Send(self._answer(frame, Result.FAILED)), *self._refused()]
        self._proved.add(frame.terminal)
        return [*self._hear(frame), Send(self._answer(frame, Result.DONE))]

    def _refuse(self, frame: Frame, inside: bytes) -> list[Effect]:
        """Say no to a terminal that proved nothing; one that nobody registered is buried too."""
        effects: list[Effect] = [Send(self._answer(frame, Result.FAILED))]
        if frame.kind in POSITIONED and not self._gate.knows(frame.terminal):
            effects.append(self._deliver(_END + inside + _END, ()))
        return [*effects, *self._refused()]

    def _refused(self) -> list[Effect]:
        self._refusals += 1
        return [Close(Ending.REFUSED)] if self._refusals >= _MOST_REFUSALS else []

    def _bad(self, raw: bytes) -> list[Effect]:
        """Bury what is no frame; a peer that sends nothing else has to go."""
        self._rubbish += 1
        effects: list[Effect] = [self._deliver(raw, ())]
        return [*effects, Close(Ending.RUBBISH)] if self._rubbish >= _MOST_RUBBISH else effects

    def _deliver(self, payload: bytes, frames: Sequence[Frame]) -> Deliver:
        self._unanswered += 1
        self._unanswered_bytes += len(payload)
        return Deliver(payload, tuple(frames))

    def _answer(self, frame: Frame, result: Result) -> bytes:
        body = struct.pack(">HHB", frame.serial, frame.kind, result)
        return self._write(frame, Kind.PLATFORM_ANSWER, body)

    def _write(self, to: Frame, kind: int, body: bytes) -> bytes:
        frame = self._frame(to, kind, body)
        self._serial = (self._serial + 1) & 0xFFFF
        return encode(frame)

    def _frame(self, to: Frame, kind: int, body: bytes) -> Frame:
        """A message in the edition that the terminal speaks."""
        return Frame(kind, to.terminal, self._serial, body, claims_2019=to.claims_2019)

"""Parts of split messages, collected on one connection until the message is whole.

Bounded in messages and bytes, here and over all connections, and in time by the clock that is
handed in.  What is given up is handed back, so that it is buried with its reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ingest.jt808.frame import Frame

MOST_MESSAGES = 4
MOST_BYTES = 131_072
MOST_BYTES_OF_ALL = 64 << 20
PATIENCE_MS = 60_000


@dataclass(slots=True)
class Room:
    """How many bytes all connections together hold of messages that are not whole."""

    limit: int = MOST_BYTES_OF_ALL
    held: int = 0


@dataclass(slots=True)
class Collected:
    """Parts of one message: `frames` to answer and their `payload`, in order of arrival."""

    begun_ms: int
    frames: dict[int, Frame] = field(default_factory=dict)
    raw: list[bytes] = field(default_factory=list)
    size: int = 0

    @property
    def payload(self) -> bytes:
        """All parts as they came, frame after frame."""
        return b"".join(self.raw)

    @property
    def is_whole(self) -> bool:
        """Whether every part is there."""
        return any(len(self.frames) == frame.parts for frame in self.frames.values())


class Parts:
    """Messages that are not whole yet, by terminal, kind and number of parts."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._held: dict[tuple[str, int, int], Collected] = {}

    def add(
        self, frame: Frame, raw: bytes, now_ms: int
    ) -> tuple[Collected | None, list[Collected]]:
        """The message that this part completes, if it does, and those that are given up for it."""
        key = (frame.terminal, frame.kind, frame.parts)
        given_up = []
        held = self._held.get(key)
        if held is not None and frame.part in held.frames:
            if held.frames[frame.part].body == frame.body:
                return None, []  # sent again, since nothing is answered before all are there
            given_up.append(self._let_go(key))
            held = None
        if held is None:
            held = self._held[key] = Collected(now_ms)
        held.frames[frame.part] = frame
        held.raw.append(raw)
        held.size += len(raw)
        self._room.held += len(raw)
        if held.is_whole:
            return self._let_go(key), given_up
        while self._held and self._is_too_much():
            given_up.append(self._let_go(next(iter(self._held))))
        return None, given_up

    def expired(self, now_ms: int) -> Sequence[Collected]:
        """Those that have waited too long for the rest, given up."""
        late = [key for key, held in self._held.items() if now_ms - held.begun_ms >= PATIENCE_MS]
        return [self._let_go(key) for key in late]

    def clear(self) -> None:
        """Forget all of it: the connection is gone, and nothing of it was answered."""
        for key in list(self._held):
            self._let_go(key)

    def _let_go(self, key: tuple[str, int, int]) -> Collected:
        held = self._held.pop(key)
        self._room.held -= held.size
        return held

    def _is_too_much(self) -> bool:
        return (
            len(self._held) > MOST_MESSAGES
            or sum(held.size for held in self._held.values()) > MOST_BYTES
            or self._room.held > self._room.limit
        )

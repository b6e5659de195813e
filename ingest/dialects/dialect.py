"""What every dialect is: a name, its topics, and a pure function from messages to columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from ingest.fix import FixBatch, Int32
from ingest.message import Message
from ingest.reject import Reject
from ingest.sighting import SightingBatch


class Notice(NamedTuple):
    """A camera, or the server that speaks for it, says of itself that it works or does not."""

    camera: str
    is_up: bool
    at_ms: int  # when it arrived: who is down knows no time
    until_ms: int = 0  # up to when it holds if nothing is said again; 0 = for good


class Speaker(NamedTuple):
    """Who speaks in a message for terminals that it names: its own name, the message's number.

    `NO_SEQ` for a message that wants no answer.
    """

    name: str
    number: int


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a batch of messages said.

    `fixes` hold terminals as their ids; `source` int32[len(fixes)] and `sighting_source` tell from
    which message each row came; `kinds` names messages that hold no fix, by position.  `speakers`
    are those of messages in which one speaks for many, by position: whether it may is for
    admission to say, and the message is answered as a whole.  `notices` are what cameras said of
    themselves.
    """

    fixes: FixBatch
    source: Int32
    sightings: SightingBatch
    sighting_source: Int32
    rejects: list[Reject]
    kinds: dict[int, str] = field(default_factory=dict)
    speakers: dict[int, Speaker] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)


class Dialect(Protocol):
    """A way in which devices speak."""

    @property
    def name(self) -> str:
        """Its name on the command line."""
        ...

    @property
    def topics(self) -> tuple[str, ...]:
        """MQTT subscriptions that bring its messages."""
        ...

    @property
    def default_topic(self) -> str:
        """Topic taken for a payload that comes without one."""
        ...

    @property
    def binary(self) -> bool:
        """Whether its payloads are bytes rather than text, and so written in hexadecimal."""
        ...

    def accepts(self, topic: str) -> bool:
        """Whether messages on `topic` are of this dialect."""
        ...

    def decode(self, messages: Sequence[Message]) -> Decoded:
        """Read messages; never raises, whatever the bytes."""
        ...

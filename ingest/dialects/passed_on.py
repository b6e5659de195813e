"""Plate readers that post over HTTP, passed on to MQTT under a topic of their name.

They differ in what an object says and in nothing else, so each brings the one function that reads
it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ingest.dialects import leaf
from ingest.dialects.dialect import Decoded
from ingest.dialects.seen import Sightings
from ingest.message import Message

Read = Callable[[Sightings, int, dict[str, Any]], None]
"""Take in the object of the message at that position; never raises, whatever it holds."""


class PassedOn:
    """The `Dialect` of the reader `name`; it remembers nothing."""

    binary = False

    def __init__(self, name: str, read: Read) -> None:
        self.name = self.default_topic = name
        self.topics: tuple[str, ...] = (f"{name}/#",)
        self._read = read

    def accepts(self, topic: str) -> bool:
        """Whether `topic` begins as those do that its messages are passed on under."""
        return topic == self.name or topic.startswith(f"{self.name}/")

    def decode(self, messages: Sequence[Message]) -> Decoded:
        """Read messages; never raises, whatever the bytes."""
        out = Sightings(messages)
        for n, message in enumerate(messages):
            body = leaf.an_object(message.payload)
            if isinstance(body, tuple):
                out.refuse(n, *body)
            else:
                self._read(out, n, body)
        return out.decoded()

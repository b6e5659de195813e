"""A source: what brings messages into the inbox and tells their senders that they are durable.

The runner starts all of them over one inbox, and tells each of every block; a source knows its own
messages by their `delivery`, which it gave them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ingest.intake import Answer
from ingest.message import Message


class Source(Protocol):
    """A transport; its messages' `delivery` numbers are out of a range of its own."""

    def start(self) -> None:
        """Begin to take messages.  Raises `OSError` when that cannot be."""
        ...

    def stop(self) -> None:
        """Take nothing more; what was not acknowledged comes again next time."""
        ...

    def acknowledge(self, messages: Sequence[Message]) -> None:
        """These are durable; those of other sources are among them and are left alone."""
        ...

    def answer(self, answers: Sequence[Answer]) -> None:
        """What terminals of the native dialect are told besides, where this source reaches them."""
        ...

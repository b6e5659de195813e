"""Which messages may not wait behind others: those that carry an alarm, told without decoding.

A guess from the bytes, made only when messages wait (docs/decisions/028): one that is wrong costs a
place in a queue and nothing else.  `Inbox` asks.
"""

from __future__ import annotations

import re

from ingest.message import Message

_ALARMS = re.compile(rb'"alarms"\s*:\s*\[\s*"')


def is_urgent(message: Message) -> bool:
    """Whether a native payload names an alarm."""
    # looking for the word first takes a third of the pattern's time
    return b'"alarms"' in message.payload and _ALARMS.search(message.payload) is not None

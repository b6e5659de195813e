"""Which messages may not wait behind others: those that carry an alarm, told without decoding.

A guess from the bytes, made only when messages wait (docs/decisions/028): one that is wrong costs a
place in a queue and nothing else.  `Inbox` asks.
"""

from __future__ import annotations

import re

from ingest.jt808 import urgency as jt808
from ingest.message import Message

_FLAG = b"\x7e"
_ALARMS = re.compile(rb'"alarms"\s*:\s*\[\s*"')


def is_urgent(message: Message) -> bool:
    """Whether a native payload names an alarm, or a JT/T 808 position carries one of ours."""
    payload = message.payload
    if payload[:1] == _FLAG:
        return jt808.is_urgent(payload)
    # looking for the word first takes a third of the pattern's time
    return b'"alarms"' in payload and _ALARMS.search(payload) is not None

"""Which messages may not wait behind others: those that carry an alarm, told without decoding.

A guess from the bytes, made only when messages wait (docs/decisions/028): one that is wrong costs a
place in a queue and nothing else.  `Inbox` asks.
"""

from __future__ import annotations

import re

from ingest.message import Message

_FLAG, _POSITION = b"\x7e", b"\x02\x00"
_IS_2019 = b"\x40"  # first byte of the properties, at least
_BODY_2013, _BODY_2019 = 13, 18  # where the body of an undivided frame begins, the flag counted
_ALARMS = re.compile(rb'"alarms"\s*:\s*\[\s*"')


def is_urgent(message: Message) -> bool:
    """Whether a native payload names an alarm, or a JT/T 808 frame has one set."""
    payload = message.payload
    if payload[:1] == _FLAG:
        return _cries(payload)
    # looking for the word first takes a third of the pattern's time
    return b'"alarms"' in payload and _ALARMS.search(payload) is not None


def _cries(frame: bytes) -> bool:
    """Whether the alarm word of a position (0x0200) is not zero; `ingest.jt808.layout`."""
    if frame[1:3] != _POSITION:
        return False
    # 2019 and a version, of which a 2013 header has none: five bytes more
    begins = _BODY_2019 if frame[3:4] >= _IS_2019 else _BODY_2013
    return frame[begins : begins + 4].strip(b"\x00") != b""

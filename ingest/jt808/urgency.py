"""Whether a message of a JT/T 808 terminal may not wait behind others; told without decoding it.

A guess from the bytes, without the checksum: one that is wrong costs a place in a queue.
"""

from __future__ import annotations

from ingest.jt808.frame import unescape
from ingest.jt808.layout import ALARM_OF_BIT, MAX_BODY, Kind

_ALARMS = sum(1 << bit for bit in ALARM_OF_BIT)
_POSITION = int(Kind.POSITION).to_bytes(2)


def is_urgent(payload: bytes) -> bool:
    """Whether `payload` is a position (0x0200) with an alarm of ours.

    A batch is none: what a terminal kept back is not the alarm of this moment.
    """
    if payload[1:3] != _POSITION:
        return False
    content = unescape(payload[1:-1])
    size = int.from_bytes(content[2:4]) & MAX_BODY
    body = len(content) - 1 - size
    return bool(int.from_bytes(content[body : body + 4]) & _ALARMS) if body > 0 else False

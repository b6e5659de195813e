"""What goes to the broker by the thousand, as one piece of whole packets: PUBACKs and answers.

Layouts: OASIS MQTT 3.1.1 and 5.0, sections 3.3 (PUBLISH), 3.4 (PUBACK) and 3.7 (PUBCOMP).
`MqttSource` queues the pieces; one packet at a time through paho costs 15 to 40 us.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ingest.intake import Answer
from ingest.message import Message
from ingest.mqtt.packets import CONNECTION_SHIFT

_PUBACK, _PUBCOMP = 0x40, 0x70
PING = b"\xc0\x00"
"""A PINGREQ (section 3.12)."""


def acknowledgements(messages: Sequence[Message], connection: int) -> bytes:
    """A PUBACK of four bytes for each of `messages` that came on `connection` and wants one.

    PUBCOMP for QoS 2.  Those of another connection are left out: they come again on this one.
    """
    delivery = np.array([message.delivery for message in messages], np.int64)
    delivery = delivery[delivery >> CONNECTION_SHIFT == connection]
    packets = np.empty((len(delivery), 4), np.uint8)
    packets[:, 0] = np.where(delivery >> 16 & 1, _PUBCOMP, _PUBACK)
    packets[:, 1] = 2
    packets[:, 2] = delivery >> 8 & 0xFF
    packets[:, 3] = delivery & 0xFF
    return packets.tobytes()


def publications(answers: Sequence[Answer], *, is_5: bool) -> bytes:
    """A PUBLISH of QoS 0 on `vg/v1/{terminal}/ack` for each answer."""
    packets = []
    properties = b"\0" if is_5 else b""  # version 5: the length of none
    for terminal, seq, reason in ((a.terminal, a.seq, a.rejected) for a in answers):
        topic = b"vg/v1/%b/ack" % terminal.encode()
        said = b"" if reason is None else b',"rejected":"%b"' % str(reason).encode()
        rest = b'%b%b%b{"seq":%d%b}' % (len(topic).to_bytes(2), topic, properties, seq, said)
        packets.append(b"\x30%b%b" % (_length(len(rest)), rest))
    return b"".join(packets)


def _length(value: int) -> bytes:
    """A remaining length (section 2.2.3) of up to 16,383, which no answer reaches."""
    return bytes((value,)) if value < 128 else bytes((value & 0x7F | 0x80, value >> 7))

"""The dialect of JT/T 808 terminals: binary frames, one or more a message, to columns.

A message holds whole frames `7E … 7E`; of a split message it has to hold all parts, which the
gateway sees to.  What carries no position is named (`kinds`).  Nothing is believed of a frame whose
checksum, length or time is wrong.  The passes over bytes are compiled (`ingest.jt808`).
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter

import numpy as np

from ingest.dialects.dialect import Decoded
from ingest.message import Message
from ingest.reject import Reject
from ingest.sighting import SightingBatch

TOPIC = "tcp/jt808/"
"""How the gateway's topics begin; the peer's address follows."""

# as positions: half the price of the names, in a place that is passed for every frame
_PAYLOAD = itemgetter(Message._fields.index("payload"))
_RECEIVED = itemgetter(Message._fields.index("received_ms"))


class Jt808:
    """The `Dialect`; it holds no state.

    A terminal's id is its number as sent: 12 digits, or 20 in frames of 2019.  `seq` is left out:
    a frame's serial number answers the frame, which is the gateway's business.
    """

    name = "jt808"
    topics: tuple[str, ...] = ()
    default_topic = TOPIC + "terminal"
    binary = True

    def accepts(self, topic: str) -> bool:
        """Whether `topic` is one of the gateway's."""
        return topic.startswith(TOPIC)

    def decode(self, messages: Sequence[Message]) -> Decoded:
        """Read messages; never raises, whatever the bytes."""
        # the compiler takes a third of a second to load, and other dialects do without
        from ingest.jt808.reading import Reading  # noqa: PLC0415 - as said

        reading = Reading.of(list(map(_PAYLOAD, messages)))
        received = np.fromiter(map(_RECEIVED, messages), np.int64, len(messages))
        source = reading.source()
        rejects = [
            Reject(
                reason=told.reason,
                detail=told.detail,
                topic=messages[told.message].topic,
                payload=messages[told.message].payload,
                received_ms=messages[told.message].received_ms,
                terminal=told.terminal,
            )
            for told in reading.complaints()
        ]
        return Decoded(
            reading.batch(received[source]),
            source,
            SightingBatch.empty(),
            np.empty(0, np.int32),
            rejects,
            reading.kinds(),
        )


JT808 = Jt808()

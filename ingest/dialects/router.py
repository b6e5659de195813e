"""Several dialects at once: each message goes to the one that its topic belongs to.

Called by intake with whole batches; a batch of one dialect is handed on as it is.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ingest.dialects.dialect import Decoded, Dialect, Notice, Speaker
from ingest.dialects.rows import refuse
from ingest.fix import FixBatch, Int32
from ingest.message import Message
from ingest.reject import Reject, RejectReason
from ingest.sighting import SightingBatch

_TOPICS_KNOWN = 200_000  # a flood of made-up topics must not fill the memory
_NOBODY = -1


class Router:
    """From messages of any of `dialects` to one `Decoded`; the first that accepts a topic has it.

    It remembers only whose each topic is, so it may be shared by threads.
    """

    def __init__(self, dialects: Sequence[Dialect]) -> None:
        self.dialects = tuple(dialects)
        self._owners: dict[str, int] = {}

    @property
    def topics(self) -> tuple[str, ...]:
        """MQTT subscriptions that bring the messages of all of them."""
        return tuple(dict.fromkeys(t for dialect in self.dialects for t in dialect.topics))

    def name_of(self, topic: str) -> str:
        """The name of the dialect that messages on `topic` are of; `none` where there is none."""
        owner = self._owner(topic)
        return "none" if owner == _NOBODY else self.dialects[owner].name

    def decode(self, messages: Sequence[Message]) -> Decoded:
        """Read messages, each dialect once; rows come in the order of their messages."""
        owners = self._owners
        try:
            owner = [owners[message.topic] for message in messages]
        except KeyError:
            owner = [self._owner(message.topic) for message in messages]
        present = sorted(set(owner))
        if len(present) == 1 and present[0] != _NOBODY:
            return self.dialects[present[0]].decode(messages)
        of = np.array(owner, np.int32)
        parts: list[tuple[Int32, Decoded]] = []
        strangers: list[Reject] = []
        for who in present:
            where = np.flatnonzero(of == who).astype(np.int32)
            theirs = [messages[n] for n in where.tolist()]
            if who == _NOBODY:
                strangers = [self._stranger(message) for message in theirs]
            else:
                parts.append((where, self.dialects[who].decode(theirs)))
        return _merged(parts, strangers)

    def _owner(self, topic: str) -> int:
        owner = self._owners.get(topic)
        if owner is None:
            accepting = (n for n, d in enumerate(self.dialects) if d.accepts(topic))
            owner = next(accepting, _NOBODY)
            if len(self._owners) >= _TOPICS_KNOWN:
                self._owners.clear()
            self._owners[topic] = owner
        return owner

    def _stranger(self, message: Message) -> Reject:
        names = ", ".join(dialect.name for dialect in self.dialects)
        detail = f"expected a topic of {names}, found {message.topic!r}"
        return refuse(RejectReason.UNKNOWN_TOPIC, detail, message)


def _merged(parts: Sequence[tuple[Int32, Decoded]], strangers: Sequence[Reject]) -> Decoded:
    """Parts as one: `where` int32 tells of each part which messages it had, in rising order."""
    source = _joined([where[d.source] for where, d in parts])
    order = np.argsort(source, kind="stable")
    seen = _joined([where[d.sighting_source] for where, d in parts])
    seen_order = np.argsort(seen, kind="stable")
    kinds: dict[int, str] = {}
    speakers: dict[int, Speaker] = {}
    notices: list[Notice] = []
    for where, decoded in parts:
        kinds |= {int(where[n]): kind for n, kind in decoded.kinds.items()}
        speakers |= {int(where[n]): speaker for n, speaker in decoded.speakers.items()}
        notices += decoded.notices
    return Decoded(
        fixes=FixBatch.concat([d.fixes for _, d in parts]).take(order),
        source=source[order],
        sightings=SightingBatch.concat([d.sightings for _, d in parts]).take(seen_order),
        sighting_source=seen[seen_order],
        rejects=[*(r for _, d in parts for r in d.rejects), *strangers],
        kinds=kinds,
        speakers=speakers,
        notices=notices,
    )


def _joined(columns: Sequence[Int32]) -> Int32:
    return np.concatenate([np.empty(0, np.int32), *columns])

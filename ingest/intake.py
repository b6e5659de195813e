"""From messages to durable: decode, admit, append; what is returned may be acknowledged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import NamedTuple

from ingest.admission import Admission
from ingest.dialects import Decoded, Notice, Router, router_of
from ingest.fix import NO_SEQ, FixBatch
from ingest.message import Message
from ingest.reject import Reject, RejectReason
from ingest.sighting import SightingBatch
from ingest.store.log import BlockLog
from ingest.store.once import Once


class Answer(NamedTuple):
    """What a terminal is told on `…/ack`: this number of yours is durable, or refused and why."""

    terminal: str
    seq: int
    rejected: RejectReason | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a batch of messages, all of it durable.

    `batch` is block `number` (its ids are vehicles); when it is empty there is no new block.
    `sightings` are number `sighted` of theirs in the log, if there are any; `repeated` more were
    there already.  `notices` are what cameras said of themselves; they are not kept.
    """

    number: int
    batch: FixBatch
    rejects: Sequence[Reject]
    answers: Sequence[Answer]
    sighted: int
    sightings: SightingBatch
    repeated: int = 0
    notices: Sequence[Notice] = ()


class Intake:
    """The step from what devices said to the durable log.  Used from the pipeline's thread."""

    def __init__(
        self,
        admission: Admission,
        log: BlockLog,
        *,
        max_payload_bytes: int,
        clock_ms: Callable[[], int],
        router: Router | None = None,
    ) -> None:
        self._admission = admission
        self._log = log
        self._max = max_payload_bytes
        self._clock_ms = clock_ms
        self._once = Once.of(log)
        self._router = router or router_of(None)

    def take(self, messages: Sequence[Message]) -> Taken:
        """Make everything `messages` hold durable, dead letters included.

        Raises `LogFullError`; then nothing was kept and the same messages may be taken again.
        """
        rejects = []
        if any(len(message.payload) > self._max for message in messages):
            rejects = [self._too_large(m) for m in messages if len(m.payload) > self._max]
            messages = [m for m in messages if len(m.payload) <= self._max]
        decoded = self._router.decode(messages)
        batch, refused = self._admission.admit(decoded, messages)
        rejects += [*decoded.rejects, *refused]
        seen = self._once.fresh(decoded.sightings)
        number = self._log.append(batch, seen, rejects, self._clock_ms())
        # not before: what was not kept is to come again
        self._once.remember(seen)
        answers = _answers(decoded, rejects)
        sighted = self._log.last_sightings()
        repeated = len(decoded.sightings) - len(seen)
        return Taken(number, batch, rejects, answers, sighted, seen, repeated, decoded.notices)

    def dialect_of(self, topic: str) -> str:
        """The name of the dialect that messages on `topic` are of; `none` where there is none."""
        return self._router.name_of(topic)

    def _too_large(self, message: Message) -> Reject:
        return Reject(
            RejectReason.TOO_LARGE,
            f"expected at most {self._max} bytes, found {len(message.payload)}",
            message.topic,
            message.payload,
            message.received_ms,
        )


def _answers(decoded: Decoded, rejects: Sequence[Reject]) -> list[Answer]:
    """One answer per numbered row; a refused row is answered too, or it would come for ever.

    A message in which one speaks for many is answered as a whole, to who sent it.
    """
    fixes = decoded.fixes
    whole = [
        Answer(speaker.name, speaker.number)
        for speaker in decoded.speakers.values()
        if speaker.number != NO_SEQ
    ]
    refused = {
        (r.terminal, r.seq): Answer(r.terminal, r.seq, r.reason)
        for r in rejects
        if r.seq != NO_SEQ and r.terminal
    }
    numbered = fixes.seq != NO_SEQ
    if not numbered.any():
        return [*whole, *refused.values()]
    code, seq = fixes.vehicle, fixes.seq
    if not numbered.all():
        code, seq = code[numbered], seq[numbered]
    names = map(fixes.ids.__getitem__, code.tolist())
    # a row twice is answered once; made by the thousand, so without a call of our own for each
    taken = dict.fromkeys(zip(names, seq.tolist(), repeat(None)))
    accepted: Iterator[Answer] = map(Answer._make, taken)
    if refused:
        accepted = (a for a in accepted if (a.terminal, a.seq) not in refused)
    return [*whole, *accepted, *refused.values()]

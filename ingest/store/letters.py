"""Dead letters, and their second reading: after a dialect or the registry was mended.

What reads now is stored in the transaction that settles its letters, so a replay that dies in
between has done nothing, and one that is done twice stores nothing twice.  A letter that was cut
when it was buried cannot be read again, and is left as it is.  Called by `vehicleguard rejects`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from ingest.admission import Admission
from ingest.dialects import Router
from ingest.fix import FixBatch
from ingest.message import Message
from ingest.reject import Reject
from ingest.sighting import SightingBatch


@dataclass(frozen=True, slots=True)
class Letter:
    """One thing that was refused, as it was buried; `is_cut` when it is not there as a whole."""

    number: int
    reason: str
    detail: str
    topic: str
    payload: bytes
    received_ms: int
    is_cut: bool


class Outcome(NamedTuple):
    """What became of letters that were read again."""

    letters: int = 0
    settled: int = 0
    refused: int = 0
    cut: int = 0
    fixes: int = 0
    sightings: int = 0
    repeated: int = 0
    """Fixes and sightings that were there already, and were not stored again."""

    def __add__(self, other: object) -> Outcome:
        if not isinstance(other, Outcome):
            return NotImplemented
        return Outcome(*(a + b for a, b in zip(self, other, strict=True)))


class Log(Protocol):
    """The durable log, as far as it is needed here."""

    def append(
        self,
        fixes: FixBatch,
        sightings: SightingBatch,
        rejects: Sequence[Reject],
        at_ms: int,
        settled: Sequence[int] = (),
    ) -> int:
        """Write all of it or nothing, and note that the letters `settled` were read after all."""
        ...


class Graveyard(Protocol):
    """Where the letters lie, and what was stored beside them."""

    def letters(self, after: int, limit: int, reason: str | None = None) -> Sequence[Letter]:
        """Letters numbered above `after` that nobody has read since, oldest first."""
        ...

    def held_fixes(self, fixes: FixBatch) -> NDArray[np.bool_]:
        """Which of `fixes` the log holds: vehicle, time and place are the same."""
        ...

    def held_sightings(self, sightings: SightingBatch) -> NDArray[np.bool_]:
        """Which of `sightings` the log holds: camera, time and plate are the same."""
        ...


_Key = tuple[str, bytes, int]


def read_again(
    letters: Sequence[Letter],
    graveyard: Graveyard,
    log: Log,
    router: Router,
    admission: Admission,
    *,
    max_payload_bytes: int,
    at_ms: int,
) -> Outcome:
    """Read letters as messages that came when they came; durable on return.

    Raises `LogFullError`; then nothing has changed.
    """
    whole = [letter for letter in letters if not letter.is_cut]
    by_message: dict[_Key, list[Letter]] = {}
    for letter in whole:
        if len(letter.payload) <= max_payload_bytes:
            key = letter.topic, letter.payload, letter.received_ms
            by_message.setdefault(key, []).append(letter)
    messages = [Message(*key) for key in by_message]
    decoded = router.decode(messages)
    fixes, refused = admission.admit(decoded, messages)
    fresh = ~graveyard.held_fixes(fixes)
    unseen = ~graveyard.held_sightings(decoded.sightings)
    settled = _settled(by_message, [*decoded.rejects, *refused])
    kept, seen = fixes.take(fresh), decoded.sightings.take(unseen)
    log.append(kept, seen, [], at_ms, settled)
    repeated = len(fixes) + len(decoded.sightings) - len(kept) - len(seen)
    return Outcome(
        letters=len(letters),
        settled=len(settled),
        refused=len(whole) - len(settled),
        cut=len(letters) - len(whole),
        fixes=len(kept),
        sightings=len(seen),
        repeated=repeated,
    )


def _settled(by_message: dict[_Key, list[Letter]], rejects: Sequence[Reject]) -> list[int]:
    """Numbers of the letters that are refused no longer.

    A message has a letter for each of its rows that was refused.  As many stay as rows still are,
    those first that are refused in the same words.
    """
    still: dict[_Key, list[tuple[str, str]]] = {}
    for reject in rejects:
        key = reject.topic, reject.payload, reject.received_ms
        still.setdefault(key, []).append((str(reject.reason), reject.detail))
    settled: list[int] = []
    for key, letters in by_message.items():
        said = still.get(key, [])
        settling = [x for x in letters if not any(_same(x, *each) for each in said)]
        staying = [x for x in letters if x not in settling]
        settled += [letter.number for letter in [*staying, *settling][len(said) :]]
    return settled


def _same(letter: Letter, reason: str, detail: str) -> bool:
    # a long detail was cut when it was buried
    return letter.reason == reason and detail.startswith(letter.detail)

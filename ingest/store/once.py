"""Each sighting once: a read that is told again, by a camera or after a crash, is the same read.

The newest reads are remembered, and at a start learned from the log: whoever sent a read that was
durable, and died before hearing so or told us before we died, changes nothing by sending it again.
A repeat from further back is stored once more.  Called by the intake, around its durable write.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Self

import numpy as np

from ingest.sighting import SightingBatch
from ingest.store.log import BlockLog

REMEMBERED = 200_000
"""Reads remembered, the newest; an hour of a city of 5,000 cameras at forty reads an hour each."""
_LEARNED = 2_000
"""Batches of sightings that a start looks back over; at ten a second some three minutes."""


class Once:
    """The newest reads that are durable.

    A read is known by its camera and `read_id`, or, where it has none, by its camera, time and
    plate; one without either is always new.
    """

    def __init__(self, limit: int = REMEMBERED) -> None:
        self._limit = limit
        self._known: dict[int, None] = {}

    @classmethod
    def of(cls, log: BlockLog) -> Self:
        """What the newest sightings of a log tell."""
        once = cls()
        for _, seen in log.sightings_from(max(log.last_sightings() - _LEARNED, 0) + 1):
            once.remember(seen)
        return once

    def __len__(self) -> int:
        return len(self._known)

    def fresh(self, seen: SightingBatch) -> SightingBatch:
        """The sightings of `seen` that are not known, nor stand earlier in it."""
        if not len(seen):
            return seen
        here: set[int] = set()
        new = np.ones(len(seen), np.bool_)
        for row, key in enumerate(_keys(seen)):
            if key is not None:
                new[row] = key not in self._known and key not in here
                here.add(key)
        return seen if new.all() else seen.take(new)

    def remember(self, seen: SightingBatch) -> None:
        """Know these from here on, and forget the oldest beyond the limit."""
        self._known.update(dict.fromkeys(key for key in _keys(seen) if key is not None))
        beyond = len(self._known) - self._limit
        for key in list(islice(self._known, max(beyond, 0))):
            del self._known[key]


def _keys(seen: SightingBatch) -> Iterator[int | None]:
    """A number for each read, the same for the same; None = nothing tells it from another."""
    rows = zip(seen.camera, seen.read_id, seen.t_ms.tolist(), seen.plate, strict=True)
    for camera, read_id, t_ms, plate in rows:
        if read_id is not None:
            yield hash((camera, read_id))
        else:
            yield None if plate is None else hash((camera, t_ms, plate))

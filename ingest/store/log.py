"""The durable log: the port.  What has been appended survives the death of process and machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from ingest.fix import FixBatch
from ingest.reject import Reject
from ingest.sighting import SightingBatch


class LogFullError(Exception):
    """The log cannot be written now (disk full, file read-only); nothing of the append was kept."""


class BlockLog(Protocol):
    """Numbered blocks of fixes, beside them sightings and dead letters."""

    def append(
        self,
        fixes: FixBatch,
        sightings: SightingBatch,
        rejects: Sequence[Reject],
        at_ms: int,
        settled: Sequence[int] = (),
    ) -> int:
        """Write all of it or nothing; durable on return.

        The letters numbered `settled` count as read after all from then on.  Returns the number of
        the block, or the last number when there were no fixes.  Raises `LogFullError`.
        """
        ...

    def read_from(self, number: int) -> Iterator[tuple[int, FixBatch]]:
        """Blocks from `number` on, in order."""
        ...

    def sightings_from(
        self, number: int, before: int | None = None
    ) -> Iterator[tuple[int, SightingBatch]]:
        """Sightings from `number` on, in order; with `before`, those that block came after."""
        ...

    def last(self) -> int:
        """Number of the newest block, 0 for none."""
        ...

    def last_sightings(self) -> int:
        """Number of the newest sightings, 0 for none."""
        ...

    def prune(self, before_ms: int, keep_from: int) -> int:
        """Drop blocks that arrived before `before_ms` and are numbered below `keep_from`."""
        ...

    def rejects(self, limit: int, reason: str | None = None) -> Sequence[Mapping[str, object]]:
        """Newest dead letters: `t`, `reason`, `detail`, `topic`, `payload` (text, cut)."""
        ...

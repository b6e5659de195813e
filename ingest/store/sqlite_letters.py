"""Dead letters of the embedded run, as who reads them again needs them.

Beside `SqliteLog`, which buries and settles them; on a connection to the same file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ingest import sighting
from ingest.fix import FixBatch, Int64
from ingest.sighting import SightingBatch
from ingest.store import block
from ingest.store.letters import Letter
from ingest.store.sqlite_log import PAYLOAD_KEPT, TEXT_KEPT


class SqliteLetters:
    """A `Graveyard` on an open connection; the tables have to be there."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def letters(self, after: int, limit: int, reason: str | None = None) -> Sequence[Letter]:
        """Letters numbered above `after` that nobody has read since, oldest first."""
        rows = self._connection.execute(
            "SELECT number, reason, detail, topic, payload, at_ms, bytes FROM rejects "
            "WHERE number > ?1 AND settled_ms IS NULL AND (?2 IS NULL OR reason = ?2) "
            "ORDER BY number LIMIT ?3",
            (after, reason, limit),
        ).fetchall()
        return [
            Letter(number, why, detail, topic, bytes(payload), at_ms, _is_cut(topic, payload, size))
            for number, why, detail, topic, payload, at_ms, size in rows
        ]

    def counts(self) -> Sequence[tuple[str, str, int]]:
        """Reason and topic of the letters that nobody has read since, and how many there are."""
        rows = self._connection.execute(
            "SELECT reason, topic, count(*) FROM rejects WHERE settled_ms IS NULL "
            "GROUP BY reason, topic"
        ).fetchall()
        return [(str(reason), str(topic), int(count)) for reason, topic, count in rows]

    def held_fixes(self, fixes: FixBatch) -> NDArray[np.bool_]:
        """Which of `fixes` the log holds: vehicle, time and place are the same; bool[n]."""
        if not len(fixes):
            return np.zeros(0, np.bool_)
        wanted = _fix_keys(fixes, fixes.t_ms)
        rows = self._connection.execute(
            "SELECT body FROM blocks WHERE t_min_ms <= ? AND t_max_ms >= ?",
            (int(fixes.t_ms.max()), int(fixes.t_ms.min())),
        )
        held = {key for (body,) in rows for key in _fix_keys(block.decode(body), fixes.t_ms)}
        return np.array([key in held for key in wanted], np.bool_)

    def held_sightings(self, sightings: SightingBatch) -> NDArray[np.bool_]:
        """Which of `sightings` the log holds: camera, time and plate are the same; bool[n]."""
        if not len(sightings):
            return np.zeros(0, np.bool_)
        # what was stored of a message was stored after it came
        rows = self._connection.execute(
            "SELECT body FROM sightings WHERE at_ms >= ?", (int(sightings.received_ms.min()),)
        )
        held = {key for (body,) in rows for key in _sighting_keys(sighting.decode(body))}
        return np.array([key in held for key in _sighting_keys(sightings)], np.bool_)


def _is_cut(topic: str, payload: bytes, size: int | None) -> bool:
    """Whether a letter is not there as a whole; `size` None = a store that did not note it."""
    is_short = len(payload) < PAYLOAD_KEPT if size is None else len(payload) == size
    return not is_short or len(topic) >= TEXT_KEPT


def _fix_keys(fixes: FixBatch, times: Int64) -> list[tuple[str, int, float, float]]:
    """What makes a fix the same fix, of those at one of `times`."""
    at = np.flatnonzero(np.isin(fixes.t_ms, times))
    columns = (c[at].tolist() for c in (fixes.vehicle, fixes.t_ms, fixes.lon, fixes.lat))
    return [(fixes.ids[v], t, lon, lat) for v, t, lon, lat in zip(*columns, strict=True)]


def _sighting_keys(seen: SightingBatch) -> list[tuple[str, int, str | None]]:
    return list(zip(seen.camera, seen.t_ms.tolist(), seen.plate, strict=True))

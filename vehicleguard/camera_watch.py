"""Cameras' health in a run: fed, kept, counted, and asked for the right time of sightings.

Called from the pipeline's thread.  It stands after the same sightings as the fleet's state, or a
little before, and then catches up; so a restart gives detection the same times as no restart.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import numpy as np
import structlog

from ingest.cameras.health import CameraHealth, Condition, straightened
from ingest.cameras.register import Cameras
from ingest.cameras.sqlite_cameras import SqliteCameraHealth
from ingest.dialects import Notice
from ingest.sighting import SightingBatch
from ingest.store.log import BlockLog
from vehicleguard.metrics import Metrics

log = structlog.get_logger(__name__)

_NAMED = 1_000  # cameras without a place that are told of by name, once each


def restored(
    store: SqliteCameraHealth, cameras: Cameras, blocks: BlockLog, sighted: int | None = None
) -> tuple[CameraHealth, int]:
    """The health kept in `store`, brought up to sightings `sighted` of the log (None = to all).

    Returns the number of the sightings that it stands after, too.
    """
    held, done = store.newest(), 0
    health = CameraHealth()
    if held is not None:
        try:
            health, done = CameraHealth.decode(held[1]), held[0]
        except ValueError as error:
            # the log holds what it was made of
            log.warning("health of cameras unreadable, learned anew", error=str(error))
    health.expect(cameras.ids)
    for number, seen in blocks.sightings_from(done + 1):
        if sighted is not None and number > sighted:
            break
        health.observe(seen)
        done = number
    return health, done


class CameraWatch:
    """The health of one run's cameras."""

    def __init__(
        self, cameras: Cameras, store: SqliteCameraHealth, blocks: BlockLog, metrics: Metrics
    ) -> None:
        self._cameras = cameras
        self._store = store
        self._blocks = blocks
        self._metrics = metrics
        self._named: set[str] = set()
        self.health, self._done = CameraHealth(), 0

    def begin(self, sighted: int) -> None:
        """Stand where the fleet's state stands: after sightings `sighted`."""
        self.health, self._done = restored(self._store, self._cameras, self._blocks, sighted)

    def look(self, number: int, seen: SightingBatch) -> SightingBatch:
        """Take sightings `number` of the log; the same with pass times put right."""
        if number <= self._done:
            return straightened(seen, self.health.offsets(seen))
        offset = self.health.observe(seen)
        self._done = number
        self._tell_unplaced(seen)
        self._metrics.straightened.inc(int(np.count_nonzero(offset)))
        return straightened(seen, offset)

    def told(self, notices: Sequence[Notice]) -> None:
        """Take what cameras said of themselves."""
        if notices:
            self.health.told(notices)

    def count(self, now_ms: int) -> None:
        """Judge all cameras, for the metrics."""
        counts = np.bincount(self.health.judge(now_ms), minlength=len(Condition))
        for condition in Condition:
            self._metrics.cameras.labels(condition.name.lower()).set(int(counts[condition]))

    def save(self) -> None:
        """Keep the state.  A disk that refuses costs a longer start, and no more."""
        try:
            self._store.save(self._done, self.health.encode())
        except sqlite3.OperationalError as error:
            log.warning("health of cameras not kept", error=str(error))

    def _tell_unplaced(self, seen: SightingBatch) -> None:
        """Count sightings of which nobody knows where they were made, and name their cameras."""
        nowhere = np.flatnonzero(np.isnan(seen.lon) | np.isnan(seen.lat)).tolist()
        lost = [seen.camera[at] for at in nowhere if seen.camera[at] not in self._cameras]
        self._metrics.unplaced.inc(len(lost))
        for camera in lost:
            if camera not in self._named and len(self._named) < _NAMED:
                self._named.add(camera)
                log.warning("camera without a place: reads kept, used for nothing", camera=camera)

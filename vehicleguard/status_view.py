"""How the run is doing, as the console shows it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from alerts.sqlite_ledger import SqliteLedger
from ingest.store.log import BlockLog
from vehicleguard.pipeline import Pipeline
from vehicleguard.pulse import Pulse

_CHINA = (73.0, 18.0, 135.0, 54.0)  # what a map shows that has nothing to draw


class StatusView:
    """`console.ports.Pipeline` over the figures of a run."""

    def __init__(
        self,
        pulse: Pulse,
        pipeline: Pipeline,
        ledger: SqliteLedger,
        blocks: BlockLog,
        *,
        version: str,
        simulated: bool,
        bounds: tuple[float, float, float, float] | None,
    ) -> None:
        self._pulse = pulse
        self._pipeline = pipeline
        self._ledger = ledger
        self._blocks = blocks
        self._fixed = {
            "started": time.time(),
            "version": version,
            "simulated": simulated,
            "bounds": list(bounds or _CHINA),
        }

    def status(self) -> Mapping[str, object]:
        """The `status` event."""
        return {
            **self._fixed,
            "now": time.time(),
            "vehicles": len(self._pipeline.fleet),
            "fixes_total": self._pulse.fixes,
            "fixes_per_s": self._pulse.fixes_per_s(),
            "rejects_total": self._pulse.rejects,
            "lag_ms": self._pulse.lag_ms,
            "broker": "up" if self._pulse.broker_up else "down",
            "open_incidents": self._ledger.open_by_level(),
        }

    def ready(self) -> tuple[bool, str]:
        """Whether fixes are being taken, and if not why."""
        return self._pulse.ready()

    def rejects(self, limit: int) -> Sequence[Mapping[str, object]]:
        """Newest dead letters."""
        return self._blocks.rejects(limit)

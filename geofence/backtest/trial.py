"""Both books over a share of a fleet: fences are matched and transitions found once where possible.

That is most of the work, and the same for two books over the same zones; what they raise is
cheap.  Nothing that a vehicle does changes what is raised of another, but for the clock that all of
them move on, so a fleet may be cut into shards of vehicles when each batch says how far the whole
fleet's clock was (`clock`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geofence.fences import Fences
from geofence.rules.evaluate import Evaluator
from geofence.rules.sweep.held import Moves
from geofence.watch import Presence, Watch
from ingest.fix import FixBatch

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Records = NDArray[np.void]


class Trial:
    """Two `Fences`; with the same zones and the same idea of a track, their watch is shared."""

    def __init__(self, before: Fences, after: Fences) -> None:
        self.before, self.after = before, after
        a, b = before.watch, after.watch
        self.watch: Watch | None = None
        if a.zones is b.zones and (a.tracking, a.believing) == (b.tracking, b.believing):
            crossed = before.compiled.crossed | after.compiled.crossed
            self.watch = Watch(a.zones, a.tracking, a.believing, crossed)

    def clock(self, batch: FixBatch, clock_ms: int) -> Int64:
        """How far the fleet's clock was before each fix, int64[n + 1] ms, and after the last.

        `batch` is all that came, `clock_ms` how far it was before (0 at first).
        """
        ticks = self.before.ticks(batch)
        if self.watch is None:
            ticks = np.maximum(ticks, self.after.ticks(batch))
        return np.maximum.accumulate(np.concatenate([[clock_ms], ticks]))

    def shard(self) -> Shard:
        """A share of the fleet, nothing heard of it yet."""
        return Shard(self)


class Shard:
    """What both books remember of a share of a fleet.  One thread at a time."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial
        if trial.watch is None:
            self._states = (trial.before.begin(), trial.after.begin())
            self._rules = (self._states[0].rules, self._states[1].rules)
            return
        self._presence = Presence.over(trial.watch.zones)
        self._rules = (Evaluator(trial.before.compiled), Evaluator(trial.after.compiled))

    def finish(self, ids: Sequence[str], clock_ms: int) -> tuple[Records, Records]:
        """What the two books raise when the whole fleet's clock ends at `clock_ms`, `ALERT`[k]."""
        before, after = (rules.hear(ids, clock_ms) for rules in self._rules)
        return before, after

    def advance(
        self, ids: Sequence[str], batch: FixBatch, vehicle: Int32, before_ms: Int64
    ) -> tuple[Any, Any]:
        """What the two books raise by `batch`, the shard's fixes, `ALERT`[k] each.

        `vehicle` int32[n] are the shard's own rows, named by `ids`; `before_ms` int64[n] is the
        fleet's clock before each (`Trial.clock`).
        """
        trial = self._trial
        if trial.watch is None:
            return (
                trial.before.advance(self._states[0], ids, batch, vehicle, before_ms),
                trial.after.advance(self._states[1], ids, batch, vehicle, before_ms),
            )
        one, other = (rules.concerned(ids, vehicle) for rules in self._rules)
        asked = np.flatnonzero(one | other)
        of_asked = batch if len(asked) == len(batch) else batch.take(asked)
        transitions, steps = trial.watch.advance(self._presence, of_asked, vehicle[asked])
        transitions["fix"] = asked[transitions["fix"]]
        fixes = trial.before.fixes(batch, vehicle, steps, before_ms, asked)
        moves = Moves.of(transitions)
        before, after = (rules.advance(ids, fixes, moves) for rules in self._rules)
        return before, after

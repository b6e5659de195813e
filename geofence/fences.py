"""Zones and the rules about them, from a batch of fixes to alerts: `watch` and `rules` in one call.

`Fences` is a rule book over a zone set, made ready; `FenceState` what is remembered of the fleet.
Another `Fences` may take a state over between any two batches: that is how zones are edited and
rules published while fixes come in.  Called by `streams.processor` and `geofence.backtest`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from geofence.rules.compile import CompiledRules
from geofence.rules.evaluate import Evaluator
from geofence.rules.state import Inside, RuleState
from geofence.rules.sweep.held import Fixes, Moves
from geofence.watch import Presence, TrackParameters, TransitionParameters, Watch, snapshot
from geofence.watch.track import event_times, ticks
from ingest.fix import FixBatch

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Records = NDArray[np.void]

VERSION = 1


class FenceStateError(ValueError):
    """The bytes are no state that this version can read."""


@dataclass
class FenceState:
    """Who is where, and what the rules remember of it."""

    presence: Presence
    rules: Evaluator

    def encode(self, rows: int) -> bytes:
        """The state of the first `rows` vehicles; equal states give equal bytes."""
        return msgspec.msgpack.encode(
            {
                "schema": "fence_state",
                "version": VERSION,
                "presence": snapshot.encode(self.presence, rows),
                "rules": self.rules.state.snapshot(),
            }
        )


class Fences:
    """The rules `compiled`, and the watch over their zones."""

    def __init__(
        self,
        compiled: CompiledRules,
        tracking: TrackParameters | None = None,
        believing: TransitionParameters | None = None,
    ) -> None:
        self.compiled = compiled
        self.watch = Watch(
            compiled.watched,
            tracking or TrackParameters(),
            believing or TransitionParameters(),
            compiled.crossed,
        )

    def begin(self) -> FenceState:
        """The state before the first fix."""
        return FenceState(Presence.over(self.watch.zones), Evaluator(self.compiled))

    def restore(self, data: bytes) -> FenceState:
        """The state that `FenceState.encode` wrote, by these rules or by others.

        Raises `FenceStateError`.
        """
        try:
            parts = _parts(data)
            presence = snapshot.decode(parts["presence"]).rebased(self.watch.zones)
            rules = RuleState.restore(parts["rules"], self.compiled)
            inside = Inside(*presence.inside())
            return FenceState(
                presence, Evaluator(self.compiled, rules.rebased(self.compiled, inside))
            )
        except (msgspec.DecodeError, KeyError, TypeError, ValueError) as error:
            msg = f"not a state of fences of version {VERSION}: {error}"
            raise FenceStateError(msg) from error

    def advance(
        self,
        state: FenceState,
        ids: Sequence[str],
        batch: FixBatch,
        vehicle: Int32,
        before_ms: Int64 | None = None,
    ) -> Records:
        """Advance `state` by `batch`, whose fixes are of rows `vehicle` int32[n]; the alerts.

        `ids` name all rows.  `before_ms` as in `sweep.held.Fixes`: where the batch is not all that
        came, the time that the rest had moved on to (`ticks`).  A state that other fences left is
        taken over first: nothing is lost, made up or told twice (`Presence.rebased`,
        `RuleState.rebased`).  Returns `ALERT`[k] in the order of the fixes that showed them.
        """
        if state.rules.compiled is not self.compiled:
            state.presence = state.presence.rebased(self.watch.zones)
            state.rules.offer(self.compiled, Inside(*state.presence.inside()))
        # where the others are nobody asks; they bring the time alone
        asked = np.flatnonzero(state.rules.concerned(ids, vehicle))
        if state.rules.is_adopting:
            rows = np.arange(min(len(ids), len(state.presence)))
            state.presence.forget(rows[~state.rules.concerned(ids, rows)])
        of_asked = batch if len(asked) == len(batch) else batch.take(asked)
        transitions, steps = self.watch.advance(state.presence, of_asked, vehicle[asked])
        transitions["fix"] = asked[transitions["fix"]]
        fixes = self.fixes(batch, vehicle, steps, before_ms, asked)
        return state.rules.advance(ids, fixes, Moves.of(transitions))

    def ticks(self, batch: FixBatch) -> Int64:
        """The event time that each fix moves the clock to, int64[n] ms; 0 for back-fill."""
        return ticks(batch, self.watch.tracking)

    def fixes(
        self,
        batch: FixBatch,
        vehicle: Int32,
        steps: Records,
        before_ms: Int64 | None = None,
        asked: Int64 | None = None,
    ) -> Fixes:
        """What the rules need of a batch of which the watch says `steps`.

        `asked` int64[len(steps)] are the positions of the fixes that it was asked about; all of
        them by default.
        """
        t_ms, live = batch.t_ms.copy(), np.zeros(len(batch), np.bool_)
        asked = np.arange(len(batch)) if asked is None else asked
        event_times(steps, asked, t_ms, live)
        before_ms = np.zeros(len(batch), np.int64) if before_ms is None else before_ms
        return Fixes(
            vehicle, t_ms, batch.lon, batch.lat, batch.speed_mps, live, self.ticks(batch), before_ms
        )


def _parts(data: bytes) -> dict[str, Any]:
    parts: dict[str, Any] = msgspec.msgpack.decode(data)
    if (parts["schema"], parts["version"]) != ("fence_state", VERSION):
        raise ValueError("another schema or version")
    return parts

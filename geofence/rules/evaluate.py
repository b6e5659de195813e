"""The one call: fixes and transitions in, alerts out.

`Evaluator` holds the book in use and the state; a new book is compiled elsewhere, offered, and
taken up between two batches.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geofence.rules.compile import CompiledRules
from geofence.rules.schedule import DAY_MS
from geofence.rules.state import Inside, RuleState
from geofence.rules.sweep import sweep
from geofence.rules.sweep.held import ALERT, Count, Fixes, Moves
from geofence.watch.transition import TRANSITION

Bool = NDArray[np.bool_]
Integers = NDArray[np.integer[Any]]
Records = NDArray[np.void]


class Evaluator:
    """A book in use, and what it remembers.

    One thread calls `advance`; `offer` may be called from any.  `state` may be handed in from a
    snapshot (`RuleState.restore`).
    """

    def __init__(self, compiled: CompiledRules, state: RuleState | None = None) -> None:
        self._lock = threading.Lock()
        self._adopting = False
        self._of_class: Bool = np.zeros(0, np.bool_)
        self._offered: tuple[CompiledRules, Inside | None] | None = None
        self._use(state or RuleState(compiled))

    @property
    def compiled(self) -> CompiledRules:
        """The book in use."""
        return self._state.compiled

    @property
    def state(self) -> RuleState:
        """What it remembers; do not change it."""
        return self._state

    def offer(self, compiled: CompiledRules, inside: Inside | None = None) -> None:
        """Have the next `advance` begin with another book; the newest offer wins.

        `inside` as for `RuleState.rebased`.  The moves of that batch mean zones of the new book:
        where the zones differ, swap those in the same place.
        """
        with self._lock:
            self._offered = (compiled, inside)

    def advance(self, ids: Sequence[str], fixes: Fixes, moves: Moves) -> Records:
        """The alerts that a batch raises, `ALERT`[k], in the order of the fixes that showed them.

        `ids` name all vehicle rows, in order; rows of earlier calls keep their meaning.  `moves`
        are about `compiled.watched`.  Nothing but the order of the fixes matters: cutting a batch
        anywhere gives the same alerts (but for `fix`, which counts from the batch's first).
        Raises `ValueError` when `ids` are fewer than before.
        """
        self._take_up(ids)
        self._state.make_room(len(ids))
        clock_ms = self._state.clock_ms
        seen = np.concatenate([fixes.tick_ms, fixes.before_ms[-1:], moves.t_ms, [clock_ms]])
        seen = seen[seen > 0] if (seen > 0).any() else seen
        book = self.compiled.arrays(int(seen.min()) - DAY_MS, int(seen.max()) + DAY_MS)
        held = self._state.held
        if self._adopting:
            rows = np.arange(self._state.rows)
            self._state.forget(rows[~self.concerned(ids, rows)])
            while not sweep.rebuild(book, held, self._classes.of_row, self._classes.bits):
                held = self._state.make_more_room()
            sweep.forget_untrue(book, held, np.empty(book.kind_bits.shape[1], np.uint64))
            self._adopting = False
        held.counts[Count.ALERTS] = 0
        classes = self._classes
        while not sweep.advance(book, held, classes.of_row, classes.bits, fixes, moves):
            held = self._state.make_more_room()
        return held.alerts[: held.counts[Count.ALERTS]].copy()

    def concerned(self, ids: Sequence[str], vehicle: Integers) -> Bool:
        """Whether any rule in use is about each of the rows `vehicle` int[n], bool[n].

        What became of the others need not be told: no rule asks.  `ids` as for `advance`; an
        offered book is taken up first.
        """
        self._take_up(ids)
        bits = self._classes.bits
        if len(self._of_class) != len(bits):
            self._of_class = self.compiled.is_about(bits)
        return self._of_class[self._classes.of_row[vehicle]]

    @property
    def is_adopting(self) -> bool:
        """Whether the state came from another book or a snapshot, and no fix since."""
        return self._adopting

    def _take_up(self, ids: Sequence[str]) -> None:
        with self._lock:
            offered, self._offered = self._offered, None
        if offered is not None:
            self._use(self._state.rebased(*offered))
        if len(ids) < self._state.rows:
            msg = f"ids: expected the {self._state.rows} vehicles known so far, got {len(ids)}"
            raise ValueError(msg)
        self._classes.extend(ids)

    def hear(self, ids: Sequence[str], clock_ms: int) -> Records:
        """The alerts that time alone raises when the clock moves on to `clock_ms` elsewhere."""
        if not len(ids):
            return np.empty(0, ALERT)
        nan, zero = np.full(1, np.nan), np.zeros(1, np.int64)
        unknown, dead = nan.astype(np.float32), np.zeros(1, np.bool_)
        before_ms = np.full(1, clock_ms, np.int64)
        fixes = Fixes(np.zeros(1, np.int32), zero, nan, nan, unknown, dead, zero, before_ms)
        return self.advance(ids, fixes, Moves.of(np.empty(0, TRANSITION)))

    def _use(self, state: RuleState) -> None:
        self._state = state
        self._classes = state.compiled.classes()
        self._of_class = np.zeros(0, np.bool_)
        # what follows from a state that came from elsewhere is worked out when the ids are known
        self._adopting = state.rows > 0


def alert_columns(alerts: Records) -> dict[str, NDArray[Any]]:
    """`ALERT`[k] as named columns."""
    return {name: alerts[name] for name in ALERT.names or () if name != "none"}

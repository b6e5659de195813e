"""Which alerts are gained, lost or unchanged between two books, one by one and counted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Int64 = NDArray[np.int64]
Records = NDArray[np.void]


class Outcome(IntEnum):
    """What becomes of an alert when the new book takes the old one's place."""

    UNCHANGED = 0
    SHIFTED = 1
    """Raised by both, at another time: a dwell that is longer now, a window that opens later."""
    GAINED = 2
    LOST = 3


@dataclass(frozen=True, eq=False)
class Comparison:
    """Every alert of two books, paired where both raised it.

    * `before`, `after`: `TOLD`[p] and `TOLD`[q].
    * `outcome` `Outcome`[k], uint8; `old`, `new` int64[k]: the alert's place in `before` and
      `after`, -1 where that book did not raise it.  Ordered by time.
    """

    before: Records
    after: Records
    outcome: NDArray[np.uint8]
    old: Int64
    new: Int64

    def __len__(self) -> int:
        return len(self.outcome)

    @property
    def alerts(self) -> Records:
        """`TOLD`[k]: each as the new book raised it, a lost one as the old did."""
        out = np.zeros(len(self), self.before.dtype)
        lost = self.new < 0
        out[lost] = self.before[self.old[lost]]
        out[~lost] = self.after[self.new[~lost]]
        return out

    @property
    def shift_ms(self) -> Int64:
        """How much later the new book raises each, ms; 0 for what one of them does not raise."""
        both = (self.old >= 0) & (self.new >= 0)
        out = np.zeros(len(self), np.int64)
        out[both] = self.after["t_ms"][self.new[both]] - self.before["t_ms"][self.old[both]]
        return out

    def counts(self, *by: str) -> tuple[NDArray[np.int32], Int64]:
        """How many of each outcome, by some of `rule`, `zone`, `vehicle`.

        Returns the keys that occur, int32[k, len(by)] in their order, and int64[k, 4], a column an
        `Outcome`.
        """
        alerts = self.alerts
        columns = [alerts[name] for name in by] or [np.zeros(len(self), np.int32)]
        keys, at = np.unique(np.column_stack(columns), axis=0, return_inverse=True)
        cells = at.reshape(-1) * len(Outcome) + self.outcome
        counted = np.bincount(cells, minlength=len(keys) * len(Outcome))
        return keys[:, : len(by)], counted.reshape(len(keys), len(Outcome)).astype(np.int64)


def compare(before: Records, after: Records, tolerance_s: float = 900.0) -> Comparison:
    """Pair the alerts of two books, `TOLD`[p] and `TOLD`[q] in their order (`Told.ordered`).

    An alert is unchanged when both raise it for the same rule, vehicle and zone at the same time.
    Of the others, two of the same rule, vehicle and zone are one that is shifted when each is the
    other's nearest in time and they are no more than `tolerance_s` apart.
    """
    moment, t_ms = _moments(before, after)
    p = len(before)
    same = np.full(p, -1, np.int64)
    nth = _with_repeats(moment[:p]), _with_repeats(moment[p:])
    _, at, there = np.intersect1d(*_numbered(*nth), return_indices=True)
    same[at] = there
    taken = np.zeros(len(after), np.bool_)
    taken[there] = True
    left, free = np.flatnonzero(same < 0), np.flatnonzero(~taken)
    old = moment[:p][left], t_ms[:p][left]
    new_ones = moment[p:][free], t_ms[p:][free]
    near = _nearest(old, new_ones, tolerance_s)
    back = _nearest(new_ones, old, tolerance_s)
    mutual = np.flatnonzero(near >= 0)
    mutual = mutual[back[near[mutual]] == mutual]
    shifted = np.full(p, -1, np.int64)
    shifted[left[mutual]] = free[near[mutual]]
    taken[free[near[mutual]]] = True
    new = np.where(same >= 0, same, shifted)
    gained = np.flatnonzero(~taken)
    outcome = np.where(
        same >= 0, Outcome.UNCHANGED, np.where(shifted >= 0, Outcome.SHIFTED, Outcome.LOST)
    )
    out_old = np.concatenate([np.arange(p), np.full(len(gained), -1)])
    out_new = np.concatenate([new, gained])
    out = np.concatenate([outcome, np.full(len(gained), Outcome.GAINED)]).astype(np.uint8)
    told = Comparison(before, after, out, out_old, out_new).alerts
    order = np.lexsort((out, told["zone"], told["rule"], told["vehicle"], told["t_ms"]))
    return Comparison(before, after, out[order], out_old[order], out_new[order])


def _moments(before: Records, after: Records) -> tuple[NDArray[np.int64], Int64]:
    """(what it is about, when), numbered in that order, int64[p + q, 2], and when, ms."""
    both = np.concatenate([before, after])
    names = np.column_stack([both["rule"], both["vehicle"], both["zone"]])
    _, subject = np.unique(names, axis=0, return_inverse=True)
    t_ms: Int64 = both["t_ms"]
    _, rank = np.unique(t_ms, return_inverse=True)
    return np.column_stack([subject.reshape(-1), rank.reshape(-1)]).astype(np.int64), t_ms


def _with_repeats(moment: Int64) -> Int64:
    """A third column for what is told twice of one moment: int64[n, 3], no row twice."""
    order = np.lexsort((moment[:, 1], moment[:, 0]))
    own = moment[order]
    fresh = np.ones(len(own), np.bool_)
    fresh[1:] = (own[1:] != own[:-1]).any(axis=1)
    begin = np.maximum.accumulate(np.where(fresh, np.arange(len(own)), 0))
    nth = np.empty(len(own), np.int64)
    nth[order] = np.arange(len(own)) - begin
    return np.column_stack([moment, nth])


def _numbered(rows: Int64, other: Int64) -> tuple[Int64, Int64]:
    """A number for each row, the same for equal rows of both."""
    _, number = np.unique(np.concatenate([rows, other]), axis=0, return_inverse=True)
    number = number.reshape(-1)
    return number[: len(rows)], number[len(rows) :]


def _nearest(asked: tuple[Int64, Int64], held: tuple[Int64, Int64], tolerance_s: float) -> Int64:
    """Which of the held is nearest in time to each asked, of the same subject; -1 = none near.

    Both are (moments int64[n, 2], times ms); of two as near it is the earlier.
    """
    (moment, t_ms), (other, other_ms) = asked, held
    out = np.full(len(moment), -1, np.int64)
    if not len(moment) or not len(other):
        return out
    span = int(max(moment[:, 1].max(), other[:, 1].max())) + 1
    keys, key = other[:, 0] * span + other[:, 1], moment[:, 0] * span + moment[:, 1]
    order = np.argsort(keys, kind="stable")
    after = np.searchsorted(keys[order], key)
    best = np.full(len(moment), np.iinfo(np.int64).max)
    for side in (after - 1, after):
        spot = np.clip(side, 0, len(order) - 1)
        there = order[spot]
        far = np.abs(other_ms[there] - t_ms)
        fits = (spot == side) & (other[there, 0] == moment[:, 0])
        fits &= (far < best) & (far <= tolerance_s * 1000)
        out[fits], best[fits] = there[fits], far[fits]
    return out

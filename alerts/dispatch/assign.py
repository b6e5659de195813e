"""Who goes where when several want somebody at once: the assignment problem.

Solved as a whole (`scipy.optimize.linear_sum_assignment`, a shortest augmenting path algorithm by
Crouse, 2016), not one incident after the other: the nearest unit of the first may be the only one
of the second.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from scipy.optimize import linear_sum_assignment


def assign(cost: Sequence[Sequence[float]], weight: Sequence[int]) -> list[int | None]:
    """The column of each row, each column for one row at most; None for a row that gets none.

    `cost[i][j]` is not negative, infinite where j cannot do for i; `weight[i]`, 1 or more, is how
    much it matters that row i gets one.  The rows that get one weigh as much together as can be,
    and of all such choices it is one that costs least.
    """
    rows = len(cost)
    finite = [value for row in cost for value in row if math.isfinite(value)]
    if not finite:
        return [None] * rows
    columns = len(cost[0])
    # one more row served is worth more than all that the others could cost
    none = [(1 + (rows + 1) * max(finite)) * one for one in weight]
    full = [[*row, *([none[n]] * rows)] for n, row in enumerate(cost)]
    at, found = linear_sum_assignment(full)
    out: list[int | None] = [None] * rows
    for row, column in zip(at.tolist(), found.tolist(), strict=True):
        out[row] = column if column < columns else None
    return out

"""The assignment is the best there is: every other one was tried."""

from __future__ import annotations

import itertools
import math

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.dispatch.assign import assign

costs = st.integers(0, 4).flatmap(
    lambda columns: st.lists(
        st.lists(
            st.one_of(st.just(math.inf), st.integers(0, 50).map(float)),
            min_size=columns,
            max_size=columns,
        ),
        min_size=1,
        max_size=4,
    )
)


def value(
    cost: list[list[float]], weight: list[int], taken: tuple[int | None, ...]
) -> tuple[int, float]:
    """Weights without a column, then costs: less is better."""
    none = sum(one for one, column in zip(weight, taken, strict=True) if column is None)
    paid = sum(cost[row][column] for row, column in enumerate(taken) if column is not None)
    return none, paid


@settings(deadline=None)
@given(costs, st.data())
def test_no_other_assignment_serves_more_or_costs_less(
    cost: list[list[float]], data: st.DataObject
) -> None:
    weight = data.draw(st.lists(st.integers(1, 9), min_size=len(cost), max_size=len(cost)))
    taken = assign(cost, weight)
    used = [column for column in taken if column is not None]
    assert len(used) == len(set(used))
    columns: list[int | None] = [None, *range(len(cost[0]))]
    every = [
        ways
        for ways in itertools.product(columns, repeat=len(cost))
        if len({w for w in ways if w is not None}) == sum(w is not None for w in ways)
        and not math.isinf(value(cost, weight, ways)[1])
    ]
    assert value(cost, weight, tuple(taken)) == min(value(cost, weight, ways) for ways in every)


def test_with_nobody_at_all_everybody_gets_none() -> None:
    assert assign([[], []], [1, 1]) == [None, None]
    assert assign([[math.inf], [math.inf]], [1, 1]) == [None, None]

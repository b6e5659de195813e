"""Pairing of alerts against a slow reading of its definition, and its counts."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from geofence.backtest import TOLD, Outcome, Told, compare

ALERT = st.tuples(
    st.integers(0, 40), st.integers(0, 1), st.integers(0, 1), st.integers(-1, 1)
)  # seconds, rule, vehicle, zone


def told(alerts: list[tuple]) -> np.ndarray:
    out = np.zeros(len(alerts), TOLD)
    for n, (t, rule, vehicle, zone) in enumerate(alerts):
        out[n]["t_ms"], out[n]["rule"], out[n]["vehicle"], out[n]["zone"] = (
            1000 * t, rule, vehicle, zone,
        )  # fmt: skip
    held = Told([out])
    return held.ordered()


def slow(before: list[tuple], after: list[tuple], tolerance: int) -> Counter:
    """Outcomes by alert, as the docstring of `compare` defines them."""
    out: Counter = Counter()
    left, free = Counter(before), Counter(after)
    for one in list((left & free).elements()):
        left[one] -= 1
        free[one] -= 1
        out[(Outcome.UNCHANGED, one)] += 1

    def nearest(one: tuple, among: Counter) -> tuple | None:
        own = [a for a in among.elements() if a[1:] == one[1:] and abs(a[0] - one[0]) <= tolerance]
        return min(own, key=lambda a: (abs(a[0] - one[0]), a[0]), default=None)

    pairs = []
    for one in sorted(set(left.elements())):
        other = nearest(one, free)
        if other is not None and nearest(other, left) == one:
            pairs.append((one, other))
    for one, other in pairs:
        left[one] -= 1
        free[other] -= 1
        out[(Outcome.SHIFTED, other)] += 1
    for one in left.elements():
        out[(Outcome.LOST, one)] += 1
    for one in free.elements():
        out[(Outcome.GAINED, one)] += 1
    return out


@given(st.lists(ALERT, max_size=25), st.lists(ALERT, max_size=25), st.integers(0, 15))
def test_every_alert_has_the_outcome_that_is_defined(
    before: list[tuple], after: list[tuple], tolerance: int
) -> None:
    found = compare(told(before), told(after), tolerance)
    alerts = found.alerts
    got = Counter(
        (
            Outcome(outcome),
            (int(a["t_ms"]) // 1000, int(a["rule"]), int(a["vehicle"]), int(a["zone"])),
        )
        for outcome, a in zip(found.outcome, alerts, strict=True)
    )
    assert got == slow(before, after, tolerance)
    assert sorted(found.old[found.old >= 0]) == list(range(len(before)))
    assert sorted(found.new[found.new >= 0]) == list(range(len(after)))
    assert (np.diff(alerts["t_ms"]) >= 0).all()
    keys, counts = found.counts("rule", "zone")
    assert counts.sum() == len(found)
    for (rule, zone), row in zip(keys.tolist(), counts.tolist(), strict=True):
        mine = (alerts["rule"] == rule) & (alerts["zone"] == zone)
        assert row == np.bincount(found.outcome[mine], minlength=4).tolist()


def test_counts_of_nothing_are_nothing() -> None:
    keys, counts = compare(told([]), told([])).counts("rule")
    assert keys.shape == (0, 1)
    assert counts.shape == (0, 4)

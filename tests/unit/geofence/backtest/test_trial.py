"""A trial raises what the fences raise, however the fixes are cut by time and by vehicle."""

from __future__ import annotations

import numpy as np
import pytest

from geofence import ZoneSet
from geofence.backtest import TOLD, Outcome, Told, Trial, compare
from geofence.fences import Fences
from geofence.rules.book import RuleBook
from ingest.fix import FixBatch
from tests.unit.geofence.backtest.fleet import AFTER, BEFORE, ZONES, book, fences, wandering

Records = np.ndarray
NOBODY = np.arange(1000, dtype=np.int32)


def whole(one: Fences, batch: FixBatch) -> Records:
    """What the fences raise of a fleet at once."""
    told = Told()
    alerts = one.advance(one.begin(), batch.ids, batch, batch.vehicle)
    told.add(alerts, NOBODY, NOBODY, NOBODY)
    return told.ordered()


def trial_of(pair: list[Fences], batch: FixBatch, shards: int, cuts: list[int]) -> list[Records]:
    """What a trial raises of the same fleet, in shards and batches."""
    trial, clock_ms = Trial(*pair), 0
    told = [Told(), Told()]
    held = [trial.shard() for _ in range(shards)]

    def rows(n: int) -> np.ndarray:
        return np.arange(n, len(batch.ids), shards, dtype=np.int32)

    def names(n: int) -> list[str]:
        return [batch.ids[row] for row in rows(n)]

    for begin, end in zip([0, *cuts], [*cuts, len(batch)], strict=True):
        part = batch.take(slice(begin, end))
        clock = trial.clock(part, clock_ms)
        for n, shard in enumerate(held):
            mine = np.flatnonzero(part.vehicle % shards == n)
            vehicle = (part.vehicle[mine] // shards).astype(np.int32)
            raised = shard.advance(names(n), part.take(mine), vehicle, clock[mine])
            for alerts, side in zip(raised, told, strict=True):
                side.add(alerts, NOBODY, rows(n), NOBODY)
        clock_ms = int(clock[-1])
    for n, shard in enumerate(held):
        for alerts, side in zip(shard.finish(names(n), clock_ms), told, strict=True):
            side.add(alerts, NOBODY, rows(n), NOBODY)
    return [side.ordered() for side in told]


@pytest.mark.parametrize("seed", range(4))
def test_shards_and_cuts_change_nothing(seed: int) -> None:
    batch, pair = wandering(seed), fences(book(BEFORE), book(AFTER))
    expected = [whole(one, batch) for one in pair]
    raised = [len(np.unique(found["rule"])) for found in expected]
    assert raised >= [7, 5]  # or little would be shown
    for shards, cuts in ((1, []), (1, [7, 1000]), (3, [500, 501, 3999]), (12, [2000])):
        for found, wanted in zip(trial_of(pair, batch, shards, cuts), expected, strict=True):
            assert found.tobytes() == wanted.tobytes()  # NaN is not equal to itself


def test_rules_over_other_zones_are_tried_all_the_same() -> None:
    batch = wandering(5)
    other = ZoneSet(ZONES.zones[:5])
    pair = [*fences(book(BEFORE)), *fences(book(BEFORE), zones=other)]
    expected = [whole(one, batch) for one in pair]
    for found, wanted in zip(trial_of(pair, batch, 3, [1234]), expected, strict=True):
        assert found.tobytes() == wanted.tobytes()  # NaN is not equal to itself


def test_the_same_rules_change_nothing() -> None:
    batch, pair = wandering(6), fences(book(BEFORE), book(BEFORE))
    found = compare(*trial_of(pair, batch, 2, []))
    assert len(found)
    assert set(found.outcome) == {Outcome.UNCHANGED}


def test_a_longer_dwell_shifts_alerts_and_loses_the_short_stays() -> None:
    batch = wandering(7)
    stay = next(rule for rule in BEFORE if rule["id"] == "stay")
    pair = fences(book((stay,)), book(({**stay, "dwell_s": 400},)))
    before, after = trial_of(pair, batch, 2, [])
    found = compare(before, after)
    shifted = found.outcome == Outcome.SHIFTED
    assert shifted.any()
    assert set(found.shift_ms[shifted]) == {100_000}
    assert (found.outcome == Outcome.LOST).sum() == len(before) - len(after) > 0
    assert not (found.outcome == Outcome.GAINED).any()


def test_no_rules_raise_nothing() -> None:
    pair = fences(RuleBook(), RuleBook())
    for found in trial_of(pair, wandering(8), 2, [10]):
        assert found.dtype == TOLD
        assert not len(found)

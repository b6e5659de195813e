from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from vehicleguard.evaluate import carriers
from vehicleguard.evaluate.carriers import Carriers
from vehicleguard.evaluate.fixes import Fixes
from vehicleguard.evaluate.noise import ASLEEP_S
from vehicleguard.evaluate.terminal import ARMING, AS_RECORDED, RESTS_S, Terminal, resting
from vehicleguard.evaluate.theft import thefts


@pytest.fixture(scope="module")
def sample() -> Carriers:
    return carriers.load(None, "held")


def a_stay() -> Fixes:
    t = 1_790_000_000.0 + np.arange(150) * 60.0
    return Fixes.at(t, 112.0 + np.arange(150) * 1e-6, np.full(150, 28.0))


def told_every(rests_s: float) -> Fixes:
    rng = np.random.default_rng(3)
    terminal = Terminal.draw(rng, 0).but(rests_s=rests_s)
    return resting(a_stay(), terminal, rng)


def test_a_stay_as_recorded_is_left_alone() -> None:
    told = told_every(AS_RECORDED)
    assert np.array_equal(told.t, a_stay().t)
    assert np.array_equal(told.lon, a_stay().lon)


@pytest.mark.parametrize("rests_s", sorted(set(RESTS_S) - {AS_RECORDED}))
def test_a_stay_is_told_in_the_terminals_own_rhythm_up_to_its_last_moment(rests_s: float) -> None:
    told, stay = told_every(rests_s), a_stay()
    assert told.t[-1] == stay.t[-1]
    assert np.diff(told.t) == pytest.approx(rests_s, rel=0.03)
    assert set(told.lon) <= set(stay.lon)


def test_a_terminal_asleep_has_a_day_of_its_habit_before_a_theft() -> None:
    told = told_every(ASLEEP_S)
    assert told.t[-1] - told.t[0] >= 0.99 * 86_400


def test_every_rhythm_meets_every_arming() -> None:
    rng = np.random.default_rng(0)
    drawn = [Terminal.draw(rng, n) for n in range(len(ARMING) * len(RESTS_S))]
    met = Counter((one.arming, one.rests_s) for one in drawn)
    assert set(met) == {(arming, rests_s) for arming in ARMING for rests_s in RESTS_S}


def test_a_tracker_asleep_is_stolen_within_its_silence(sample: Carriers) -> None:
    each = len(ARMING) * len(RESTS_S)
    made = thefts(sample, each, np.random.default_rng(1))
    asleep = [c for c in made if c.kind == "drive_off" and c.terminal.rests_s == ASLEEP_S]
    assert len(asleep) == len(ARMING)
    for case in asleep:
        before = case.fixes.t[case.fixes.t < case.theft_t]
        assert np.diff(before).min() > 0.9 * ASLEEP_S
        assert case.theft_t - before[-1] < ASLEEP_S

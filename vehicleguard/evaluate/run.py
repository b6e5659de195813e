"""One evaluation: cases made of carriers, run through the core, and held against the truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ingest.fix import FixBatch
from streams.rules import Rules
from vehicleguard.evaluate import carriers
from vehicleguard.evaluate.aims import Aim, aims_of
from vehicleguard.evaluate.carriers import Carriers
from vehicleguard.evaluate.case import Case, batch_of
from vehicleguard.evaluate.negative import negatives
from vehicleguard.evaluate.score import Scores, score
from vehicleguard.evaluate.sweep import Sweep, sweep
from vehicleguard.evaluate.theft import thefts
from vehicleguard.replay import Outcome, replay

FEW_PARKED, FEW_WAYS = 100, 1000
"""Fewer carriers than these say little of the noise there is."""


@dataclass(frozen=True)
class Asked:
    """What is to be evaluated: `half` is tune, held or all, `each` the cases a kind.

    `folder` holds the traces (None: the shipped buses).
    """

    folder: Path | None
    half: str = "held"
    seed: int = 1
    each: int = 40


@dataclass(frozen=True, eq=False)
class Made:
    """The cases, and all their fixes in order of arrival."""

    asked: Asked
    carriers: Carriers
    cases: list[Case]
    ids: list[str]
    batch: FixBatch

    @property
    def is_small(self) -> bool:
        """Whether there are too few carriers for the figures to say much."""
        return len(self.carriers.parked) < FEW_PARKED or len(self.carriers.ways) < FEW_WAYS


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What was made, what detection said of it, and what that is worth.

    `yellow_from` and `red_from` are the thresholds of the score that it ran with.
    """

    made: Made
    outcome: Outcome
    scores: Scores
    sweep: Sweep
    aims: list[Aim]
    yellow_from: float
    red_from: float


def make(asked: Asked) -> Made:
    """The cases that are asked for; the same ones each time.  Raises `carriers.CarrierError`."""
    held = carriers.load(asked.folder, asked.half)
    rng = np.random.default_rng(asked.seed)
    cases = thefts(held, asked.each, rng) + negatives(held, asked.each, rng)
    batch, ids = batch_of(cases)
    return Made(asked, held, cases, ids, batch)


def evaluate(
    made: Made, rules: Rules, advanced: Callable[[int], None] = lambda _: None
) -> Evaluation:
    """Run the cases through detection; `advanced` is told how many more fixes are done."""
    outcome = replay(made.batch, rules, advanced)
    scores = score(made.cases, made.ids, outcome.incidents)
    swept = sweep(made.cases, made.ids, outcome.signals)
    table = rules.thresholds.fusion
    return Evaluation(made, outcome, scores, swept, aims_of(scores), table.yellow, table.red)

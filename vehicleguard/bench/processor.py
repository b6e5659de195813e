"""Detection alone, on one thread, under a city's zones and rules: how fast, and where time goes."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from geofence.fences import FenceState
from streams.processor import Processor
from streams.state import FleetState
from vehicleguard.bench.fleet import WATCHED, Fleet, rules_over
from vehicleguard.bench.stages import timed_stages

TRICKLE = (1, 100)
"""Fixes of a batch when few come, which is asked to take a millisecond at most."""
BLOCKS = (8_192, 65_536)
_FIRST = 65_536  # fixes of a batch while the fleet becomes known
_LAPS_OF_THEFT = 3
_MOST_OF_THEFT = 100_000  # vehicles


class Size(NamedTuple):
    """What to measure on; each round is of about `seconds` of this thread.

    The rules are about one vehicle in `WATCHED`, and with the first of `fleets` about all, too.
    """

    fleets: tuple[int, ...]
    zones: int
    rules: int
    thefts: int
    seconds: float
    rounds: int


WHOLE = Size((30_000, 10_000_000), 10_000, 1_000, 1_000, 0.5, 5)
QUICK = Size((1_000,), 100, 20, 50, 0.02, 1)


@dataclass(frozen=True)
class Speed:
    """Medians over the rounds, for one batch size.

    `fixes_per_s` and `ms_per_batch` are by the clock on the wall, `fixes_per_core_s` and
    `core_ms_per_batch` by the processor's time of this thread.
    """

    size: int
    fixes_per_s: float
    fixes_per_core_s: float
    ms_per_batch: float
    core_ms_per_batch: float


@dataclass(frozen=True)
class Thefts:
    """Medians of nanoseconds of this thread a fix: as ever, and with so many thefts at once."""

    count: int
    quiet_ns: float
    stolen_ns: float
    words_ns: float
    signals: float


@dataclass(frozen=True)
class Detection:
    """What was measured for a fleet, one in `watched` of which is one that rules are about.

    `stages` are ns of this thread a fix, in batches of the first of `BLOCKS`; `state_bytes` is what
    a vehicle takes in the detectors' state, and `fence_bytes` what it takes in that of the rules.
    Thefts are left out (None) where a lap is so long that they are lost in it.
    """

    vehicles: int
    watched: int
    speeds: list[Speed]
    stages: dict[str, float]
    state_bytes: float
    fence_bytes: float
    signals_per_fix: float
    thefts: Thefts | None


@dataclass
class _Run:
    """A fleet that is known, what is remembered of it, and the rules that it is under."""

    fleet: Fleet
    processor: Processor
    state: FleetState
    signals: int = 0
    fixes: int = 0

    def take(self, size: int) -> tuple[float, float]:
        """Take one batch; seconds on the wall, and of this thread."""
        batch = self.fleet.batch(size)
        began, cpu = time.perf_counter(), time.thread_time()
        signals = self.processor.step(batch, self.state)
        spent, cpu = time.perf_counter() - began, time.thread_time() - cpu
        self.signals += len(signals)
        self.fixes += size
        return spent, cpu


def measure(size: Size, said: Callable[[str], None] = lambda _: None) -> list[Detection]:
    """Every fleet of `size`, one after the other."""
    return list(_fleets(size, said))


def _fleets(size: Size, said: Callable[[str], None]) -> Iterator[Detection]:
    asked = [(vehicles, WATCHED) for vehicles in size.fleets]
    for vehicles, one_in in [asked[0], (size.fleets[0], 1), *asked[1:]]:
        said(f"processor: {size.zones:,} zones, {size.rules:,} rules")
        yield _measure(vehicles, one_in, size, said)


def _measure(vehicles: int, one_in: int, size: Size, said: Callable[[str], None]) -> Detection:
    said(f"processor: {vehicles:,} vehicles become known")
    rules = rules_over(vehicles, size.zones, size.rules, one_in)
    run = _Run(Fleet(vehicles), Processor(rules), FleetState(vehicles))
    for batch in run.fleet.first_laps(min(_FIRST, vehicles // 4)):
        run.processor.step(batch, run.state)
    # a lap of what comes every 30 s, but no more than a moment's of a large fleet
    for _ in range(min(vehicles, 10 * _FIRST) // BLOCKS[0] + 1):
        run.take(BLOCKS[0])
    run.signals = run.fixes = 0
    took: dict[int, list[tuple[float, float]]] = {n: [] for n in (*TRICKLE, *BLOCKS)}
    for number in range(size.rounds):
        for fixes, rounds in took.items():
            said(f"processor: {vehicles:,} vehicles, round {number + 1}, batches of {fixes:,}")
            rounds.append(_round(run, fixes, size.seconds))
    signals_per_fix = run.signals / run.fixes
    said(f"processor: {vehicles:,} vehicles, where the time goes")
    stages = _stages(run, size.rounds * size.seconds)
    said(f"processor: {vehicles:,} vehicles, thefts")
    fences = run.state.fences
    return Detection(
        vehicles=vehicles,
        watched=one_in,
        speeds=[_speed(fixes, rounds) for fixes, rounds in took.items()],
        stages=stages,
        state_bytes=run.state.nbytes / vehicles,
        fence_bytes=_nbytes(fences) / vehicles if isinstance(fences, FenceState) else 0.0,
        signals_per_fix=signals_per_fix,
        thefts=_thefts(run, size.thefts, size.rounds) if vehicles <= _MOST_OF_THEFT else None,
    )


def _round(run: _Run, fixes: int, seconds: float) -> tuple[float, float]:
    """Seconds a batch on the wall and of this thread, means over about `seconds`."""
    batches, spent, cpu = 0, 0.0, 0.0
    while cpu < seconds or batches == 0:
        wall, own = run.take(fixes)
        batches, spent, cpu = batches + 1, spent + wall, cpu + own
    return spent / batches, cpu / batches


def _speed(fixes: int, rounds: list[tuple[float, float]]) -> Speed:
    wall, own = (statistics.median(column) for column in zip(*rounds, strict=True))
    return Speed(fixes, fixes / wall, fixes / own, wall * 1000, own * 1000)


def _stages(run: _Run, seconds: float) -> dict[str, float]:
    before, spent = run.fixes, 0.0
    with timed_stages() as clock:
        while spent < seconds:
            spent += run.take(BLOCKS[0])[1]
    return {name: took / (run.fixes - before) * 1e9 for name, took in clock.seconds.items()}


def _thefts(run: _Run, count: int, rounds: int) -> Thefts:
    """So many vehicles driven off at once, and the laps that show it beside as many without."""
    laps = _LAPS_OF_THEFT * run.fleet.vehicles
    quiet, stolen, words, signals = [], [], [], []
    for _ in range(rounds):
        quiet.append(_take_all(run, laps)[0])
        before = run.signals
        run.fleet.drive_off(count)
        took, in_words = _take_all(run, laps)
        stolen.append(took)
        words.append(in_words)
        signals.append(run.signals - before)
    middle = statistics.median
    return Thefts(count, middle(quiet), middle(stolen), middle(words), middle(signals))


def _take_all(run: _Run, fixes: int) -> tuple[float, float]:
    """Nanoseconds of this thread a fix, all and those of wording signals."""
    spent, left = 0.0, fixes
    with timed_stages() as clock:
        while left > 0:
            spent += run.take(min(left, BLOCKS[0]))[1]
            left -= BLOCKS[0]
    return spent / fixes * 1e9, clock.seconds["signals in words"] / fixes * 1e9


def _nbytes(fences: FenceState) -> int:
    held = fences.rules.state.held
    presence = fences.presence
    arrays = (presence.tracks, presence.visitors, presence.entries, *held)
    return sum(array.nbytes for array in arrays)

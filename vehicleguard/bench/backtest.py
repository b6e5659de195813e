"""How long a backtest takes: a recorded share of a week through two books, from file to counts."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import parquet

from geofence import ZoneSet
from geofence.backtest import Trial
from geofence.rules.book import RuleBook
from streams.rules import Rules
from vehicleguard import backtest
from vehicleguard.bench.scene import scene, zones_of
from vehicleguard.recording import Arrivals

EVERY_S = 30
VEHICLES = 30_000
WEEK = 7 * 86_400 // EVERY_S * VEHICLES
"""Fixes of a week of the city's fleet: 605 million."""
RULES = 20
_DRIVING = 0.08  # share of the fleet; the others are parked and wander by some metres
_SPEED_MPS = 9.0
_NOISE_DEG = 5 / 111_000
_KINDS = ("enter", "exit", "dwell", "inside", "speeding")


class Size(NamedTuple):
    """What to measure on."""

    fixes: int
    fences: int
    rounds: int
    vehicles: int


WHOLE = Size(20_000_000, 10_000, 3, VEHICLES)
QUICK = Size(60_000, 100, 1, 1_000)


@dataclass(frozen=True)
class Speed:
    """Fixes/s of one way, medians; `week_s` seconds that a week of the fleet would take.

    `fixes_per_core_s` counts the processor's time alone, whatever else the machine was doing.
    """

    way: str
    jobs: int
    fixes_per_s: float
    fixes_per_core_s: float

    @property
    def week_s(self) -> float:
        """Seconds for 605 million fixes."""
        return WEEK / self.fixes_per_s


@dataclass(frozen=True)
class Backtesting:
    """What was measured on, and how fast it went."""

    fixes: int
    fences: int
    alerts: int
    file_mb: float
    speeds: list[Speed]


def measure(size: Size, said: Callable[[str], None]) -> Backtesting:
    """Record some fixes of a fleet, and backtest two books over them, in alternating rounds."""
    fixes, fences, rounds, vehicles = size
    said(f"making {fences:,} fences")
    zones = _zones(fences)
    sides = (Rules(zones=zones, book=_book(300)), Rules(zones=zones, book=_book(600)))
    cores = len(os.sched_getaffinity(0))
    ways = {
        ("reading alone", 1): 0,
        ("fences and rules alone", 1): -1,
        ("from the file, one thread", 1): 1,
        ("from the file, all cores", cores): cores,
    }
    took: dict[tuple[str, int], list[tuple[float, float]]] = {way: [] for way in ways}
    alerts = 0
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "recorded.parquet"
        said(f"recording {fixes:,} fixes")
        count = _record(file, fixes, vehicles)
        for number in range(rounds):
            for way, jobs in ways.items():
                said(f"backtest, round {number + 1} of {rounds}: {way[0]}")
                arrivals = Arrivals([file])
                if jobs < 0:
                    took[way].append(_core_alone(arrivals, sides))
                    continue
                started = _now()
                if jobs == 0:
                    assert sum(map(len, arrivals)) == count  # noqa: S101 - nothing was left out
                else:
                    found = backtest.backtest(arrivals, *sides, jobs=jobs)
                    alerts = len(found.comparison)
                took[way].append(_since(started))
        size_mb = file.stat().st_size / 1e6
    speeds = [
        Speed(*way, *(count / statistics.median(seconds) for seconds in zip(*times, strict=True)))
        for way, times in took.items()
    ]
    return Backtesting(count, fences, alerts, size_mb, speeds)


def _now() -> tuple[float, float]:
    """Seconds of the clock, and of the processor for all threads."""
    return time.perf_counter(), time.process_time()


def _since(started: tuple[float, float]) -> tuple[float, float]:
    clock, processor = _now()
    return clock - started[0], processor - started[1]


def _core_alone(arrivals: Arrivals, sides: tuple[Rules, Rules]) -> tuple[float, float]:
    """Both books over fixes that are in memory already, one thread."""
    trial = Trial(*Rules.fences_of(sides))
    shard, clock_ms, spent = trial.shard(), 0, (0.0, 0.0)
    for batch in arrivals:
        for first in range(0, len(batch), backtest.BATCH):
            part = batch.take(slice(first, first + backtest.BATCH))
            started = _now()
            clock = trial.clock(part, clock_ms)
            shard.advance(part.ids, part, part.vehicle, clock[:-1])
            took = _since(started)
            spent, clock_ms = (spent[0] + took[0], spent[1] + took[1]), int(clock[-1])
    return spent


def _zones(fences: int) -> ZoneSet:
    rings, _, _ = scene(fences, 1)
    return zones_of(rings, [{"tags": [f"t{n % RULES}"]} for n in range(fences)])


def _book(dwell_s: float) -> RuleBook:
    needs: dict[str, dict[str, float]] = {
        "dwell": {"dwell_s": dwell_s},
        "speeding": {"speed_kmh": 60},
    }
    rules: list[dict[str, object]] = [
        {
            "id": f"r{n}",
            "zones": [f"t{n}"],
            "when": _KINDS[n % len(_KINDS)],
            "cool_down_s": 3600,
            **needs.get(_KINDS[n % len(_KINDS)], {}),
        }
        for n in range(RULES)
    ]
    return RuleBook.of({"zone_rule": rules})


def _record(file: Path, fixes: int, vehicles: int) -> int:
    """A fleet that reports every 30 s, in order of arrival; how many fixes."""
    rng = np.random.default_rng(3)
    _, lon, lat = scene(1, vehicles)
    place = np.column_stack([lon, lat])
    heading = rng.uniform(0, 2 * np.pi, vehicles)
    speed = np.where(rng.random(vehicles) < _DRIVING, _SPEED_MPS, 0.0)
    ids = pa.array([f"v{n:07d}" for n in range(vehicles)])
    code = pa.array(np.arange(vehicles, dtype=np.int32))
    offset = np.sort(rng.uniform(0, EVERY_S, vehicles))
    step_deg = (speed * EVERY_S / 111_000)[:, None]
    groups: list[pa.Table] = []  # a million rows or so, as a recorder would write them
    writer: parquet.ParquetWriter | None = None
    rounds = -(-fixes // vehicles)
    try:
        for nth in range(rounds):
            turned = rng.random(vehicles) < 0.02
            heading = np.where(turned, rng.uniform(0, 2 * np.pi, vehicles), heading)
            place = place + step_deg * _towards(heading)
            seen = place + rng.normal(0, _NOISE_DEG, place.shape)
            table = pa.table(
                {
                    "vehicle_id": pa.DictionaryArray.from_arrays(code, ids),
                    "t": 1_795_000_000.0 + EVERY_S * nth + offset,
                    "lon": np.round(seen[:, 0], 7),
                    "lat": np.round(seen[:, 1], 7),
                    "speed_mps": speed.astype(np.float32),
                }
            )
            writer = writer or parquet.ParquetWriter(file, table.schema, compression="zstd")
            groups.append(table)
            if len(groups) * vehicles >= 1_000_000 or nth == rounds - 1:
                writer.write_table(pa.concat_tables(groups))
                groups.clear()
    finally:
        if writer is not None:
            writer.close()
    return rounds * vehicles


def _towards(heading: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.column_stack([np.cos(heading), np.sin(heading)])

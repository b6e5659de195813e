"""Detection alone: fixes a second by batch size, with and without zones, on one thread."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from geofence import ZoneSet
from ingest.fix import NO_SEQ, FixBatch, Flag
from streams.processor import Processor
from streams.rules import Rules
from streams.state import FleetState
from vehicleguard import sample

VEHICLES = 30_000
SIZES = (1, 100, 1_000, 8_192, 65_536)
_ROUNDS = 3


@dataclass(frozen=True)
class Speed:
    """Median over the rounds, for one batch size."""

    size: int
    zones: int
    fixes_per_s: float
    ms_per_batch: float


def measure(seconds: float, said: Callable[[str], None] = lambda _: None) -> list[Speed]:
    """Every size with and without the sample's fences, about `seconds` for each round."""
    fences = Rules(zones=ZoneSet.from_geojson(sample.path(sample.FENCES)))
    speeds = []
    for size in SIZES:
        for rules in (Rules(), fences):
            zones = len(rules.zones)
            said(f"processor: batches of {size:,}, {zones} zones")
            state, processor = FleetState(VEHICLES), Processor(rules)
            source = batches(size)
            processor.step(next(source), state)
            rates = [_rate(processor, state, source, seconds) for _ in range(_ROUNDS)]
            rate = statistics.median(rates)
            speeds.append(Speed(size, zones, rate, size / rate * 1000))
    return speeds


def _rate(
    processor: Processor, state: FleetState, source: Iterator[FixBatch], seconds: float
) -> float:
    fixes, spent = 0, 0.0
    while spent < seconds:
        batch = next(source)
        began = time.perf_counter()
        processor.step(batch, state)
        spent += time.perf_counter() - began
        fixes += len(batch)
    return fixes / spent


def batches(size: int, seed: int = 1) -> Iterator[FixBatch]:
    """Batches of a fleet around Yiyang, one vehicle in five on the road, endlessly."""
    rng = np.random.default_rng(seed)
    home = rng.normal((112.35, 28.58), (0.2, 0.12), (VEHICLES, 2))
    ids = tuple(f"B{n:05d}" for n in range(VEHICLES))
    riding = rng.random(VEHICLES) < 0.2
    n = 0
    while True:
        vehicle = np.arange(n, n + size) % VEHICLES
        # a block names the vehicles in it, not the whole fleet
        named = dict.fromkeys(vehicle.tolist())
        lap = np.arange(n, n + size) // VEHICLES
        t_ms = 1_790_000_000_000 + lap.astype(np.int64) * 30_000 + vehicle
        moved = riding[vehicle] * lap * 0.001
        place = home[vehicle] + rng.normal(0, 5e-5, (size, 2))
        state = Flag.LOCATED | Flag.ARMED_KNOWN | Flag.IGNITION_KNOWN
        flags = np.where(riding[vehicle], state | Flag.IGNITION, state | Flag.ARMED)
        yield FixBatch(
            ids=tuple(ids[k] for k in named),
            vehicle=(np.arange(size) % VEHICLES).astype(np.int32),
            t_ms=t_ms,
            received_ms=t_ms + 200,
            lon=place[:, 0] + moved,
            lat=place[:, 1].copy(),
            speed_mps=np.where(riding[vehicle], 8, 0).astype(np.float32),
            heading_deg=np.zeros(size, np.float32),
            accuracy_m=np.full(size, 5, np.float32),
            altitude_m=np.full(size, np.nan, np.float32),
            flags=flags.astype(np.uint32),
            alarms=np.zeros(size, np.uint32),
            seq=np.full(size, NO_SEQ, np.int64),
        )
        n += size

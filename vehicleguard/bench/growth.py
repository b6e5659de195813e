"""What a fix costs as the fences grow in number, while it lies in as many of them as before."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from geofence import ZoneSet
from vehicleguard.bench.scene import Float64, scene, zones_of

HITS = 1.0
"""Zones that hold a fix, on average; the fences' radii are chosen so."""
_CLOSE = 0.02


@dataclass(frozen=True)
class Growth:
    """Nanoseconds a fix by number of fences (medians of alternating rounds)."""

    fences: tuple[int, ...]
    hits_per_fix: tuple[float, ...]
    ns_per_fix: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """The most fences to the fewest."""
        return self.ns_per_fix[-1] / self.ns_per_fix[0]


def measure(
    fences: tuple[int, ...], fixes: int, rounds: int, said: Callable[[str], None]
) -> Growth:
    """`ZoneSet.match` at equal hits a fix."""
    sets, hits = [], []
    for count in fences:
        said(f"{count:,} fences of a size for {HITS:g} hits a fix")
        zones, lon, lat, found = _at_equal_hits(count, fixes)
        sets.append((zones, lon, lat))
        hits.append(found)
    took: list[list[float]] = [[] for _ in sets]
    for number in range(rounds):
        said(f"growth, round {number + 1} of {rounds}")
        for (zones, lon, lat), times in zip(sets, took, strict=True):
            started = time.perf_counter()
            zones.match(lon, lat)
            times.append(time.perf_counter() - started)
    return Growth(
        fences, tuple(hits), tuple(1e9 * statistics.median(times) / fixes for times in took)
    )


def _at_equal_hits(fences: int, fixes: int) -> tuple[ZoneSet, Float64, Float64, float]:
    reach, hits = 1.0, 0.0
    probe = min(fixes, 100_000)
    for _ in range(6):  # hits grow a little slower than the square of the radii
        rings, lon, lat = scene(fences, fixes, reach)
        zones = zones_of(rings)
        hits = len(zones.match(lon[:probe], lat[:probe])[0]) / probe
        if abs(hits / HITS - 1) < _CLOSE:
            break
        reach *= float(np.sqrt(HITS / hits))
    return zones, lon, lat, hits

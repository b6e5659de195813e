"""`ZoneSet.match` against other ways to ask in bulk, on the same fixes and zones."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from geofence import ZoneSet
from geofence.zone import Zone
from vehicleguard.bench.rivals import RIVALS
from vehicleguard.bench.scene import fixes_over, polygons_of, scene, zones_of

Float64 = NDArray[np.float64]

TREE_OF_FIXES, TREE_OF_ZONES, SORTED = (
    f"shapely, {way}" for way in ("tree of fixes", "tree of zones", "fixes by longitude")
)
OURS, OURS_TWICE, SIGNATURES = "ZoneSet.match", "ZoneSet.match, two threads", "ZoneSet.signatures"
FEWER = 10
"""How many times fewer fixes the slow ways get: a tree of zones, and other libraries."""
_PATIENCE_S = 40.0


@dataclass(frozen=True)
class Matching:
    """One set of zones: fixes/s by way (median over rounds), and what was matched.

    `odd`: libraries that found other pairs than `ZoneSet.match` and shapely, which agree.
    """

    name: str
    fences: int
    vertices: int
    hits_per_fix: float
    build_s: float
    index_mb: float
    fixes_per_s: dict[str, float]
    odd: tuple[str, ...] = ()

    @property
    def ratio(self) -> float:
        """Ours to the best of the others, one thread each."""
        theirs = (
            speed
            for way, speed in self.fixes_per_s.items()
            if way not in {OURS, OURS_TWICE, SIGNATURES}
        )
        return self.fixes_per_s[OURS] / max(theirs)


class _Way(NamedTuple):
    """What to do, over how many fixes, and the pairs that it has to find (None: it has none)."""

    work: Callable[[], int]
    fixes: int
    pairs: int | None
    ours: bool = True


def measure(
    fences: tuple[int, ...], fixes: int, rounds: int, said: Callable[[str], None]
) -> list[Matching]:
    """Every way over `fixes` fixes for each number of `fences`, in alternating rounds.

    Raises `AssertionError` when shapely finds other pairs.
    """
    found = []
    for count in fences:
        said(f"making {count:,} fences")
        rings, lon, lat = scene(count, fixes)
        name = f"{count:,} fences"
        found.append(compare(name, zones_of(rings).zones, (lon, lat), rounds, said))
    return found


def measure_file(named: str, fixes: int, rounds: int, said: Callable[[str], None]) -> Matching:
    """Every way over the polygons of a file (`FILE` or `FILE:datum`), and fixes drawn over them.

    Raises `AssertionError` when shapely finds other pairs, and `geofence.ZoneError`.
    """
    said(f"reading {named}")
    zones = polygons_of(named)
    return compare(Path(named).stem, zones, fixes_over(zones, fixes), rounds, said)


def compare(
    name: str,
    zones: Sequence[Zone],
    over: tuple[Float64, Float64],
    rounds: int,
    said: Callable[[str], None],
) -> Matching:
    """Every way over the same polygons and fixes (lon, lat), in alternating rounds."""
    lon, lat = over
    started = time.perf_counter()
    held = ZoneSet(zones)
    build_s = time.perf_counter() - started
    outlines = np.array([zone.geometry for zone in zones])
    shapely.prepare(outlines)
    ways = _ways(held, outlines, lon, lat)
    took: dict[str, list[float]] = {way: [] for way in ways}
    odd: set[str] = set()
    for number in range(rounds):
        for way, (work, _, pairs, ours) in ways.items():
            if number and sum(took[way]) > _PATIENCE_S:
                continue
            said(f"{name}, round {number + 1} of {rounds}: {way}")
            started = time.perf_counter()
            found = work()
            took[way].append(time.perf_counter() - started)
            if pairs is not None and found != pairs:
                msg = f"{way}: {found:,} pairs, ZoneSet.match {pairs:,}"
                if ours:
                    raise AssertionError(msg)
                odd.add(msg)
    return Matching(
        name=name,
        fences=len(zones),
        vertices=int(shapely.get_num_coordinates(outlines).sum()),
        hits_per_fix=len(held.match(lon, lat)[0]) / len(lon),
        build_s=build_s,
        index_mb=held.nbytes / 1e6,
        fixes_per_s={way: ways[way].fixes / statistics.median(took[way]) for way in ways},
        odd=tuple(sorted(odd)),
    )


def _ways(
    zones: ZoneSet, outlines: NDArray[np.object_], lon: Float64, lat: Float64
) -> dict[str, _Way]:
    fixes, few = len(lon), max(1, len(lon) // FEWER)
    some = lon[:few], lat[:few]
    all_pairs, some_pairs = len(zones.match(lon, lat)[0]), len(zones.match(*some)[0])
    ways = {
        OURS: _Way(lambda: len(zones.match(lon, lat)[0]), fixes, all_pairs),
        OURS_TWICE: _Way(lambda: _in_two_threads(zones, lon, lat), fixes, all_pairs),
        SIGNATURES: _Way(lambda: len(zones.signatures(lon, lat)), fixes, None),
        TREE_OF_FIXES: _Way(lambda: _tree_of_fixes(outlines, lon, lat), fixes, all_pairs),
        TREE_OF_ZONES: _Way(lambda: _tree_of_zones(outlines, *some), few, some_pairs),
        SORTED: _Way(lambda: _sorted(outlines, lon, lat), fixes, all_pairs),
    }
    for rival in RIVALS:
        if rival.installed:
            work = partial(rival.over(outlines), *some)
            ways[rival.name] = _Way(work, few, some_pairs, ours=False)
    return ways


def _in_two_threads(zones: ZoneSet, lon: Float64, lat: Float64) -> int:
    half = len(lon) // 2
    with ThreadPoolExecutor(2) as pool:
        parts = pool.map(zones.match, (lon[:half], lon[half:]), (lat[:half], lat[half:]))
        return sum(len(fix) for fix, _ in parts)


def _tree_of_fixes(outlines: NDArray[np.object_], lon: Float64, lat: Float64) -> int:
    tree = shapely.STRtree(np.asarray(shapely.points(lon, lat)))
    return int(tree.query(outlines, predicate="intersects").shape[1])


def _tree_of_zones(outlines: NDArray[np.object_], lon: Float64, lat: Float64) -> int:
    tree = shapely.STRtree(outlines)
    return int(tree.query(shapely.points(lon, lat), predicate="intersects").shape[1])


def _sorted(outlines: NDArray[np.object_], lon: Float64, lat: Float64) -> int:
    """Prepared outline by outline, over the fixes between its west and its east."""
    order = np.argsort(lon)
    lon, lat = lon[order], lat[order]
    west, _, east, _ = shapely.bounds(outlines).T
    first, after = np.searchsorted(lon, west), np.searchsorted(lon, east, "right")
    found = 0
    for outline, a, b in zip(outlines, first.tolist(), after.tolist(), strict=True):
        if a < b:
            found += int(shapely.intersects_xy(outline, lon[a:b], lat[a:b]).sum())
    return found

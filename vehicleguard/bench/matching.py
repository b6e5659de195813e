"""`ZoneSet.match` against the ways to ask shapely in bulk, on the same fixes and zones."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geofence import ZoneSet

Float64 = NDArray[np.float64]

TOWNS = 100
WEST, SOUTH, EAST, NORTH = 111.0, 27.8, 113.5, 29.5
SPREAD_DEG = 0.05  # of fences and fixes around their town
RADIUS_DEG, RADIUS_SPREAD = 0.0015, 0.8  # of fences, log-normal: car parks to quarters
CORNERS, CORNERS_SPREAD = 16.4, 0.5
TREE_OF_FIXES, TREE_OF_ZONES, SORTED = "tree of fixes", "tree of zones", "fixes by longitude"
OURS, OURS_TWICE = "ZoneSet.match", "ZoneSet.match, two threads"


@dataclass(frozen=True)
class Matching:
    """One number of fences: fixes/s by way (median over rounds), and what was matched.

    `tree of zones` is measured on fewer fixes than the others; it is the slowest by far.
    """

    fences: int
    vertices: int
    hits_per_fix: float
    build_s: float
    index_mb: float
    fixes_per_s: dict[str, float]

    @property
    def ratio(self) -> float:
        """Ours to the best of shapely's, one thread each."""
        theirs = (self.fixes_per_s[way] for way in (TREE_OF_FIXES, TREE_OF_ZONES, SORTED))
        return self.fixes_per_s[OURS] / max(theirs)


def measure(
    fences: tuple[int, ...], fixes: int, rounds: int, said: Callable[[str], None]
) -> list[Matching]:
    """Every way over `fixes` fixes for each number of `fences`, in alternating rounds.

    Raises `AssertionError` when two ways find different numbers of pairs.
    """
    return [_measure(count, fixes, rounds, said) for count in fences]


def scene(fences: int, fixes: int) -> tuple[list[Float64], Float64, Float64]:
    """Closed rings of `fences` outlines, and `fixes` fixes, clustered around the same towns."""
    rng = np.random.default_rng(8)
    towns = rng.uniform((WEST, SOUTH), (EAST, NORTH), (TOWNS, 2))
    weight = rng.dirichlet(np.ones(TOWNS))

    def around(count: int) -> Float64:
        spread = rng.exponential(SPREAD_DEG, count)
        town = towns[rng.choice(TOWNS, count, p=weight)]
        return np.asarray(town + rng.normal(0, 1, (count, 2)) * spread[:, None])

    middles = around(fences)
    corners = np.clip(rng.lognormal(math.log(CORNERS), CORNERS_SPREAD, fences), 4, 200).astype(int)
    radii = np.clip(rng.lognormal(math.log(RADIUS_DEG), RADIUS_SPREAD, fences), 0.0004, 0.05)
    rings = []
    for middle, corner, radius in zip(middles, corners, radii, strict=True):
        turn = 2 * np.pi * (np.arange(corner) + 0.9 * rng.random(corner)) / corner
        reach = radius * (0.75 + 0.25 * rng.random(corner))
        ring = middle + np.column_stack([reach * np.cos(turn), 0.9 * reach * np.sin(turn)])
        rings.append(np.vstack([ring, ring[:1]]))
    lon, lat = around(fixes).T
    return rings, np.ascontiguousarray(lon), np.ascontiguousarray(lat)


def _measure(fences: int, fixes: int, rounds: int, said: Callable[[str], None]) -> Matching:
    said(f"making {fences:,} fences")
    rings, lon, lat = scene(fences, fixes)
    features = [
        {
            "type": "Feature",
            "properties": {},
            "geometry": {"type": "Polygon", "coordinates": [ring.tolist()]},
        }
        for ring in rings
    ]
    zones = ZoneSet.from_geojson({"type": "FeatureCollection", "features": features})
    started = time.perf_counter()
    again = ZoneSet(zones.zones)
    build_s = time.perf_counter() - started
    outlines = np.array([zone.geometry for zone in again.zones])
    shapely.prepare(outlines)
    few = max(1, fixes // 20)
    ways: dict[str, tuple[Callable[[], int], int]] = {
        OURS: (lambda: len(again.match(lon, lat)[0]), fixes),
        OURS_TWICE: (lambda: _in_two_threads(again, lon, lat), fixes),
        TREE_OF_FIXES: (lambda: _tree_of_fixes(outlines, lon, lat), fixes),
        TREE_OF_ZONES: (lambda: _tree_of_zones(outlines, lon[:few], lat[:few]), few),
        SORTED: (lambda: _sorted(outlines, lon, lat), fixes),
    }
    took: dict[str, list[float]] = {way: [] for way in ways}
    pairs: dict[str, int] = {}
    for number in range(rounds):
        for way, (work, _) in ways.items():
            if number and sum(took[way]) > _PATIENCE_S:
                continue
            said(f"{fences:,} fences, round {number + 1} of {rounds}: {way}")
            started = time.perf_counter()
            pairs[way] = work()
            took[way].append(time.perf_counter() - started)
    if len({pairs[way] for way in (OURS, OURS_TWICE, TREE_OF_FIXES, SORTED)}) != 1:
        msg = f"the ways do not agree: {pairs}"
        raise AssertionError(msg)
    return Matching(
        fences=fences,
        vertices=sum(map(len, rings)),
        hits_per_fix=pairs[OURS] / fixes,
        build_s=build_s,
        index_mb=again.nbytes / 1e6,
        fixes_per_s={way: ways[way][1] / statistics.median(took[way]) for way in ways},
    )


_PATIENCE_S = 40.0


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

"""Which roads can be reached in how many seconds, and where all ways out are crossed just then.

Dijkstra from the middle of a piece of road, in seconds at the usual speed times `HURRY`.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ingest.fix import Float64, Int32
from streams.pursuit.roads import RoadNetwork

HURRY = 1.3
"""A thief drives faster than others do.  Assumed: no trace of one was at hand to measure it."""

SNAP_M = 150.0
"""A vehicle farther from every road is not on this network."""


@dataclass(frozen=True, slots=True, eq=False)
class Reach:
    """What can be reached `seconds` after the start.

    `edge` int32[k] with `begin` and `until` float64[k] (0-1): the parts of pieces of road; `gate`
    int32[g] with `gate_part` float64[g]: where the last ways out are crossed at exactly that time,
    so whoever stands at all of them has closed the ring.
    """

    seconds: float
    edge: Int32
    begin: Float64
    until: Float64
    gate: Int32
    gate_part: Float64

    def length_m(self, network: RoadNetwork) -> float:
        """Metres of road, those for both ways counted once a way."""
        return float((network.length_m[self.edge] * (self.until - self.begin)).sum())


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """Seconds to each node of a network from a start in the middle of a piece of road.

    `node_s` float64[n], infinite beyond `limit_s`.  `starts` are the pieces of road on which it may
    be, one a way, each with the part of it that is behind.
    """

    network: RoadNetwork
    node_s: Float64
    starts: tuple[tuple[int, float], ...]
    limit_s: float

    @classmethod
    def of(cls, network: RoadNetwork, lon: float, lat: float, limit_s: float) -> Spread | None:
        """From the road nearest to a place, in whichever way; None when none is near."""
        found = network.nearest(lon, lat, SNAP_M)
        if found is None:
            return None
        edge, part, _ = found
        starts = [(edge, part)]
        a, b = network.start[edge], network.end[edge]
        back = np.flatnonzero((network.start == b) & (network.end == a))
        starts += [(int(other), 1 - part) for other in back]
        node_s = np.full(len(network.lon), np.inf)
        heap: list[tuple[float, int]] = []
        for begin, behind in starts:
            cost = _seconds(network, begin) * (1 - behind)
            heapq.heappush(heap, (cost, int(network.end[begin])))
        best = dict.fromkeys((node for _, node in heap), math.inf)
        leaving = network.leaving
        while heap:
            cost, node = heapq.heappop(heap)
            if cost > limit_s:
                break
            if node_s[node] <= cost:
                continue
            node_s[node] = cost
            for end, more in leaving[node]:
                after = cost + more / HURRY
                if after < best.get(end, math.inf):
                    best[end] = after
                    heapq.heappush(heap, (after, end))
        return cls(network, node_s, tuple(starts), limit_s)

    def within(self, seconds: float) -> Reach:
        """What is reached after so many seconds, at most `limit_s`."""
        network = self.network
        from_s, to_s = self.node_s[network.start], self.node_s[network.end]
        cost = network.length_m / network.speed_mps / HURRY
        edge = np.flatnonzero(from_s <= seconds).astype(np.int32)
        until = np.minimum((seconds - from_s[edge]) / cost[edge], 1.0)
        out = to_s[edge] > seconds
        gate, gate_part = [edge[out]], [until[out]]
        first = np.array([one for one, _ in self.starts], np.int32)
        behind = np.array([part for _, part in self.starts])
        ahead = np.minimum(behind + seconds / cost[first], 1.0)
        open_end = (self.node_s[network.end[first]] > seconds) & (from_s[first] > seconds)
        gate.append(first[open_end])
        gate_part.append(ahead[open_end])
        return Reach(
            seconds,
            np.concatenate([first, edge]),
            np.concatenate([behind, np.zeros(len(edge))]),
            np.concatenate([ahead, until]),
            np.concatenate(gate),
            np.concatenate(gate_part),
        )

    def arrival_s(self, edge: Int32, part: Float64) -> Float64:
        """Seconds to places on pieces of road (either way of a road), infinite when too far."""
        network = self.network
        cost = network.length_m[edge] / network.speed_mps[edge] / HURRY
        there = self.node_s[network.start[edge]] + part * cost
        # the piece for the other way, where there is one, has the same ends
        back = self.node_s[network.end[edge]] + (1 - part) * cost
        both = np.isin(_key(network, edge, turned=True), self._keys())
        return np.where(both, np.minimum(there, back), there)

    def _keys(self) -> Float64:
        every = np.arange(len(self.network.start), dtype=np.int32)
        return _key(self.network, every)


def _key(network: RoadNetwork, edge: Int32, *, turned: bool = False) -> Float64:
    a, b = network.start[edge].astype(np.float64), network.end[edge].astype(np.float64)
    n = float(len(network.lon))
    return b * n + a if turned else a * n + b


def _seconds(network: RoadNetwork, edge: int) -> float:
    return float(network.length_m[edge] / network.speed_mps[edge] / HURRY)


def lines(network: RoadNetwork, reaches: Sequence[Reach]) -> list[Float64]:
    """The roads of each reach that those before it lack, float64[k, 2, 2] of lon, lat ends.

    A road for both ways that is reached as a whole is drawn once.
    """
    done: set[tuple[int, int]] = set()
    out = []
    for reach in reaches:
        keep = []
        pairs = zip(
            network.start[reach.edge].tolist(), network.end[reach.edge].tolist(),
            (reach.until - reach.begin >= 1).tolist(), strict=True,
        )  # fmt: skip
        for row, (a, b, whole) in enumerate(pairs):
            ends = (min(a, b), max(a, b))
            if ends not in done:
                keep.append(row)
            if whole:
                done.add(ends)
        index = np.array(keep, np.int64)
        start = network.along(reach.edge[index], reach.begin[index])
        end = network.along(reach.edge[index], reach.until[index])
        out.append(np.stack([np.column_stack(start), np.column_stack(end)], axis=1))
    return out

"""The kernel that asks the cells which zones hold a fix.

Fixes go by chunks, and in stages: `locate` finds the leaves, `judge` what holds, and only then are
the pairs written, of those fixes that have any.  Each asks ahead for what the next one reads.
"""

from __future__ import annotations

import numpy as np

from geofence.grid import capsule
from geofence.grid.edge import GROUP, holds
from geofence.grid.held import judge, verdicts
from geofence.grid.leaf import CROWDED, FIRST_LONG, HEADER, MIXED
from geofence.grid.locate import CHUNK, locate, scratch
from geofence.grid.lowest import lowest
from geofence.grid.merge import merge
from geofence.grid.predicate import compiled, inlined


@compiled
def match(
    first, lon, lat, world, cells, blocks, leaves, words, refs, pool, edges, rows, changes, fix,
    zone, n, doubts, doubtful,
):  # fmt: skip
    """Write the pairs of the fixes from `first` on, ordered by zone, as long as there is room.

    Returns the fix to go on with, the pairs, and the doubts so far.  `doubts` int64[d, 3] takes
    (fix, zone, capsule) where only the geodesic can tell; they are not among the pairs.  `changes`
    are those of `Grid.match`.
    """
    changed, which, gone = changes
    change = np.searchsorted(changed, first)
    column, row, leaf, at, todo, shifts = scratch()
    held, listed, idle = verdicts()
    for base in range(first, lon.shape[0], CHUNK):
        count = min(CHUNK, lon.shape[0] - base)
        x, y, found = lon[base : base + count], lat[base : base + count], leaf[:count]
        locate(x, y, world, cells, blocks, column, row, leaf, at, todo, shifts)
        _, most, most_doubts = judge(
            x, y, column, row, found, words, refs, edges, todo, held, listed, idle
        )
        some, most_certain = _some(found, leaves, idle, todo)
        most += most_certain
        begun = n
        changes_first = change
        while change < changed.shape[0] and changed[change] < base + count:
            change += 1
        most += change - changes_first
        if n + most > fix.shape[0] or doubtful + most_doubts > doubts.shape[0]:
            return base, n, doubtful, most, most_doubts
        for j in todo[:some]:
            i = base + j
            mine = np.uint64(j)
            if leaf[mine] < MIXED:
                n = _copy(pool, leaves[leaf[mine], 0], leaves[leaf[mine], 1], i, fix, zone, n)
                continue
            head = np.uint64(leaf[mine] ^ MIXED) * np.uint64(GROUP)
            shape = words[head + np.uint64(4)]
            capsules = words[head + np.uint64(5)] >> 16
            if shape & 31 < FIRST_LONG:
                n = _pick(words, listed[mine], held[mine], i, fix, zone, n)
                put = np.int64(listed[mine]) + (shape >> 5)
            elif shape & 31 == CROWDED:
                n, put = _crowd(lon[i], lat[i], i, words, refs, np.int64(head), edges, fix, zone, n)
            else:
                n, put = _many(words, listed[mine], shape >> 5, held[mine], i, fix, zone, n)
            for k in range(put, put + 2 * capsules, 2):
                judged = capsule.judge(rows[words[k + 1]], lon[i], lat[i])
                if judged == capsule.IN:
                    n = _insert(zone, fix, n, words[k], i)
                elif judged == capsule.DOUBT:
                    doubts[doubtful, 0] = i
                    doubts[doubtful, 1] = words[k]
                    doubts[doubtful, 2] = words[k + 1]
                    doubtful += 1
        if change > changes_first:
            n = begun + merge(
                fix[begun:n].copy(), zone[begun:n].copy(), changed[changes_first:change],
                which[changes_first:change], gone[changes_first:change], fix[begun:], zone[begun:],
            )  # fmt: skip
    return lon.shape[0], n, doubtful, 0, 0


@compiled
def _some(leaf, leaves, idle, some):
    """Write to `some` which fixes may have zones; how many, and the pairs of pure leaves.

    Without a branch, as it cannot be foreseen which have.
    """
    count = np.uint64(0)
    pairs = 0
    for j in range(leaf.shape[0]):
        pure = leaf[j] < MIXED
        pairs += leaves[np.uint64(leaf[j] if pure else 0), 1]
        some[count] = j
        count += np.uint64((leaf[j] != 0) & (pure | (not idle[j])))
    return np.int64(count), pairs


@inlined
def _pick(words, listed, held, i, fix, zone, n):
    """Write the zones of the places `held`, a bit each, from `listed` on; the new `n`."""
    out = np.uint64(n)
    while held != np.uint64(0):
        fix[out] = i
        zone[out] = words[listed + lowest(held)]
        out += np.uint64(1)
        held &= held - np.uint64(1)
    return np.int64(out)


@compiled
def _copy(zones, first, count, i, fix, zone, n):
    """Write `count` zones from `first` on; the new `n`."""
    for k in range(count):
        fix[n + k] = i
        zone[n + k] = zones[first + k]
    return n + count


@compiled
def _insert(zone, fix, n, which, i):
    """Put (i, which) among the last pairs, those of fix i, ordered by zone, once; the new `n`."""
    spot = n
    while spot > 0 and fix[spot - 1] == i and zone[spot - 1] > which:
        spot -= 1
    if spot > 0 and fix[spot - 1] == i and zone[spot - 1] == which:
        return n
    for k in range(n, spot, -1):
        zone[k] = zone[k - 1]
    zone[spot] = which
    fix[n] = i
    return n + 1


@compiled
def _many(words, listed, places, held, i, fix, zone, n):
    """A leaf with more zones than a mask has bits; (pairs so far, where its capsules begin)."""
    ranks = np.int64(listed) + places + 1
    after = ranks + words[ranks - 1]
    rank = ranks
    for first in range(0, places, 64):
        # all are certain but the outlines that do not hold the fix
        mask = ~np.uint64(0) >> np.uint64(max(0, 64 - (places - first)))
        while rank < after and words[rank] < first + 64:
            mask ^= (~held & np.uint64(1)) << np.uint64(words[rank] - first)
            held >>= np.uint64(1)
            rank += 1
        n = _pick(words, listed + np.uint64(first), mask, i, fix, zone, n)
    return n, after


@compiled
def _crowd(lon, lat, i, words, refs, head, edges, fix, zone, n):
    """A leaf with more than fits the compact form; (pairs so far, where its capsules begin)."""
    first = words[head]
    certain = words[head + 1]
    at = head + HEADER
    for k in range(certain):
        fix[n] = i
        zone[n] = words[at + k]
        n += 1
    at += certain
    after_outlines = at + 3 * words[head + 2]
    for item in range(at, after_outlines, 3):
        after = first + words[item + 1]
        if holds(edges, refs, first, after, words[item + 2], lon, lat):
            n = _insert(zone, fix, n, words[item], i)
        first = after
    return n, after_outlines

"""The kernel that asks the cells which zones hold a fix.

It waits for memory more than it computes.  So it goes by chunks that fit the near caches, and in
stages (`locate`, `judge`, then the pairs): each asks ahead for what the next one needs, and none
has a branch that waits for memory.
"""

from __future__ import annotations

import numpy as np
from numba.cpython.unsafe.numbers import trailing_zeros

from geofence.grid import capsule
from geofence.grid.edge import GROUP, holds
from geofence.grid.judge import judge
from geofence.grid.leaf import CROWDED, FIRST_LONG, HEADER, MIXED
from geofence.grid.locate import CHUNK, line_of, locate, scratch
from geofence.grid.merge import merge
from geofence.grid.predicate import compiled
from geofence.grid.prefetch import prefetch

SLACK = 8
"""Room beyond the last pair that may be written to."""


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
    room = scratch()
    leaf, busy, held = room.leaf, room.busy, room.held
    for base in range(first, lon.shape[0], CHUNK):
        x, y = lon[base : base + CHUNK], lat[base : base + CHUNK]
        count = locate(x, y, world, cells, blocks, words, room)
        most = _plain(leaf, busy, count, leaves, pool)
        listed, most_doubts = judge(x, y, count, words, refs, edges, room)
        most += listed + SLACK
        begun = n
        changes_first = change
        while change < changed.shape[0] and changed[change] < base + x.shape[0]:
            change += 1
        most += change - changes_first
        if n + most > fix.shape[0] or doubtful + most_doubts > doubts.shape[0]:
            return base, n, doubtful, most, most_doubts
        for k in range(np.uint64(count)):
            j = np.uint64(busy[k])
            i = base + busy[k]
            out = np.uint64(n)
            if leaf[j] < MIXED:
                mine = np.uint64(leaf[j])
                n = _copy(pool, leaves[mine, 0], leaves[mine, 1], i, fix, zone, n)
                continue
            head = np.uint64(line_of(leaf[j]))
            shape = words[head + np.uint64(4)]
            last = words[head + np.uint64(5)]
            if shape & 31 >= FIRST_LONG:
                n, put = _many(x[j], y[j], i, words, refs, head, edges, held[k], fix, zone, n)
            else:
                bits = held[k]
                listed = head + np.uint64(HEADER + (last & 0xFFFF) * GROUP)
                put = np.int64(listed) + (shape >> 5)
                # by eights, as a loop that ends sooner costs more; there is room
                while bits != 0:
                    for eighth in range(8):
                        fix[out] = i
                        zone[out] = words[listed + np.uint64(eighth)]
                        out += bits & np.uint64(1)
                        bits >>= np.uint64(1)
                    listed += np.uint64(8)
                n = np.int64(out)
            for at in range(put, put + 2 * (last >> 16), 2):
                judged = capsule.judge(rows[words[at + 1]], x[j], y[j])
                if judged == capsule.IN:
                    n = _insert(zone, fix, n, words[at], i)
                elif judged == capsule.DOUBT:
                    doubts[doubtful, 0] = i
                    doubts[doubtful, 1] = words[at]
                    doubts[doubtful, 2] = words[at + 1]
                    doubtful += 1
        if change > changes_first:
            n = begun + merge(
                fix[begun:n].copy(), zone[begun:n].copy(), changed[changes_first:change],
                which[changes_first:change], gone[changes_first:change], fix[begun:], zone[begun:],
            )  # fmt: skip
    return lon.shape[0], n, doubtful, 0, 0


@compiled
def _plain(leaf, busy, count, leaves, pool):
    """How many zones the leaves without edges list; they are asked for."""
    listed = 0
    for k in range(np.uint64(count)):
        mine = np.uint64(leaf[np.uint64(busy[k])])
        if mine < np.uint64(MIXED):
            listed += leaves[mine, 1]
            prefetch(pool, leaves[mine, 0])
    return listed


@compiled
def _copy(zones, begin, count, i, fix, zone, n):
    """Put (i, zone) for `count` zones of a list; the new `n`.

    By eights, which needs no test for what overlaps: there is room to read and write beyond.
    """
    source = np.uint64(begin)
    out = np.uint64(n)
    left = np.int64(count)
    while left > 0:
        for k in range(8):
            fix[out + np.uint64(k)] = i
            zone[out + np.uint64(k)] = zones[source + np.uint64(k)]
        source += np.uint64(8)
        out += np.uint64(8)
        left -= 8
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
def _many(lon, lat, i, words, refs, head, edges, held, fix, zone, n):
    """A leaf with more zones than a mask has bits; (pairs so far, where its capsules begin)."""
    shape = words[head + np.uint64(4)]
    if shape & 31 == CROWDED:
        return _crowd(lon, lat, i, words, refs, np.int64(head), edges, fix, zone, n)
    places = shape >> 5
    listed = np.int64(head) + HEADER + (words[head + np.uint64(5)] & 0xFFFF) * GROUP
    ranks = listed + places + 1
    outlines = words[ranks - 1]
    place = 0
    # those between the outlines that do not hold it are certain
    out = ~held
    for _ in range(outlines):
        outline = np.int64(trailing_zeros(out)) if out != 0 else outlines
        if outline >= outlines:
            break
        rank = words[ranks + outline]
        n = _copy(words, listed + place, rank - place, i, fix, zone, n)
        place = rank + 1
        out &= out - np.uint64(1)
    n = _copy(words, listed + place, places - place, i, fix, zone, n)
    return n, ranks + outlines


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

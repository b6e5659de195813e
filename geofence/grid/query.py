"""The kernel that asks the cells which zones hold a fix.

It waits for memory more than it computes.  So it goes by chunks that fit the near caches, and in
stages: each asks ahead for what the next one needs, and none has a branch that waits for memory.
"""

from __future__ import annotations

import math

import numpy as np

from geofence.grid import capsule
from geofence.grid.cut import BLOCK
from geofence.grid.edge import GROUP, STEPS_BITS, exactly, holds, judge_group
from geofence.grid.leaf import CROWDED, FIRST_LONG, HEADER, LONG, MIXED
from geofence.grid.merge import merge
from geofence.grid.predicate import compiled
from geofence.grid.prefetch import prefetch

FINE = 32
"""Fixes are placed on a grid of 2**-32 degrees; all cells and their steps are on it."""
_PER_DEGREE = 2.0**FINE
_INNER = (1 << FINE) - 1
_BLOCK_BITS = 2
CHUNK = 1024
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
    column, row, leaf, at, todo, shifts = scratch()
    for base in range(first, lon.shape[0], CHUNK):
        count = min(CHUNK, lon.shape[0] - base)
        locate(
            lon[base : base + count], lat[base : base + count], world, cells, blocks,
            column, row, leaf, at, todo, shifts,
        )  # fmt: skip
        most, most_doubts = _ask_ahead(leaf[:count], leaves, words, pool)
        begun = n
        changes_first = change
        while change < changed.shape[0] and changed[change] < base + count:
            change += 1
        most += change - changes_first
        if n + most > fix.shape[0] or doubtful + most_doubts > doubts.shape[0]:
            return base, n, doubtful, most, most_doubts
        for j in range(count):
            i = base + j
            out = np.uint64(n)
            if leaf[j] < MIXED:
                mine = np.uint64(leaf[j])
                begin = np.uint64(leaves[mine, 0])
                zones = np.uint64(leaves[mine, 1])
                for k in range(zones):
                    fix[out + k] = i
                    zone[out + k] = pool[begin + k]
                n += np.int64(zones)
                continue
            head = np.uint64(leaf[j] ^ MIXED) * np.uint64(GROUP)
            shape = words[head + np.uint64(4)]
            capsules = words[head + np.uint64(5)] >> 16
            if shape & 31 >= FIRST_LONG:
                n, put = _many(
                    lon[i], lat[i], column[j], row[j], i, words, refs, head, edges, fix, zone, n
                )
            else:
                held = held_places(
                    words, refs, edges, head, shape & 31, column[j], row[j], lon[i], lat[i]
                )
                places = np.uint64(shape >> 5)
                groups = words[head + np.uint64(5)] & 0xFFFF
                listed = head + np.uint64(HEADER + groups * GROUP)
                # by eights, as a loop that ends sooner costs more; there is room
                for eight in range(np.uint64(0), places, np.uint64(8)):
                    for k in range(8):
                        fix[out] = i
                        zone[out] = words[listed + eight + np.uint64(k)]
                        out += np.uint64(held & 1)
                        held >>= 1
                n = np.int64(out)
                put = np.int64(listed + places)
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
def scratch():
    """Room for `locate` to work on a chunk."""
    return (
        np.empty(CHUNK, np.int64), np.empty(CHUNK, np.int64), np.empty(CHUNK, np.int32),
        np.empty(CHUNK, np.int64), np.empty(CHUNK, np.int64), np.empty(CHUNK, np.int64),
    )  # fmt: skip


@compiled
def locate(lon, lat, world, cells, blocks, column, row, leaf, at, todo, shifts):
    """Where each fix lies on the fine grid, and its leaf; 0, the empty one, off the earth."""
    waiting = np.uint64(0)
    for j in range(lon.shape[0]):
        x = lon[j]
        y = lat[j]
        on_earth = (abs(x) <= 180.0) & (abs(y) <= 90.0)
        # exact: the factor is a power of two
        c = np.int64(math.floor(x * _PER_DEGREE)) if on_earth else np.int64(0)
        r = np.int64(math.floor(y * _PER_DEGREE)) if on_earth else np.int64(0)
        column[j] = c
        row[j] = r
        tile_row = np.uint64((r >> FINE) + 90)
        tile_column = np.uint64((c >> FINE) + 180)
        begin = np.int64(world[tile_row, tile_column, 0])
        halvings = np.int64(world[tile_row, tile_column, 1])
        is_grid = on_earth & (halvings >= 0)
        leaf[j] = begin if on_earth else 0
        shift = FINE - halvings
        cell = begin + ((r & _INNER) >> shift << halvings) + ((c & _INNER) >> shift)
        at[waiting] = cell if is_grid else 0
        shifts[waiting] = shift
        todo[waiting] = j
        prefetch(cells, at[waiting])
        waiting += np.uint64(is_grid)
    source = cells
    while waiting > 0:
        left = np.uint64(0)
        for k in range(waiting):
            ref = source[np.uint64(at[k])]
            j = todo[k]
            mine = np.uint64(j)
            leaf[mine] = ref
            shift = shifts[k] - _BLOCK_BITS
            inner = ((row[mine] >> shift) & (BLOCK - 1)) * BLOCK
            inner += (column[mine] >> shift) & (BLOCK - 1)
            todo[left] = j
            shifts[left] = shift
            at[left] = (-1 - np.int64(ref)) * (BLOCK * BLOCK) + inner
            if ref < 0:
                prefetch(blocks, at[left])
            left += np.uint64(ref < 0)
        waiting = left
        source = blocks


@compiled
def held_places(words, refs, edges, head, level, column, row, lon, lat):
    """Which places of the compact leaf at `head` hold a fix, exactly: a bit a place."""
    shift = FINE - level
    inner = (np.int64(1) << shift) - 1
    x = np.int32((column & inner) >> (shift - STEPS_BITS))
    y = np.int32((row & inner) >> (shift - STEPS_BITS))
    mask = np.int64(words[head]) & 0xFFFFFFFF
    mask |= np.int64(words[head + np.uint64(1)]) << 32
    groups = words[head + np.uint64(5)] & 0xFFFF
    held = mask
    close = np.int32(0)
    at = head + np.uint64(HEADER)
    for _ in range(groups):
        parities, doubt = judge_group(words, at, x, y)
        held ^= parities
        close |= doubt
        at += np.uint64(GROUP)
    if close != 0:
        held = exactly(
            edges, refs, words[head + np.uint64(2)], words, np.int64(head) + HEADER, groups, mask,
            x, y, lon, lat,
        )  # fmt: skip
    return held


@compiled
def _ask_ahead(leaf, leaves, words, pool):
    """Bring the leaves near; how many pairs and doubts they can yield at most."""
    for j in range(leaf.shape[0]):
        if leaf[j] >= MIXED:
            at = np.int64(leaf[j] ^ MIXED) * GROUP
            prefetch(words, at)
            prefetch(words, at + GROUP)
        else:
            prefetch(leaves, leaf[j])
    most = 0
    doubts = 0
    for j in range(leaf.shape[0]):
        if leaf[j] >= MIXED:
            at = np.uint64(leaf[j] ^ MIXED) * np.uint64(GROUP)
            most += words[at + np.uint64(3)]
            last = words[at + np.uint64(5)]
            doubts += last >> 16
            last = HEADER + GROUP * (last & 0xFFFF) + (words[at + np.uint64(4)] >> 5)
            for k in range(2 * GROUP, last, GROUP):
                prefetch(words, np.int64(at) + k)
        else:
            most += leaves[np.uint64(leaf[j]), 1]
            prefetch(pool, leaves[np.uint64(leaf[j]), 0])
    return most + SLACK, doubts


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
def _many(lon, lat, column, row, i, words, refs, head, edges, fix, zone, n):
    """A leaf with more zones than a mask has bits; (pairs so far, where its capsules begin)."""
    shape = words[head + np.uint64(4)]
    if shape & 31 == CROWDED:
        return _crowd(lon, lat, i, words, refs, np.int64(head), edges, fix, zone, n)
    held = held_places(words, refs, edges, head, (shape & 31) - LONG, column, row, lon, lat)
    places = shape >> 5
    listed = np.int64(head) + HEADER + (words[head + np.uint64(5)] & 0xFFFF) * GROUP
    ranks = listed + places + 1
    outlines = words[ranks - 1]
    place = 0
    for outline in range(outlines + 1):
        rank = words[ranks + outline] if outline < outlines else places
        # those between are certain
        for k in range(rank - place):
            fix[n + k] = i
            zone[n + k] = words[listed + place + k]
        n += rank - place
        if held & 1 and rank < places:
            fix[n] = i
            zone[n] = words[listed + rank]
            n += 1
        held >>= 1
        place = rank + 1
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

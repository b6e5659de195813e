"""The kernel that folds the zones of a fix into one number, and writes no lists."""

from __future__ import annotations

import numpy as np

from geofence.grid import capsule
from geofence.grid.edge import GROUP, holds
from geofence.grid.held import judge, verdicts
from geofence.grid.leaf import CROWDED, FIRST_LONG, HEADER, MIXED
from geofence.grid.locate import CHUNK, locate, scratch
from geofence.grid.lowest import lowest
from geofence.grid.predicate import compiled, inlined


@compiled
def folded(leaves, pool, keys):
    """uint64[l]: XOR of the keys of each leaf's zones."""
    out = np.zeros(leaves.shape[0], np.uint64)
    for leaf in range(leaves.shape[0]):
        first, count = leaves[leaf]
        key = np.uint64(0)
        for k in range(first, first + count):
            key ^= keys[pool[k]]
        out[leaf] = key
    return out


@compiled
def sign(
    first, lon, lat, world, cells, blocks, leaf_keys, words, refs, edges, rows, keys, signature,
    doubts, doubtful,
):  # fmt: skip
    """Write the signatures of the fixes from `first` on, as long as there is room for doubts.

    Returns the fix to go on with, the doubts so far, and how many more the next chunk may have.
    `doubts` int64[d, 3] takes (fix, zone, capsule) where only the geodesic can tell, of zones that
    nothing else is sure of; they are not in the signatures.
    """
    column, row, leaf, at, todo, shifts = scratch()
    held, listed, idle = verdicts()
    for base in range(first, lon.shape[0], CHUNK):
        count = min(CHUNK, lon.shape[0] - base)
        x, y, found = lon[base : base + count], lat[base : base + count], leaf[:count]
        locate(x, y, world, cells, blocks, column, row, leaf, at, todo, shifts)
        mixed, _, most_doubts = judge(
            x, y, column, row, found, words, refs, edges, todo, held, listed, idle
        )
        if doubtful + most_doubts > doubts.shape[0]:
            return base, doubtful, most_doubts
        for j in range(count):
            pure = np.uint64(0 if leaf[j] >= MIXED else leaf[j])
            signature[base + j] = leaf_keys[pure]
        for j in todo[:mixed]:
            i = base + j
            mine = np.uint64(j)
            head = np.uint64(leaf[mine] ^ MIXED) * np.uint64(GROUP)
            shape = words[head + np.uint64(4)]
            capsules = words[head + np.uint64(5)] >> 16
            if shape & 31 < FIRST_LONG:
                key = _pick(words, listed[mine], held[mine], keys)
                put = np.int64(listed[mine]) + (shape >> 5)
            elif shape & 31 == CROWDED:
                key, put = _crowd(lon[i], lat[i], words, refs, np.int64(head), edges, keys)
            else:
                key, put = _many(words, np.int64(listed[mine]), shape >> 5, held[mine], keys)
            if capsules > 0:
                key, doubtful = _capsules(
                    lon[i], lat[i], i, words, put, put + 2 * capsules, rows, keys, key, doubts,
                    doubtful,
                )  # fmt: skip
            signature[i] = key
    return lon.shape[0], doubtful, 0


@inlined
def _pick(words, listed, held, keys):
    """XOR of the keys of the zones of the places `held`, a bit each, from `listed` on."""
    key = np.uint64(0)
    while held != np.uint64(0):
        key ^= keys[np.uint64(words[listed + lowest(held)])]
        held &= held - np.uint64(1)
    return key


@compiled
def _capsules(lon, lat, i, words, put, after, rows, keys, key, doubts, doubtful):
    """Fold the zones of (zone, capsule) pairs that hold a fix, each once, and note the doubts."""
    zone = np.int32(-1)
    sure = False
    without = doubtful
    for k in range(put, after, 2):
        if words[k] != zone:
            zone = words[k]
            sure = False
            without = doubtful
        if sure:
            continue
        judged = capsule.judge(rows[words[k + 1]], lon, lat)
        if judged == capsule.IN:
            sure = True
            doubtful = without
            key ^= keys[zone]
        elif judged == capsule.DOUBT:
            doubts[doubtful, 0] = i
            doubts[doubtful, 1] = zone
            doubts[doubtful, 2] = words[k + 1]
            doubtful += 1
    return key, doubtful


@compiled
def _many(words, listed, places, held, keys):
    """Of a leaf with more zones than a mask has bits; (key, where its capsules begin)."""
    ranks = listed + places + 1
    outlines = words[ranks - 1]
    key = np.uint64(0)
    for k in range(listed, ranks - 1):
        key ^= keys[words[k]]
    for k in range(ranks, ranks + outlines):
        # taken out again if not held
        key ^= keys[words[listed + words[k]]] & ((held & np.uint64(1)) - np.uint64(1))
        held >>= np.uint64(1)
    return key, ranks + outlines


@compiled
def _crowd(lon, lat, words, refs, head, edges, keys):
    """Of a leaf with more than fits the compact form; (key, where its capsules begin)."""
    first = words[head]
    certain = words[head + 1]
    at = head + HEADER
    key = np.uint64(0)
    for k in range(at, at + certain):
        key ^= keys[words[k]]
    at += certain
    after_outlines = at + 3 * words[head + 2]
    for item in range(at, after_outlines, 3):
        after = first + words[item + 1]
        if holds(edges, refs, first, after, words[item + 2], lon, lat):
            key ^= keys[words[item]]
        first = after
    return key, after_outlines

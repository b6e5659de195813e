"""The kernel that folds the zones of a fix into one number, and writes no lists."""

from __future__ import annotations

import numpy as np

from geofence.grid import capsule
from geofence.grid.edge import GROUP, holds
from geofence.grid.judge import judge
from geofence.grid.leaf import CROWDED, FIRST_LONG, HEADER, MIXED
from geofence.grid.locate import CHUNK, line_of, locate, scratch
from geofence.grid.predicate import compiled


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
    room = scratch()
    leaf, busy, held = room.leaf, room.busy, room.held
    for base in range(first, lon.shape[0], CHUNK):
        x, y = lon[base : base + CHUNK], lat[base : base + CHUNK]
        count = locate(x, y, world, cells, blocks, words, room)
        _, most_doubts = judge(x, y, count, words, refs, edges, room)
        if doubtful + most_doubts > doubts.shape[0]:
            return base, doubtful, most_doubts
        signature[base : base + x.shape[0]] = 0
        for k in range(np.uint64(count)):
            j = np.uint64(busy[k])
            i = base + busy[k]
            if leaf[j] < MIXED:
                signature[i] = leaf_keys[np.uint64(leaf[j])]
                continue
            head = np.uint64(line_of(leaf[j]))
            shape = words[head + np.uint64(4)]
            last = words[head + np.uint64(5)]
            if shape & 31 >= FIRST_LONG:
                key, put = _many(x[j], y[j], words, refs, head, edges, held[k], keys)
            else:
                bits = held[k]
                listed = head + np.uint64(HEADER + (last & 0xFFFF) * GROUP)
                put = np.int64(listed) + (shape >> 5)
                key = np.uint64(0)
                while bits != 0:
                    mine = keys[np.uint64(words[listed])]
                    key ^= mine & (np.uint64(0) - (bits & np.uint64(1)))
                    bits >>= np.uint64(1)
                    listed += np.uint64(1)
            if last >> 16 > 0:
                key, doubtful = _capsules(
                    x[j], y[j], i, words, put, put + 2 * (last >> 16), rows, keys, key, doubts,
                    doubtful,
                )  # fmt: skip
            signature[i] = key
    return lon.shape[0], doubtful, 0


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
def _many(lon, lat, words, refs, head, edges, held, keys):
    """Of a leaf with more zones than a mask has bits; (key, where its capsules begin)."""
    shape = words[head + np.uint64(4)]
    if shape & 31 == CROWDED:
        return _crowd(lon, lat, words, refs, np.int64(head), edges, keys)
    listed = np.int64(head) + HEADER + (words[head + np.uint64(5)] & 0xFFFF) * GROUP
    ranks = listed + (shape >> 5) + 1
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

"""The kernel that judges the fixes of a chunk against the edges of their leaves.

It waits for memory more than it computes: leaves are asked for some fixes ahead, so that they come
while others are judged, and what comes of a fix is kept, not acted on, so that no branch cuts the
work on one fix off from that on the next.
"""

from __future__ import annotations

import numpy as np

from geofence.grid.edge import GROUP, STEPS_BITS, exactly, judge_group
from geofence.grid.leaf import CROWDED, FIRST_LONG, HEADER, LONG, MIXED
from geofence.grid.locate import CHUNK, FINE
from geofence.grid.predicate import compiled
from geofence.grid.prefetch import prefetch

AHEAD = 32
"""Leaves asked for before they are read: about as many lines as a core can wait for."""


@compiled
def verdicts():
    """Room for what `judge` says of a chunk: `held`, `listed` and `idle`."""
    return np.empty(CHUNK, np.uint64), np.empty(CHUNK, np.uint64), np.empty(CHUNK, np.bool_)


@compiled
def judge(lon, lat, column, row, leaf, words, refs, edges, mixed, held, listed, idle):
    """Judge the fixes of mixed leaves; how many they are, and their most pairs and doubts.

    `mixed` takes their places in the chunk, in order.  By these places `held` uint64 takes a bit
    for each place of the leaf that holds the fix, exactly (for each outline of a long leaf; nothing
    of a crowded one), `listed` uint64 where the leaf's zones stand in `words`, and `idle` bool
    whether there is nothing more to do: no place holds the fix, and the leaf has nothing else.
    """
    count = np.uint64(0)
    for j in range(leaf.shape[0]):
        mixed[count] = j
        count += np.uint64(leaf[j] >= MIXED)
    for k in range(min(count, np.uint64(AHEAD))):
        _ask_for(leaf[np.uint64(mixed[k])], words)
    most = 0
    doubts = 0
    for k in range(count):
        if k + np.uint64(AHEAD) < count:
            _ask_for(leaf[np.uint64(mixed[k + np.uint64(AHEAD)])], words)
        j = np.uint64(mixed[k])
        head = np.uint64(leaf[j] ^ MIXED) * np.uint64(GROUP)
        most += words[head + np.uint64(3)]
        shape = words[head + np.uint64(4)]
        groups = words[head + np.uint64(5)] & 0xFFFF
        capsules = words[head + np.uint64(5)] >> 16
        doubts += capsules
        level = shape & 31
        idle[j] = False
        if level == CROWDED:
            continue
        is_long = level >= FIRST_LONG
        shift = FINE - (level - LONG if is_long else level)
        inner = (np.int64(1) << shift) - 1
        x = np.int32((column[j] & inner) >> (shift - STEPS_BITS))
        y = np.int32((row[j] & inner) >> (shift - STEPS_BITS))
        mask = np.int64(words[head]) & 0xFFFFFFFF
        mask |= np.int64(words[head + np.uint64(1)]) << 32
        holds = mask
        close = np.int32(0)
        at = head + np.uint64(HEADER)
        for _ in range(groups):
            parities, doubt = judge_group(words, at, x, y)
            holds ^= parities
            close |= doubt
            at += np.uint64(GROUP)
        if close != 0:
            holds = exactly(
                edges, refs, words[head + np.uint64(2)], words, np.int64(head) + HEADER, groups,
                mask, x, y, lon[j], lat[j],
            )  # fmt: skip
        held[j] = holds
        listed[j] = at
        idle[j] = (holds == 0) & (not is_long) & (capsules == 0)
        # the zones beyond the lines that were asked for
        after = at + np.uint64(shape >> 5)
        line = (at | np.uint64(GROUP - 1)) + np.uint64(1)
        while line < after:
            prefetch(words, np.int64(line))
            line += np.uint64(GROUP)
    return np.int64(count), most, doubts


@compiled
def _ask_for(leaf, words):
    """Bring the first two lines of a mixed leaf near, which are all that most have."""
    at = np.int64(leaf ^ MIXED) * GROUP
    prefetch(words, at)
    prefetch(words, at + GROUP)

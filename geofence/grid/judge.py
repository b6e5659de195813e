"""Which places of the mixed leaves of a chunk hold its fixes.

All fixes are judged before any pair is written: so the compiler keeps the edges of a group in one
register, and what a fix turns out to be does not hold up the next.
"""

from __future__ import annotations

import numpy as np

from geofence.grid.edge import GROUP, STEPS_BITS, exactly, judge_group
from geofence.grid.leaf import CROWDED, FIRST_LONG, HEADER, LONG, MIXED
from geofence.grid.locate import FINE, line_of
from geofence.grid.predicate import compiled
from geofence.grid.prefetch import prefetch

_AHEAD = 12
"""Fixes between asking for the rest of a leaf's lines and reading them."""


@compiled
def judge(lon, lat, count, words, refs, edges, room):
    """Fill `held` of `room` for its `count` busy fixes, exactly.

    Of a long leaf, the bits are of its outlines; of a crowded one, and one without edges, nothing
    is said.  Returns how many zones mixed leaves list, and how many doubts their capsules may be.
    """
    column, row, leaf, busy, held = room[:5]
    listed = 0
    doubts = 0
    for k in range(np.uint64(count)):
        ahead = np.uint64(busy[min(k + np.uint64(_AHEAD), np.uint64(count - 1))])
        if leaf[ahead] >= MIXED:
            _ask_for_the_rest(words, np.uint64(line_of(leaf[ahead])))
        j = np.uint64(busy[k])
        if leaf[j] < MIXED:
            continue
        head = np.uint64(line_of(leaf[j]))
        listed += words[head + np.uint64(3)]
        shape = words[head + np.uint64(4)] & 31
        last = words[head + np.uint64(5)]
        doubts += last >> 16
        if shape == CROWDED:
            continue
        groups = last & 0xFFFF
        level = shape - LONG if shape >= FIRST_LONG else shape
        shift = FINE - level
        inner = (np.int32(1) << shift) - np.int32(1)
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
        held[k] = np.uint64(holds)
    return listed, doubts


@compiled
def _ask_for_the_rest(words, head):
    """Ask for a leaf's lines but for the first two."""
    last = words[head + np.uint64(5)]
    last = HEADER + GROUP * (last & 0xFFFF) + (words[head + np.uint64(4)] >> 5)
    for line in range(2 * GROUP, last, GROUP):
        prefetch(words, np.int64(head) + line)

"""The two forms of a leaf: a set of zones, or a line of words with the edges that decide."""

from __future__ import annotations

import numpy as np

from geofence.grid.cut import CAPSULES, OUTLINE
from geofence.grid.edge import GROUP, LANES, MOST_PLACES, pack, pack_nothing
from geofence.grid.growing import roomy, roomy_rows
from geofence.grid.predicate import compiled

MIXED = 1 << 30
"""This bit says that a leaf is a line of `words` (16 of them), not a row of `leaves`."""
HEADER = 6
"""Words before the groups of a mixed leaf, see `_compact`."""
CROWDED = 31
"""In the place of a leaf's level: its outlines are listed one by one, see `_crowded`."""
LONG = 13
"""Added to a leaf's level: it lists more zones than a mask has bits, see `_compact`."""
FIRST_LONG = 18
"""Levels of mixed leaves are less, and those of long ones not."""
MOST_GROUPS, MOST_CAPSULES = 1023, 1023


@compiled
def lay(edges, place, content, begins, keys):
    """The leaves of `cut` in the forms that `query` reads; `keys` uint64[zones] are well mixed.

    Returns `leaf` int32[l], what stands for each, and `leaves`, `words`, `refs`, `pool` of `Grid`.
    """
    count = place.shape[0]
    leaf = np.zeros(count, np.int32)
    leaves = np.zeros((1024, 2), np.int32)
    n_leaves = 1  # the first has no zones
    pool = np.zeros(4096, np.int32)
    n_pool = 0
    words = np.zeros(4096, np.int32)
    n_words = 0
    refs = np.zeros(4096, np.int32)
    n_refs = 0
    table = np.zeros(4096, np.int32)  # of leaves by their sets; 0 is empty
    hashes = np.zeros(1024, np.uint64)
    for n in range(count):
        first, sure_first = begins[n]
        sure_after = begins[n + 1, 0]
        zones = content[sure_first:sure_after]
        if first == sure_first:
            if zones.shape[0] == 0:
                continue
            if 2 * n_leaves > table.shape[0]:
                table = _rehashed(hashes[:n_leaves], 4 * table.shape[0])
            key = np.uint64(0)
            for zone in zones:
                key ^= keys[zone]
            slot = _slot(table, leaves, pool, zones, key)
            if table[slot] == 0:
                leaves = roomy_rows(leaves, n_leaves, n_leaves + 1)
                hashes = roomy(hashes, n_leaves, n_leaves + 1)
                pool = roomy(pool, n_pool, n_pool + zones.shape[0])
                leaves[n_leaves, 0] = n_pool
                leaves[n_leaves, 1] = zones.shape[0]
                hashes[n_leaves] = key
                pool[n_pool : n_pool + zones.shape[0]] = zones
                n_pool += zones.shape[0]
                table[slot] = n_leaves
                n_leaves += 1
            leaf[n] = table[slot]
            continue

        outlines = 0
        n_edges = 0
        n_capsules = 0
        at = first
        while at < sure_first:
            if content[at + 2] >> 1 == OUTLINE:
                outlines += 1
                n_edges += content[at + 1]
            else:
                n_capsules += content[at + 1]
            at += 3 + content[at + 1]
        places = zones.shape[0] + outlines
        groups = (n_edges + LANES - 1) // LANES
        level = 0
        while 2.0**-level > place[n, 2]:
            level += 1
        compact = outlines <= MOST_PLACES and groups <= MOST_GROUPS and n_capsules <= MOST_CAPSULES
        compact = compact and FIRST_LONG - LONG <= level < FIRST_LONG
        long = compact and places > MOST_PLACES
        leaf[n] = MIXED | n_words // GROUP
        wanted = HEADER + groups * GROUP + places + 2 * outlines + 2 * n_capsules + GROUP
        words = roomy(words, n_words, n_words + wanted)
        refs = roomy(refs, n_refs, n_refs + groups * LANES)
        entries = content[first:sure_first]
        words[n_words + 3] = places + n_capsules
        words[n_words + 4] = (level + LONG * int(long) if compact else CROWDED) | places << 5
        words[n_words + 5] = groups | n_capsules << 16
        if compact:
            n_words, n_refs = _compact(
                words, n_words, refs, n_refs, entries, zones, groups, edges, place[n], long
            )
        else:
            n_words, n_refs = _crowded(words, n_words, refs, n_refs, entries, zones, outlines)
        # every mixed leaf begins with a cache line
        n_words = (n_words + GROUP - 1) // GROUP * GROUP
    # one more group: `query` asks ahead, and reads a group whole
    words = roomy(words, n_words, n_words + GROUP)
    return leaf, leaves[:n_leaves], words[: n_words + GROUP], refs[:n_refs], pool[:n_pool]


@compiled
def renumber(cells, leaf):
    """Put `leaf[c]` in the place of each leaf c in `cells`."""
    for k in range(cells.shape[0]):
        if cells[k] >= 0:
            cells[k] = leaf[cells[k]]


@compiled
def _slot(table, leaves, pool, zones, key):
    """Where the leaf of `zones` stands in `table`, or the empty slot where it belongs."""
    mask = table.shape[0] - 1
    slot = np.int64(key & np.uint64(mask))
    while table[slot] != 0:
        first, count = leaves[table[slot]]
        if count == zones.shape[0]:
            k = 0
            while k < count and pool[first + k] == zones[k]:
                k += 1
            if k == count:
                break
        slot = (slot + 1) & mask
    return slot


@compiled
def _rehashed(hashes, size):
    table = np.zeros(size, np.int32)
    for leaf in range(1, hashes.shape[0]):
        slot = np.int64(hashes[leaf] & np.uint64(size - 1))
        while table[slot] != 0:
            slot = (slot + 1) & (size - 1)
        table[slot] = leaf
    return table


@compiled
def _compact(words, at, refs, refs_at, entries, zones, groups, edges, place, long):
    """Write a leaf as `query` likes it best; the new ends of `words` and `refs`.

    The header: a mask of two words, a bit a place (certain, or the corner's parity); where its
    refs begin; most pairs; level and places; groups and capsules.  Then the groups of edges, the
    zones by place, in order, and (zone, capsule) pairs.  In a long leaf the bits of the mask, and
    the places that edges name, are of its outlines only; after the zones come how many outlines
    there are, and each one's place.
    """
    begin = at + HEADER
    put = begin + groups * GROUP
    mask = np.int64(0)
    where = 0
    outline = 0
    ranks = np.empty(MOST_PLACES, np.int32)
    lane = 0
    entry = 0
    sure = 0
    while entry < entries.shape[0] or sure < zones.shape[0]:
        if entry < entries.shape[0] and entries[entry + 2] >> 1 == CAPSULES:
            entry += 3 + entries[entry + 1]
            continue
        if entry >= entries.shape[0] or (sure < zones.shape[0] and zones[sure] < entries[entry]):
            words[put] = zones[sure]
            if not long:
                mask |= np.int64(1) << where
            sure += 1
        else:
            words[put] = entries[entry]
            bit = outline if long else where
            mask |= np.int64(entries[entry + 2] & 1) << bit
            ranks[outline] = where
            outline += 1
            for k in range(entry + 3, entry + 3 + entries[entry + 1]):
                refs[refs_at + lane] = entries[k]
                pack(
                    edges, entries[k] >> 2, entries[k] & 3, bit, place[0], place[1], place[2],
                    words, begin + lane // LANES * GROUP + lane % LANES,
                )  # fmt: skip
                lane += 1
            entry += 3 + entries[entry + 1]
        put += 1
        where += 1
    words[at] = np.int32(np.uint32(mask & 0xFFFFFFFF))
    words[at + 1] = np.int32(mask >> 32)
    words[at + 2] = refs_at
    while lane < groups * LANES:
        refs[refs_at + lane] = -1
        pack_nothing(words, begin + lane // LANES * GROUP + lane % LANES)
        lane += 1
    if long:
        words[put] = outline
        words[put + 1 : put + 1 + outline] = ranks[:outline]
        put += 1 + outline
    return _put_capsules(words, put, entries), refs_at + lane


@compiled
def _crowded(words, at, refs, refs_at, entries, zones, outlines):
    """Write a leaf that does not fit the compact form; the new ends of `words` and `refs`.

    The header as in `_compact`, but for its first three words: where its refs begin, certain
    zones, outlines.  Then the certain zones, (zone, edges, parity) an outline, (zone, capsule)
    pairs.
    """
    words[at] = refs_at
    words[at + 1] = zones.shape[0]
    words[at + 2] = outlines
    put = at + HEADER
    for zone in zones:
        words[put] = zone
        put += 1
    entry = 0
    while entry < entries.shape[0]:
        if entries[entry + 2] >> 1 == OUTLINE:
            words[put] = entries[entry]
            words[put + 1] = entries[entry + 1]
            words[put + 2] = entries[entry + 2] & 1
            put += 3
            for k in range(entry + 3, entry + 3 + entries[entry + 1]):
                refs[refs_at] = entries[k]
                refs_at += 1
        entry += 3 + entries[entry + 1]
    return _put_capsules(words, put, entries), refs_at


@compiled
def _put_capsules(words, put, entries):
    entry = 0
    while entry < entries.shape[0]:
        if entries[entry + 2] >> 1 == CAPSULES:
            for k in range(entry + 3, entry + 3 + entries[entry + 1]):
                words[put] = entries[entry]
                words[put + 1] = entries[k]
                put += 2
        entry += 3 + entries[entry + 1]
    return put

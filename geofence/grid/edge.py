"""What one edge says about a point of a cell, so that a cell needs only the edges that touch it.

Inside or outside follows from the parity at the cell's south-west corner and from how often the
outline crosses the way from there to the point: up along the cell's west side, then east.  For an
edge that crosses the west side both legs together come to one orientation test; `flags` says which
(`ABOVE`: it counts for every point above the edge; `FLIP`: it counts for points left of it, not
right of it).  The formula holds for any edge, so a cell may list too many edges, never too few.

Ties follow one rule: the way runs infinitely little north of the point, and, by infinitely more
than that, east of the corner (symbolic perturbation).  Edges point up: a is the lower end, and of
a level edge either.
"""

from __future__ import annotations

import math

import numpy as np

from geofence.grid.predicate import compiled, inlined, orientation

ABOVE, FLIP = 2, 1

STEPS_BITS = 12
"""A leaf keeps an edge in 2**12 steps a side of its cell: two words of 32 bits, see `pack`."""
_STEPS = 1 << STEPS_BITS
_NEAR = 1
"""Steps that an end of an edge and the point may be off together: half a step each."""
LANES = 8
"""Words come in groups: the low words of so many edges, then their high words; one cache line."""
GROUP = 2 * LANES
MOST_PLACES = 64
"""Zones that a leaf in the compact form can list; an edge names its zone's place in the list."""
_MARGIN = 1e-12


@compiled
def flags_at(edges, e, west, south):
    """`ABOVE | FLIP` of edge `e` for the cell whose corner is (west, south)."""
    ax, ay, bx, by = edges[e, 0], edges[e, 1], edges[e, 2], edges[e, 3]
    if (ax > west) == (bx > west):
        # along the west side or short of it: crossed by no way, but a point may lie on it
        return 0 if ax > west else FLIP
    if ay == by:
        return ABOVE if ay > south else 0
    right = orientation(ax, ay, bx, by, west, south) <= 0
    if bx > ax:
        return ABOVE | FLIP if right else 0
    # falling, and below the corner: west of every point that it is level with
    return FLIP if right else ABOVE


@compiled
def crossed(edges, e, flags, lon, lat):
    """1 when the way from the corner to (lon, lat), not on the edge, crosses it, else 0."""
    ay, by = edges[e, 1], edges[e, 3]
    if lat < ay:
        return 0
    if lat >= by:
        return flags >> 1
    right = orientation(edges[e, 0], ay, edges[e, 2], by, lon, lat) <= 0
    return int(right) ^ (flags & FLIP)


@compiled
def touches(edges, e, west, south, width):
    """Whether an edge touches a cell (closed); may say yes for one that passes within a hair."""
    ax, ay, bx, by = edges[e, 0], edges[e, 1], edges[e, 2], edges[e, 3]
    east, north = west + width, south + width
    if ay > north or by < south:
        return False
    if min(ax, bx) > east or max(ax, bx) < west:
        return False
    dx, dy = bx - ax, by - ay
    half = 0.5 * width
    off = dx * (south + half - ay) - dy * (west + half - ax)
    reach = half * (abs(dx) + dy)
    return abs(off) <= reach * (1.0 + 1e-9) + _MARGIN * (abs(dx) + dy) * 360.0


@compiled
def holds(edges, refs, first, after, parity, lon, lat):
    """Whether an outline holds (lon, lat), exactly, boundary included.

    `refs[first:after]` are `edge << 2 | flags`.
    """
    for k in range(first, after):
        verdict = _says(edges, refs[k], lon, lat)
        if verdict < 0:
            return True
        parity ^= verdict
    return parity == 1


@compiled
def exactly(edges, refs, refs_at, words, begin, groups, mask, x, y, lon, lat):
    """Which places of a leaf hold (lon, lat), exactly: `mask` has the parities to begin with.

    (x, y) is the point in steps: only the edges that it is close to are looked up.
    """
    touched = np.int64(0)
    for g in range(groups):
        for lane in range(LANES):
            at = begin + g * GROUP + lane
            says, close, place = _judge(words[at], words[at + LANES], x, y)
            verdict = np.int64(says)
            if close:
                verdict = np.int64(_says(edges, refs[refs_at + g * LANES + lane], lon, lat))
            if verdict < 0:
                touched |= np.int64(1) << place
            else:
                mask ^= verdict << place
    return mask | touched


@compiled
def _says(edges, ref, lon, lat):
    """1 when the way to (lon, lat) crosses the edge, 0 when not, -1 when the point lies on it."""
    e = ref >> 2
    ay, by = edges[e, 1], edges[e, 3]
    if lat < ay:
        return 0
    above = (ref >> 1) & 1
    if lat > by:
        return above
    ax, bx = edges[e, 0], edges[e, 2]
    side = orientation(ax, ay, bx, by, lon, lat)
    if side == 0:
        # beyond the ends of a level edge nothing but the leg at the west side counts
        return -1 if min(ax, bx) <= lon <= max(ax, bx) else above
    if lat == by:
        return above
    return int(side < 0) ^ (ref & 1)


@compiled
def pack(edges, e, flags, place, west, south, width, words, at):
    """Write an edge, clipped to the cell and one cell around it, to `words[at]` and its high word.

    From the low end, 14 bits each: ax and ay below, bx and by above, in steps from the cell's
    corner less the half by which a point is rounded down; then `ABOVE`, `FLIP` and the high 2 bits
    of the zone's place in the leaf below, its low 4 bits above.  Clipping keeps what the edge says
    about every point of the cell: past the clipped ends it says what it says past the cell's
    sides.
    """
    ax, ay = (edges[e, 0] - west) / width, (edges[e, 1] - south) / width
    bx, by = (edges[e, 2] - west) / width, (edges[e, 3] - south) / width
    dx, dy = bx - ax, by - ay
    low, high = 0.0, 1.0
    for d, a in ((dx, ax), (dy, ay)):
        if d == 0.0:
            continue
        one, other = (-1.0 - a) / d, (2.0 - a) / d
        low = max(low, min(one, other))
        high = min(high, max(one, other))
    high = max(low, high)
    lower = _steps(ax + low * dx) | _steps(ay + low * dy) << 14
    upper = _steps(ax + high * dx) | _steps(ay + high * dy) << 14
    lower |= (flags >> 1) << 28 | (flags & FLIP) << 29 | (place >> 4) << 30
    words[at] = np.int32(np.uint32(lower))
    words[at + LANES] = np.int32(np.uint32(upper | (place & 15) << 28))


@compiled
def pack_nothing(words, at):
    """Write an edge that says nothing about any point and is near to none."""
    low = _steps(-1.0) | _steps(-1.0) << 14
    words[at] = np.int32(low)
    words[at + LANES] = np.int32(low)


@compiled
def _steps(value):
    # rounding down gives the nearest to value * _STEPS - 0.5
    return np.int64(min(2 * _STEPS - 1, max(-_STEPS, math.floor(value * _STEPS)))) & 0x3FFF


@compiled
def judge_group(words, at, x, y):
    """What a group says of a point in steps: parities, a bit a place, and whether any is unsure.

    `at` is unsigned, and nothing branches, so that the compiler takes the edges eight at a time.
    """
    parities = np.int64(0)
    doubt = np.int32(0)
    for lane in range(LANES):
        says, close, place = _judge(
            words[at + np.uint64(lane)], words[at + np.uint64(lane + LANES)], x, y
        )
        parities ^= np.int64(says) << place
        doubt |= np.int32(close)
    return parities, doubt


@inlined
def _judge(lower, upper, x, y):
    """What one packed edge says of a point in steps, whether it is unsure, and of which place."""
    ax = np.int32(lower << 18) >> 18
    ay = np.int32(lower << 4) >> 18
    bx = np.int32(upper << 18) >> 18
    by = np.int32(upper << 4) >> 18
    over = np.int32(y - ay)
    under = np.int32(y - by)
    dx = np.int32(bx - ax)
    dy = np.int32(by - ay)
    det = np.int32(np.int32(dx * over) - np.int32(dy * np.int32(x - ax)))
    above_end = under >= 0
    between = (over >= 0) & (not above_end)
    counts_above = ((lower >> 28) & 1) != 0
    flipped = ((lower >> 29) & 1) != 0
    says = (between & ((det < 0) != flipped)) | (above_end & counts_above)
    close = between & (abs(det) <= np.int32(_NEAR * (abs(dx) + dy) + 4))
    close |= (abs(over) <= _NEAR) | (abs(under) <= _NEAR)
    return says, close, np.int64(((lower >> 26) & 48) | ((upper >> 28) & 15))

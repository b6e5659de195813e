"""What rules remember of vehicles: a table by (rule, vehicle, zone), open addresses, no deletion.

What has lapsed is dropped when the table grows, and is read as absent before that: when it grows
changes no answer.
"""

from __future__ import annotations

import numpy as np

from geofence.grid.predicate import compiled
from geofence.rules.sweep.held import LATCH, Count

LAPSE_MS = 3_600_000
"""A cool-down is forgotten so long after it ended, for transitions may be told late."""
_CLOCK, _LATCHES = int(Count.CLOCK), int(Count.LATCHES)


@compiled
def slot_of(latches, rule, vehicle, zone):
    """Where the latch is, or the empty slot where it belongs."""
    mask = latches.shape[0] - 1
    key = np.uint64(rule) * np.uint64(0x9E3779B97F4A7C15)
    key ^= np.uint64(vehicle + 1) * np.uint64(0xC2B2AE3D27D4EB4F)
    key ^= np.uint64(zone + 2) * np.uint64(0x165667B19E3779F9)
    key ^= key >> np.uint64(29)
    slot = np.int64(key & np.uint64(mask))
    while latches[slot].used and not (
        latches[slot].rule == rule
        and latches[slot].vehicle == vehicle
        and latches[slot].zone == zone
    ):
        slot = (slot + 1) & mask
    return slot


@compiled
def latched(held, rule, vehicle, zone):
    """The latch of these three, a fresh one where there is none; there must be room for it."""
    slot = slot_of(held.latches, rule, vehicle, zone)
    latch = held.latches[slot]
    if not latch.used:
        latch.rule = rule
        latch.vehicle = vehicle
        latch.zone = zone
        latch.used = 1
        held.counts[_LATCHES] += 1
    return latch


@compiled
def is_cooling(latch, cool_ms, t_ms, clock_ms):
    """Whether an alert at `t_ms` falls into the cool-down of the one before."""
    until = latch.told_ms + cool_ms
    return cool_ms > 0 and latch.told_ms > 0 and t_ms < until and until + LAPSE_MS >= clock_ms


@compiled
def stay_of(held, vehicle, zone):
    """Position of a vehicle's stay in a zone, -1 where it is not in it."""
    own = held.vehicles[vehicle]
    for n in range(own.at, own.at + own.count):
        if held.stays[n].zone == zone:
            return n
    return -1


@compiled
def forget_lapsed(held, cool_ms):
    """Empty the latches that say nothing any more; how many are left.

    A slot emptied breaks the chains of the table: it is for `packed_latches` alone.
    """
    left = 0
    for n in range(held.latches.shape[0]):
        latch = held.latches[n]
        if not latch.used:
            continue
        if latch.zone >= 0:
            stay = stay_of(held, latch.vehicle, latch.zone)
            says = stay >= 0 and held.stays[stay].since_ms == latch.since_ms
        else:
            until = latch.told_ms + cool_ms[latch.rule]
            cools = latch.told_ms > 0 and cool_ms[latch.rule] > 0
            cools = cools and until + LAPSE_MS >= held.counts[_CLOCK]
            if not cools:
                latch.told_ms = 0
            if latch.count == 0:
                latch.lon = 0.0
                latch.lat = 0.0
                latch.peak = 0.0
            says = cools or latch.since_ms != 0
        if says:
            left += 1
        else:
            latch.used = 0
    return left


@compiled
def packed_latches(held, cool_ms):
    """The latches that still say something, in a table of their own size."""
    left = forget_lapsed(held, cool_ms)
    size = 64
    while size < 4 * left:
        size *= 2
    out = np.zeros(size, LATCH)
    for n in range(held.latches.shape[0]):
        old = held.latches[n]
        if old.used:
            out[slot_of(out, old.rule, old.vehicle, old.zone)] = old
    return out, left


@compiled
def laid_out(latches, table):
    """`latches` put into an empty `table` that has room for them."""
    for n in range(latches.shape[0]):
        own = latches[n]
        table[slot_of(table, own.rule, own.vehicle, own.zone)] = own
    return table

"""Stays that will raise something when they go on: a heap by time, then rule, vehicle and zone."""

from __future__ import annotations

from geofence.grid.predicate import compiled
from geofence.rules.sweep.held import Count

FAR_MS = 1 << 62
"""Later than all event time."""
_DUES = int(Count.DUES)


@compiled
def _precedes(a, b):
    if a.t_ms != b.t_ms:
        return a.t_ms < b.t_ms
    if a.rule != b.rule:
        return a.rule < b.rule
    if a.vehicle != b.vehicle:
        return a.vehicle < b.vehicle
    return a.zone < b.zone


@compiled
def _swap(dues, i, j):
    # a record read from the array is a view of it: the fields are taken out one by one
    t_ms, since_ms, rule = dues[i].t_ms, dues[i].since_ms, dues[i].rule
    vehicle, zone = dues[i].vehicle, dues[i].zone
    dues[i] = dues[j]
    dues[j].t_ms = t_ms
    dues[j].since_ms = since_ms
    dues[j].rule = rule
    dues[j].vehicle = vehicle
    dues[j].zone = zone


@compiled
def first_due(held):
    """When the first stay is due, `FAR_MS` when none is."""
    return held.dues[0].t_ms if held.counts[_DUES] > 0 else FAR_MS


@compiled
def push(held, t_ms, since_ms, rule, vehicle, zone):
    """Note a stay; there must be room for it."""
    dues, n = held.dues, held.counts[_DUES]
    due = dues[n]
    due.t_ms = t_ms
    due.since_ms = since_ms
    due.rule = rule
    due.vehicle = vehicle
    due.zone = zone
    due.none = 0
    while n > 0 and _precedes(dues[n], dues[(n - 1) >> 1]):
        _swap(dues, n, (n - 1) >> 1)
        n = (n - 1) >> 1
    held.counts[_DUES] += 1


@compiled
def pop(held):
    """Take the first stay off: (t_ms, since_ms, rule, vehicle, zone)."""
    dues = held.dues
    first = dues[0]
    out = (first.t_ms, first.since_ms, first.rule, first.vehicle, first.zone)
    held.counts[_DUES] -= 1
    count = held.counts[_DUES]
    dues[0] = dues[count]
    n = 0
    while 2 * n + 1 < count:
        child = 2 * n + 1
        if child + 1 < count and _precedes(dues[child + 1], dues[child]):
            child += 1
        if not _precedes(dues[child], dues[n]):
            break
        _swap(dues, n, child)
        n = child
    return out

"""When a rule may speak, and what it says: windows, cool-downs, and the alert itself."""

from __future__ import annotations

import math

import numpy as np

from geofence.grid.predicate import compiled
from geofence.rules.sweep.due import push
from geofence.rules.sweep.held import Count
from geofence.rules.sweep.latch import is_cooling, latched

_CLOCK, _ALERTS = int(Count.CLOCK), int(Count.ALERTS)


@compiled
def next_open(book, rule, t_ms):
    """The first instant from `t_ms` on at which a rule counts.

    Where the calendar knows of none it is the calendar's end, to be asked again by then.
    """
    schedule = book.rules[rule].schedule
    if schedule < 0:
        return t_ms
    low, high = book.switch_at[schedule], book.switch_at[schedule + 1]
    first, end = low, high
    while low < high:
        middle = (low + high) >> 1
        if book.switch_ms[middle] <= t_ms:
            low = middle + 1
        else:
            high = middle
    if (low - first) & 1:
        return t_ms
    if low < end:
        return book.switch_ms[low]
    return max(book.known_ms, t_ms + 1)


@compiled
def is_dealt_with(book, held, t_ms):
    """Whether what time alone raises at `t_ms` has been raised."""
    return t_ms <= held.counts[_CLOCK] - book.settle_ms


@compiled
def due_ms(book, held, rule, stay):
    """When a stay raises a dwell rule."""
    t_ms = max(stay.since_ms + book.rules[rule].dwell_ms, stay.live_ms)
    return next_open(book, rule, max(t_ms, held.from_ms[rule]))


@compiled
def push_due(book, held, rule, vehicle, stay):
    """Note when a stay will raise a dwell rule."""
    t_ms = due_ms(book, held, rule, stay)
    push(held, t_ms, stay.since_ms, rule, vehicle, stay.zone)


@compiled
def say(book, held, rule, vehicle, zone, t_ms, detected_ms, fix, lon, lat, value):
    """Raise an alert unless the rule cools down; there must be room for it."""
    if book.rules[rule].cool_ms > 0:
        latch = latched(held, rule, vehicle, -1)
        if is_cooling(latch, book.rules[rule].cool_ms, t_ms, held.counts[_CLOCK]):
            return
        latch.told_ms = t_ms
    alert = held.alerts[held.counts[_ALERTS]]
    alert.t_ms = t_ms
    alert.t_detected_ms = detected_ms
    alert.fix = fix
    alert.lon = lon
    alert.lat = lat
    alert.value = value
    alert.rule = rule
    alert.vehicle = vehicle
    alert.zone = zone
    alert.none = 0
    held.counts[_ALERTS] += 1


@compiled
def say_state(book, held, rule, vehicle, zone, t_ms, detected_ms, fix, lon, lat):
    """Raise a rule about a state that became true at `t_ms`, or leave it to its next window."""
    from_ms = next_open(book, rule, max(t_ms, held.from_ms[rule]))
    if from_ms > t_ms and not is_dealt_with(book, held, from_ms):
        return
    latched(held, rule, vehicle, -1).since_ms = from_ms
    say(book, held, rule, vehicle, zone, from_ms, detected_ms, fix, lon, lat, math.nan)


@compiled
def say_dwell(book, held, rule, vehicle, stay, t_ms, detected_ms, fix, lon, lat):
    """Raise a dwell rule once for one stay."""
    zone, since_ms = stay.zone, stay.since_ms
    latch = latched(held, rule, vehicle, zone)
    if latch.since_ms == since_ms:
        return
    latch.since_ms = since_ms
    seconds = (t_ms - since_ms) * 0.001
    say(book, held, rule, vehicle, zone, t_ms, detected_ms, fix, lon, lat, seconds)


@compiled
def next_opening(book, held, after_ms):
    """The first instant after `after_ms` at which a schedule opens or a rule begins to count."""
    out = max(book.known_ms, after_ms + 1)
    if book.switch_at.shape[0] == 1:
        out = np.int64(1) << np.int64(62)
    for schedule in range(book.switch_at.shape[0] - 1):
        first, end = book.switch_at[schedule], book.switch_at[schedule + 1]
        low = first + np.searchsorted(book.switch_ms[first:end], after_ms, side="right")
        low += (low - first) & 1
        if low < end:
            out = min(out, book.switch_ms[low])
    for rule in range(held.from_ms.shape[0]):
        if held.from_ms[rule] > after_ms:
            out = min(out, held.from_ms[rule])
    return out

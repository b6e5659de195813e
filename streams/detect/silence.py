"""Silence against a vehicle's own habit, by timers of event time.

A timer waits in one of `SLOTS` slots of `SLOT_MS`.  It is lazy: a vehicle that was heard again
stays where it waits, and is looked at when its slot comes, so a fix costs nothing.  The clock is
the newest event time of any live fix; when nobody was heard for long, nobody is silent: it is the
system that did not listen.
"""

from __future__ import annotations

import numpy as np

from geofence.grid.predicate import compiled
from ingest.fix import Alarm
from streams.detect.finding import Count
from streams.detect.fusion import armed_by, raise_
from streams.signal import SignalKind
from streams.state import SLOT_MS, SLOTS, Motion

_CLOCK, _SWEPT = 0, 1
"""Positions in `clock`: the fleet's time in ms, and the newest slot that was looked at."""
_PARKED = int(Motion.PARKED)
_LOW_BATTERY = int(Alarm.LOW_BATTERY)
_SILENT = SignalKind.SILENT.number
_CUT = SignalKind.POWER_CUT_THEN_SILENT.number
_OUTAGE = int(Count.OUTAGE)
_CUT_BEFORE_S = 600  # a power cut this long before the last word belongs to the silence
_USUAL_OF, _LONGEST_OF = 16, 256  # reports over which the habit is a mean, and a longest fades
_NAN = float("nan")


@compiled
def hear(row, t_ms, seconds):
    """Take in the interval before a fix of a parked vehicle as its habit."""
    if row.usual_s == 0.0:
        row.usual_s = seconds
    else:
        row.usual_s += (seconds - row.usual_s) / _USUAL_OF
    row.most_s = max(seconds, row.most_s - row.most_s / _LONGEST_OF)
    # minutes that the clock turned in between: so that many short intervals count, too
    turned = t_ms // 60_000 - (t_ms - np.int64(seconds * 1000.0)) // 60_000
    row.watched_min = min(65_535, row.watched_min + turned)


@compiled
def _cut_lately(row):
    return row.power_cut_s > 0 and row.seen_ms // 1000 - row.power_cut_s <= _CUT_BEFORE_S


@compiled
def _due_ms(row, p):
    """When its silence is none of its habits; 0: never."""
    if row.usual_s == 0.0 or armed_by(row) == 0:
        return 0
    if _cut_lately(row):
        allowed_s = max(p.after_cut_ms * 0.001, 5.0 * row.usual_s, 2.0 * row.most_s)
        return row.seen_ms + np.int64(allowed_s * 1000.0)
    if (
        row.motion != _PARKED
        or row.watched_min * 60_000 < p.watched_ms
        or row.alarms & _LOW_BATTERY
    ):
        return 0
    allowed_s = max(p.of_usual * row.usual_s, p.of_longest * row.most_s)
    return row.seen_ms + np.int64(max(p.silent_ms, allowed_s * 1000.0))


@compiled
def wait(row, number, heads, next_, clock, p):
    """Put a vehicle among the timers if it has a reason to and does not wait already."""
    if row.due != 0:
        return
    due_ms = _due_ms(row, p)
    if due_ms > 0:
        _put(row, number, due_ms, heads, next_, clock)


@compiled
def _put(row, number, due_ms, heads, next_, clock):
    slot = max(due_ms // SLOT_MS + 1, clock[_SWEPT] + 1)
    slot = min(slot, clock[_SWEPT] + SLOTS - 1)
    row.due = slot
    at = slot & (SLOTS - 1)
    next_[number] = heads[at]
    heads[at] = number


@compiled
def tick(findings, n, rows, fix, t_ms, heads, next_, clock, tally, p, weights):
    """Move the clock on to `t_ms` and raise what became due; (findings, whether it is there yet).

    It stops, and wants to be called again, when `findings` runs full.
    """
    if clock[_CLOCK] == 0:
        clock[_CLOCK] = t_ms
        clock[_SWEPT] = t_ms // SLOT_MS
    slot = t_ms // SLOT_MS
    missed_ms = t_ms - clock[_CLOCK] if t_ms - clock[_CLOCK] > p.outage_ms else 0
    # a slot that the clock went round past is looked at once
    if slot - clock[_SWEPT] > SLOTS:
        clock[_SWEPT] = slot - SLOTS
    while clock[_SWEPT] < slot:
        at = (clock[_SWEPT] + 1) & (SLOTS - 1)
        held = 0
        number = heads[at]
        while number >= 0:
            held += 1
            number = next_[number]
        if held > findings.shape[0] - n:
            return n, False
        clock[_SWEPT] += 1
        if held == 0:
            continue
        due = np.empty(held, np.int64)
        number = heads[at]
        for k in range(held):
            due[k] = number
            number = next_[number]
        heads[at] = -1
        due.sort()  # so that the order does not depend on how they came to wait
        for number in due:
            row = rows[number]
            row.due = 0
            due_ms = _due_ms(row, p)
            if due_ms == 0:
                continue
            if missed_ms > 0:
                # nobody could be heard: each has as long again as it had left
                tally[_OUTAGE] += 1
                _put(row, number, max(due_ms, t_ms) + missed_ms, heads, next_, clock)
            elif due_ms // SLOT_MS + 1 > clock[_SWEPT]:
                _put(row, number, due_ms, heads, next_, clock)
            else:
                n = _fall_silent(findings, n, row, number, fix, due_ms, p, weights)
    clock[_CLOCK] = max(clock[_CLOCK], t_ms)
    return n, True


@compiled
def _fall_silent(findings, n, row, number, fix, due_ms, p, weights):
    seconds = (due_ms - row.seen_ms) * 0.001
    kind = _SILENT
    if _cut_lately(row):
        if row.cuts >= 2:
            return n
        kind = _CUT
    numbers = (0.0, _NAN, _NAN, seconds, 0)
    place = (row.lon, row.lat)
    return raise_(
        findings, n, row, kind, fix, number, row.seen_ms, due_ms, place, numbers, p, weights
    )  # fmt: skip

"""The compiled heart: fixes and transitions in order of arrival, and the time they bring.

At each fix its transitions come first, then what time alone raises (stays that are due, windows
that open), then its speed; so the answer does not depend on where batches are cut.
"""

from __future__ import annotations

import numpy as np

from geofence.grid.predicate import compiled
from geofence.grid.prefetch import AHEAD, prefetch_whole
from geofence.rules.model import When
from geofence.rules.sweep.bits import lowest
from geofence.rules.sweep.due import FAR_MS, first_due, pop, push
from geofence.rules.sweep.held import KINDS, Count
from geofence.rules.sweep.latch import latched, slot_of, stay_of
from geofence.rules.sweep.moving import find, move, plan, stays_needed, union_of, zone_for
from geofence.rules.sweep.raising import due_ms, next_open, next_opening, say, say_dwell

_INSIDE, _OUTSIDE = KINDS.index(When.INSIDE), KINDS.index(When.OUTSIDE)
_SPEEDING = KINDS.index(When.SPEEDING)
_CLOCK, _CHECKED, _OPENING = int(Count.CLOCK), int(Count.CHECKED), int(Count.OPENING)
_STAYS, _DUES = int(Count.STAYS), int(Count.DUES)
_LATCHES, _ALERTS = int(Count.LATCHES), int(Count.ALERTS)
_WANTED = int(Count.WANTED)
_AT_FIX, _AT_MOVE, _AT_OPEN = int(Count.AT_FIX), int(Count.AT_MOVE), int(Count.AT_OPEN)
_AT_PASSED = int(Count.AT_PASSED)
_KMH = 3.6  # km/h in a metre a second
_SPEED_FIXES = 2  # fixes in a row that show it: one may be a receiver's slip
_ONE = np.uint64(1)
_NONE = np.uint64(0)


@compiled
def advance(book, held, class_of, class_bits, fixes, moves):
    """Advance by a batch; `class_of` int32[vehicles] and `class_bits`: which rules are about whom.

    Begins at `counts[AT_FIX]` and `counts[AT_MOVE]` and stops where an array has no room for what
    comes next: False, and after more room was made the same call goes on.  True when it is done.
    Alerts are the first `counts[ALERTS]`.
    """
    union = np.zeros(book.kind_bits.shape[1], np.uint64)
    # handing `book` and `held` to a function counts a reference for each of their arrays, which
    # costs more than all else that most fixes need: so what is asked of every fix is asked here
    counts, vehicles, dues, settle_ms = held.counts, held.vehicles, held.dues, book.settle_ms
    move_fix, before_ms, tick_ms = moves.fix, fixes.before_ms, fixes.tick_ms
    live, speed_mps = fixes.live, fixes.speed_mps
    if counts[_CLOCK] > 0 and counts[_AT_OPEN] == 0:
        counts[_OPENING] = next_opening(book, held, counts[_CHECKED])
    m = counts[_AT_MOVE]
    for i in range(counts[_AT_FIX], fixes.vehicle.shape[0]):
        vehicle = fixes.vehicle[i]
        if i + AHEAD < fixes.vehicle.shape[0] and live[i + AHEAD]:
            prefetch_whole(vehicles, fixes.vehicle[i + AHEAD])
        counts[_AT_FIX] = i
        if before_ms[i] > 0 and counts[_AT_PASSED] == 0:
            if before_ms[i] > counts[_CLOCK]:
                if counts[_CLOCK] == 0:
                    _begin(book, held, before_ms[i])
                counts[_CLOCK] = before_ms[i]
            due_ms = dues[0].t_ms if counts[_DUES] > 0 else FAR_MS
            if counts[_CLOCK] - settle_ms >= min(due_ms, counts[_OPENING]):
                if not _pass_time(book, held, class_of, class_bits, i, union):
                    return False
            counts[_AT_PASSED] = 1
        while m < move_fix.shape[0] and move_fix[m] <= i:
            if not _has_room(held, 1, stays_needed(held, moves.vehicle[m])):
                return False
            move(book, held, class_bits[class_of[moves.vehicle[m]]], moves, m, union)
            m += 1
            counts[_AT_MOVE] = m
        own = vehicles[vehicle]
        if live[i]:
            own.fix_ms = fixes.t_ms[i]
            own.lon = fixes.lon[i]
            own.lat = fixes.lat[i]
        if tick_ms[i] > counts[_CLOCK]:
            if counts[_CLOCK] == 0:
                _begin(book, held, tick_ms[i])
            counts[_CLOCK] = tick_ms[i]
        if live[i] and (own.stale or not own.known):
            if not _has_room(held, 1 + own.count, 0):
                return False
            find(book, held, class_bits[class_of[vehicle]], vehicle, i, union)
        due_ms = dues[0].t_ms if counts[_DUES] > 0 else FAR_MS
        if counts[_CLOCK] - settle_ms >= min(due_ms, counts[_OPENING]):
            if not _pass_time(book, held, class_of, class_bits, i, union):
                return False
        if live[i]:
            kmh = speed_mps[i] * _KMH
            if kmh > own.limit or (own.over > 0 and kmh >= 0.0):
                if not _has_room(held, 1, 0):
                    return False
                _weigh_speed(book, held, class_bits[class_of[vehicle]], fixes, i, kmh, union)
        counts[_AT_PASSED] = 0
    counts[_AT_FIX] = 0
    counts[_AT_MOVE] = 0
    counts[_AT_PASSED] = 0
    return True


@compiled
def _has_room(held, times, stays):
    """Whether every rule may raise something so many times, and `stays` fit in."""
    each = times * (held.from_ms.shape[0] + 1) + stays
    if (
        held.counts[_ALERTS] + each <= held.alerts.shape[0]
        and held.counts[_DUES] + each <= held.dues.shape[0]
        and 2 * (held.counts[_LATCHES] + 2 * each) <= held.latches.shape[0]
        and held.counts[_STAYS] + stays <= held.stays.shape[0]
    ):
        return True
    held.counts[_WANTED] = each
    return False


@compiled
def _begin(book, held, t_ms):
    """The clock's first time: what opened before it is nobody's concern."""
    held.counts[_CHECKED] = t_ms - book.settle_ms
    held.counts[_OPENING] = next_opening(book, held, held.counts[_CHECKED])


@compiled
def _pass_time(book, held, class_of, class_bits, fix, union):
    """Raise what time alone raises by now, in order; False where room is wanting."""
    past_ms = held.counts[_CLOCK] - book.settle_ms
    while True:
        due, opening = first_due(held), held.counts[_OPENING]
        if min(due, opening) > past_ms:
            return True
        if not _has_room(held, 1, 0):
            return False
        if opening <= due:
            if not _open(book, held, class_of, class_bits, opening, fix, union):
                return False
            held.counts[_CHECKED] = opening
            held.counts[_OPENING] = next_opening(book, held, opening)
        else:
            _fall_due(book, held, fix)


@compiled
def _fall_due(book, held, fix):
    t_ms, since_ms, rule, vehicle, zone = pop(held)
    n = stay_of(held, vehicle, zone)
    if n < 0 or held.stays[n].since_ms != since_ms or held.stays[n].live_ms == 0:
        return
    due = due_ms(book, held, rule, held.stays[n])
    if due > t_ms:
        push(held, due, since_ms, rule, vehicle, zone)
        return
    own = held.vehicles[vehicle]
    say_dwell(
        book, held, rule, vehicle, held.stays[n], t_ms, t_ms + book.settle_ms, fix, own.lon, own.lat
    )


@compiled
def _open(book, held, class_of, class_bits, t_ms, fix, union):
    """Raise the states that are so at the instant at which their rules begin to count."""
    wanted = np.zeros(book.kind_bits.shape[1], np.uint64)
    begun = np.zeros(book.kind_bits.shape[1], np.uint64)
    for rule in range(held.from_ms.shape[0]):
        bit = _ONE << np.uint64(rule % 64)
        from_ms = held.from_ms[rule]
        opens = next_open(book, rule, t_ms) == t_ms
        opens = opens and (
            from_ms == t_ms or (from_ms < t_ms and next_open(book, rule, t_ms - 1) == t_ms)
        )
        if opens:
            wanted[rule // 64] |= bit
            if from_ms == t_ms:
                begun[rule // 64] |= bit
    for word in range(wanted.shape[0]):
        wanted[word] &= book.kind_bits[_INSIDE, word] | book.kind_bits[_OUTSIDE, word]
    if not wanted.any():
        return True
    for vehicle in range(held.counts[_AT_OPEN], held.vehicles.shape[0]):
        own = held.vehicles[vehicle]
        held.counts[_AT_OPEN] = vehicle
        if own.known and not own.stale:
            if not _has_room(held, 1, 0):
                return False
            about = class_bits[class_of[vehicle]]
            _open_for(book, held, about, vehicle, t_ms, fix, wanted, begun, union)
    held.counts[_AT_OPEN] = 0
    return True


@compiled
def _open_for(book, held, about, vehicle, t_ms, fix, wanted, begun, union):
    own = held.vehicles[vehicle]
    union_of(book, held, vehicle, union)
    for word in range(about.shape[0]):
        inside = book.kind_bits[_INSIDE, word] & union[word]
        outside = book.kind_bits[_OUTSIDE, word] & ~union[word]
        left = about[word] & wanted[word] & (inside | outside)
        while left != _NONE:
            rule = 64 * word + lowest(left)
            bit = left & ~(left - _ONE)
            left &= left - _ONE
            zone = zone_for(book, held, rule, vehicle) if inside & bit else -1
            latch = latched(held, rule, vehicle, -1)
            raised_ms = latch.since_ms
            # true already when the rule began, or since this very window opened
            if raised_ms >= t_ms or (raised_ms > 0 and begun[word] & bit != _NONE):
                continue
            latch.since_ms = t_ms
            say(
                book, held, rule, vehicle, zone, t_ms, t_ms + book.settle_ms, fix, own.lon,
                own.lat, np.nan,
            )  # fmt: skip


@compiled
def _weigh_speed(book, held, about, fixes, i, kmh, union):
    """Count fixes in a row that are too fast for a rule, and raise it at the second."""
    vehicle, t_ms = fixes.vehicle[i], fixes.t_ms[i]
    union_of(book, held, vehicle, union)
    over = 0
    for word in range(about.shape[0]):
        left = about[word] & book.kind_bits[_SPEEDING, word]
        while left != _NONE:
            rule = 64 * word + lowest(left)
            bit = left & ~(left - _ONE)
            left &= left - _ONE
            fast = union[word] & bit != _NONE and kmh > book.rules[rule].limit
            if not fast or next_open(book, rule, t_ms) != t_ms or t_ms < held.from_ms[rule]:
                slot = slot_of(held.latches, rule, vehicle, -1)
                if held.latches[slot].used:
                    held.latches[slot].count = 0
                    held.latches[slot].since_ms = 0
                continue
            over += 1
            latch = latched(held, rule, vehicle, -1)
            if latch.count == 0:
                latch.since_ms = t_ms
                latch.lon = fixes.lon[i]
                latch.lat = fixes.lat[i]
                latch.peak = 0.0
            latch.count = min(latch.count + 1, _SPEED_FIXES + 1)
            latch.peak = max(latch.peak, kmh)
            if latch.count == _SPEED_FIXES:
                zone = zone_for(book, held, rule, vehicle)
                say(
                    book, held, rule, vehicle, zone, latch.since_ms, t_ms, i, latch.lon, latch.lat,
                    latch.peak,
                )  # fmt: skip
    held.vehicles[vehicle].over = over


@compiled
def rebuild(book, held, class_of, class_bits):
    """Work out anew what follows from the stays: speed limits, and when which is due.

    False where room is wanting: to be called again after more was made.
    """
    held.counts[_DUES] = 0
    for vehicle in range(held.vehicles.shape[0]):
        own = held.vehicles[vehicle]
        own.limit = np.inf
        if own.count == 0:
            continue
        about = class_bits[class_of[vehicle]]
        for n in range(own.at, own.at + own.count):
            zone = held.stays[n].zone
            own.limit = min(own.limit, book.zones[zone].limit)
            if held.stays[n].live_ms > 0:
                bits = book.zone_bits[book.zones[zone].kind]
                if not _has_room(held, 1, 0):
                    return False
                plan(book, held, about, bits, vehicle, n)
    return True


@compiled
def forget_untrue(book, held, union):
    """Drop what was raised of states that are so no more, because the rules or zones changed."""
    for n in range(held.latches.shape[0]):
        latch = held.latches[n]
        if not latch.used or latch.zone >= 0 or latch.since_ms == 0:
            continue
        word, bit = latch.rule // 64, _ONE << np.uint64(latch.rule % 64)
        union_of(book, held, latch.vehicle, union)
        inside = union[word] & bit != _NONE
        if (book.kind_bits[_INSIDE, word] & bit != _NONE and not inside) or (
            book.kind_bits[_OUTSIDE, word] & bit != _NONE and inside
        ):
            latch.since_ms = 0

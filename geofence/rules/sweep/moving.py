"""What a transition raises, and the stays that vehicles have in zones."""

from __future__ import annotations

import numpy as np

from geofence.grid.predicate import compiled
from geofence.rules.model import When
from geofence.rules.sweep.bits import lowest
from geofence.rules.sweep.held import KINDS, Count, Move
from geofence.rules.sweep.latch import latched, slot_of, stay_of
from geofence.rules.sweep.raising import due_ms, next_open, push_due, say, say_dwell, say_state

_ENTER, _EXIT = KINDS.index(When.ENTER), KINDS.index(When.EXIT)
_INSIDE, _OUTSIDE = KINDS.index(When.INSIDE), KINDS.index(When.OUTSIDE)
_CROSS, _DWELL = KINDS.index(When.CROSS), KINDS.index(When.DWELL)
_APPROACH = KINDS.index(When.APPROACH)
_FOUND, _ENTERED = int(Move.FOUND), int(Move.ENTER)
_EXITED, _CROSSED = int(Move.EXIT), int(Move.CROSS)
_STAYS = int(Count.STAYS)
_LEAST_ROOM = 4
_ONE = np.uint64(1)
_NONE = np.uint64(0)


@compiled
def union_of(book, held, vehicle, out):
    """The rules about any zone that a vehicle is in, into `out` uint64[words]."""
    out[:] = np.uint64(0)
    own = held.vehicles[vehicle]
    for n in range(own.at, own.at + own.count):
        bits = book.zone_bits[book.zones[held.stays[n].zone].kind]
        for word in range(out.shape[0]):
            out[word] |= bits[word]


@compiled
def stays_needed(held, vehicle):
    """How many more stays a vehicle may take of the room when it enters a zone."""
    return max(_LEAST_ROOM, 2 * np.int64(held.vehicles[vehicle].room))


@compiled
def add_stay(book, held, vehicle, zone, since_ms, live_ms):
    """Have a vehicle be in a zone; there must be room for `stays_needed`."""
    own, stays = held.vehicles[vehicle], held.stays
    if own.count == own.room:
        used = held.counts[_STAYS]
        room = max(_LEAST_ROOM, 2 * own.room)
        for n in range(own.count):
            stays[used + n] = stays[own.at + n]
        own.at = used
        own.room = room
        held.counts[_STAYS] += room
    stay = stays[own.at + own.count]
    stay.since_ms = since_ms
    stay.live_ms = live_ms
    stay.zone = zone
    stay.none = 0
    own.count += 1
    own.limit = min(own.limit, book.zones[zone].limit)


@compiled
def _drop_stay(book, held, vehicle, n):
    own = held.vehicles[vehicle]
    own.count -= 1
    held.stays[n] = held.stays[own.at + own.count]
    own.limit = np.inf
    for k in range(own.at, own.at + own.count):
        own.limit = min(own.limit, book.zones[held.stays[k].zone].limit)


@compiled
def move(book, held, about, moves, m, union):
    """Advance the state by transition m; `about` uint64[words] are the rules about its vehicle."""
    zone, vehicle, kind = moves.zone[m], moves.vehicle[m], moves.kind[m]
    bits = book.zone_bits[book.zones[zone].kind]
    if kind == _CROSSED:
        if moves.live[m]:
            _tell(book, held, about, bits, moves, m, _CROSS)
        return
    n = stay_of(held, vehicle, zone)
    if kind == _EXITED:
        if moves.live[m]:
            _tell(book, held, about, bits, moves, m, _EXIT)
        if n >= 0:
            _leave(book, held, about, bits, moves, m, n, union)
        return
    if n >= 0:
        return
    if kind == _FOUND or not moves.live[m]:
        held.vehicles[vehicle].stale = 1
        _forget(book, held, about, bits, vehicle, _OUTSIDE, union)
        add_stay(book, held, vehicle, zone, moves.t_ms[m], 0)
        return
    _come(book, held, about, bits, moves, m, union)


@compiled
def _come(book, held, about, bits, moves, m, union):
    zone, vehicle, t_ms = moves.zone[m], moves.vehicle[m], moves.t_ms[m]
    if book.zones[zone].ring_of >= 0:
        if stay_of(held, vehicle, book.zones[zone].ring_of) < 0:
            _tell(book, held, about, bits, moves, m, _APPROACH)
        add_stay(book, held, vehicle, zone, t_ms, t_ms)
        return
    _tell(book, held, about, bits, moves, m, _ENTER)
    union_of(book, held, vehicle, union)
    for word in range(about.shape[0]):
        left = about[word] & bits[word] & book.kind_bits[_INSIDE, word] & ~union[word]
        while left != _NONE:
            rule = 64 * word + lowest(left)
            left &= left - _ONE
            say_state(
                book, held, rule, vehicle, zone, t_ms, moves.t_detected_ms[m], moves.fix[m],
                moves.lon[m], moves.lat[m],
            )  # fmt: skip
    _forget(book, held, about, bits, vehicle, _OUTSIDE, union)
    add_stay(book, held, vehicle, zone, t_ms, t_ms)
    own = held.vehicles[vehicle]
    plan(book, held, about, bits, vehicle, own.at + own.count - 1)


@compiled
def plan(book, held, about, bits, vehicle, n):
    """Note when stay n will raise dwell rules."""
    for word in range(about.shape[0]):
        left = about[word] & bits[word] & book.kind_bits[_DWELL, word]
        while left != _NONE:
            rule = 64 * word + lowest(left)
            left &= left - _ONE
            push_due(book, held, rule, vehicle, held.stays[n])


@compiled
def _leave(book, held, about, bits, moves, m, n, union):
    vehicle, t_ms = moves.vehicle[m], moves.t_ms[m]
    stay = held.stays[n]
    if moves.live[m] and stay.live_ms > 0:
        # it was due before the vehicle left, and the time has not been dealt with yet
        for word in range(about.shape[0]):
            left = about[word] & bits[word] & book.kind_bits[_DWELL, word]
            while left != _NONE:
                rule = 64 * word + lowest(left)
                left &= left - _ONE
                due = due_ms(book, held, rule, stay)
                if due <= t_ms:
                    say_dwell(
                        book, held, rule, vehicle, stay, due, moves.t_detected_ms[m],
                        moves.fix[m], moves.lon[m], moves.lat[m],
                    )  # fmt: skip
    _drop_stay(book, held, vehicle, n)
    union_of(book, held, vehicle, union)
    _forget(book, held, about, bits, vehicle, _INSIDE, union)
    if not moves.live[m]:
        held.vehicles[vehicle].stale = 1
        return
    for word in range(about.shape[0]):
        left = about[word] & bits[word] & book.kind_bits[_OUTSIDE, word] & ~union[word]
        while left != _NONE:
            rule = 64 * word + lowest(left)
            left &= left - _ONE
            say_state(
                book, held, rule, vehicle, -1, t_ms, moves.t_detected_ms[m], moves.fix[m],
                moves.lon[m], moves.lat[m],
            )  # fmt: skip


@compiled
def _tell(book, held, about, bits, moves, m, kind):
    """Raise the rules of a kind that are about the transition itself."""
    zone = moves.zone[m]
    for word in range(about.shape[0]):
        left = about[word] & bits[word] & book.kind_bits[kind, word]
        while left != _NONE:
            rule = 64 * word + lowest(left)
            left &= left - _ONE
            if next_open(book, rule, moves.t_ms[m]) == moves.t_ms[m]:
                shown = book.zones[zone].ring_of if book.zones[zone].ring_of >= 0 else zone
                value = book.rules[rule].near_m
                say(
                    book, held, rule, moves.vehicle[m], shown, moves.t_ms[m],
                    moves.t_detected_ms[m], moves.fix[m], moves.lon[m], moves.lat[m], value,
                )  # fmt: skip


@compiled
def _forget(book, held, about, bits, vehicle, kind, union):
    """A state of some rules ended: the next time it is raised anew.

    `union` is scratch for an entry (outside ends, whatever else the vehicle is in), and for an exit
    the rules about the zones that it is still in.
    """
    for word in range(about.shape[0]):
        left = about[word] & bits[word] & book.kind_bits[kind, word]
        if kind == _INSIDE:
            left &= ~union[word]
        while left != _NONE:
            rule = 64 * word + lowest(left)
            left &= left - _ONE
            slot = slot_of(held.latches, rule, vehicle, -1)
            if held.latches[slot].used:
                held.latches[slot].since_ms = 0


@compiled
def find(book, held, about, vehicle, fix, union):
    """Take a vehicle's stays as a live fix finds them, and raise the states that they make true."""
    own = held.vehicles[vehicle]
    own.stale = 0
    own.known = 1
    t_ms = own.fix_ms
    for n in range(own.at, own.at + own.count):
        if held.stays[n].live_ms == 0:
            held.stays[n].live_ms = t_ms
            bits = book.zone_bits[book.zones[held.stays[n].zone].kind]
            plan(book, held, about, bits, vehicle, n)
    union_of(book, held, vehicle, union)
    for word in range(about.shape[0]):
        inside = about[word] & book.kind_bits[_INSIDE, word] & union[word]
        outside = about[word] & book.kind_bits[_OUTSIDE, word] & ~union[word]
        left = inside | outside
        while left != _NONE:
            rule = 64 * word + lowest(left)
            bit = left & ~(left - _ONE)
            left &= left - _ONE
            if latched(held, rule, vehicle, -1).since_ms == 0:
                zone = zone_for(book, held, rule, vehicle) if inside & bit else -1
                say_state(book, held, rule, vehicle, zone, t_ms, t_ms, fix, own.lon, own.lat)


@compiled
def zone_for(book, held, rule, vehicle):
    """The zone of a rule that a vehicle is in the longest, -1 where it is in none."""
    own = held.vehicles[vehicle]
    best, since_ms = -1, np.int64(0)
    word, bit = rule // 64, np.uint64(1) << np.uint64(rule % 64)
    for n in range(own.at, own.at + own.count):
        stay = held.stays[n]
        if book.zone_bits[book.zones[stay.zone].kind, word] & bit == _NONE:
            continue
        if best < 0 or (stay.since_ms, stay.zone) < (since_ms, best):
            best, since_ms = stay.zone, stay.since_ms
    return best

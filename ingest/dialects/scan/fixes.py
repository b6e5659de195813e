"""One compiled pass over the JSON of many native fixes: bytes to columns, without an object a fix.

It reads what terminals send every day: the fields of the native dialect, numbers of up to 18 digits
without an exponent, ASCII without escapes.  Whatever else there is - an unknown field, a longer
number, a wrong type, anything malformed - makes it give the whole message back unread, and msgspec
has the word.  So it never refuses and never disagrees (held by a property test).
Called by `native_fixes`.
"""

from __future__ import annotations

import numpy as np

from ingest.dialects.scan.token import (
    NO,
    NOT,
    NULL,
    YES,
    alarms_of,
    compiled,
    number,
    past_space,
    truth_of,
)
from ingest.fix import NO_SEQ, Flag, Float64, Int32, Int64, UInt32

T, LON, LAT, SPEED, HEADING, ACC, ALT, BATT = range(8)
"""Rows of the array of numbers that `scan` fills."""


def _word(text: str) -> np.uint64:
    """The first eight bytes of a field's name as a number."""
    return np.uint64(int.from_bytes(text.encode()[:8], "little"))


_K_T, _K_LON, _K_LAT, _K_SPEED = _word("t"), _word("lon"), _word("lat"), _word("speed")
_K_HEADING, _K_ACC, _K_ALT, _K_BATT = _word("heading"), _word("acc"), _word("alt"), _word("batt")
_K_IGN, _K_ARMED, _K_LOCATED = _word("ign"), _word("armed"), _word("located")
_K_BACK, _K_SEQ, _K_ALARMS = _word("back_fill"), _word("seq"), _word("alarms")

_LOCATED, _BACK_FILL = np.uint32(Flag.LOCATED), np.uint32(Flag.BACK_FILL)
_IGNITION, _IGNITION_KNOWN = np.uint32(Flag.IGNITION), np.uint32(Flag.IGNITION_KNOWN)
_ARMED, _ARMED_KNOWN = np.uint32(Flag.ARMED), np.uint32(Flag.ARMED_KNOWN)
_SHORTEST = len('{"t":0,"lon":0,"lat":0}')


@compiled
def _object(data, at, end, n, numbers, flags, alarms, seq):
    """Where the object at `at` ends, its fields being in row `n`; `NOT` if it is not ours."""
    if at >= end or data[at] != 123:
        return NOT
    for column in range(SPEED, BATT + 1):
        numbers[column, n] = np.nan
    bits, alarms[n], seq[n] = _LOCATED, np.uint32(0), np.int64(NO_SEQ)
    seen = 0
    while True:
        at = past_space(data, at + 1, end)
        if at >= end or data[at] != 34:
            return NOT
        at += 1
        word, length = np.uint64(0), 0
        while at < end and data[at] != 34:
            if data[at] < 32 or data[at] >= 127 or data[at] == 92:
                return NOT
            if length < 8:
                word |= np.uint64(data[at]) << np.uint64(8 * length)
            length += 1
            at += 1
        last = data[at - 1]
        at = past_space(data, at + 1, end)
        if at >= end or data[at] != 58:
            return NOT
        at = past_space(data, at + 1, end)
        column = -1
        if length > 8:
            if length != 9 or word != _K_BACK or last != 108:
                return NOT
            at, truth = truth_of(data, at, end)
            field = 10
            if truth == YES:
                bits |= _BACK_FILL
        elif word == _K_T:
            column = T
        elif word == _K_LON:
            column = LON
        elif word == _K_LAT:
            column = LAT
        elif word == _K_SPEED:
            column = SPEED
        elif word == _K_ACC:
            column = ACC
        elif word == _K_HEADING:
            column = HEADING
        elif word == _K_ALT:
            column = ALT
        elif word == _K_BATT:
            column = BATT
        elif word == _K_ARMED:
            at, truth = truth_of(data, at, end)
            field = 8
            if truth != NULL:
                bits |= _ARMED_KNOWN
            if truth == YES:
                bits |= _ARMED
        elif word == _K_IGN:
            at, truth = truth_of(data, at, end)
            field = 9
            if truth != NULL:
                bits |= _IGNITION_KNOWN
            if truth == YES:
                bits |= _IGNITION
        elif word == _K_SEQ:
            at, _, whole = number(data, at, end, True)
            field = 11
            seq[n] = whole
        elif word == _K_ALARMS:
            at, alarms[n] = alarms_of(data, at, end)
            field = 12
        elif word == _K_LOCATED:
            at, truth = truth_of(data, at, end)
            field = 13
            if truth == NO:
                bits &= ~_LOCATED
        else:
            return NOT
        if column >= 0:
            field = column
            at, value, _ = number(data, at, end, False)
            if column <= LAT and np.isnan(value):  # a null where a number has to be
                return NOT
            numbers[column, n] = value
        if at == NOT or seen >> field & 1:
            return NOT
        seen |= 1 << field
        at = past_space(data, at, end)
        if at < end and data[at] == 125:
            flags[n] = bits
            return at + 1 if seen & 7 == 7 else NOT
        if at >= end or data[at] != 44:
            return NOT


@compiled
def scan(data, start, most, numbers, flags, alarms, seq, source):
    """Fill the columns with the fixes of m messages; how many rows, and what was given back.

    `data` uint8: all payloads on end, message k from `start[k]` to `start[k + 1]` (int64[m + 1]).
    `numbers` float64[8, room], `flags`, `alarms` uint32[room], `seq` int64[room] and `source`
    int32[room] need room for a row more than `data` can hold.  Returns the rows filled and bool[m],
    true where the message was not read: it holds something else, or more than `most` rows.
    """
    n = 0
    unread = np.zeros(start.size - 1, np.bool_)
    for message in range(start.size - 1):
        at, end, first = start[message], start[message + 1], n
        at = past_space(data, at, end)
        is_array = at < end and data[at] == 91
        if is_array:
            at = past_space(data, at + 1, end)
            if at < end and data[at] == 93:
                unread[message] = past_space(data, at + 1, end) != end
                continue
        while True:
            if n - first >= most:
                at = NOT
                break
            at = _object(data, at, end, n, numbers, flags, alarms, seq)
            if at == NOT:
                break
            source[n] = message
            n += 1
            at = past_space(data, at, end)
            if not is_array:
                break
            if at < end and data[at] == 93:
                at = past_space(data, at + 1, end)
                break
            if at >= end or data[at] != 44:
                at = NOT
                break
            at = past_space(data, at + 1, end)
        if at != end:
            unread[message] = True
            n = first
    return n, unread


def columns(
    payloads: list[bytes], most: int
) -> tuple[Float64, UInt32, UInt32, Int64, Int32, Int64]:
    """`scan` over payloads: numbers float64[8, n], flags, alarms, seq, source, all of n rows.

    The last is where the payloads stand that were not read.
    """
    joined = b"".join(payloads)
    data = np.frombuffer(joined, np.uint8)
    start = np.zeros(len(payloads) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, payloads), np.int64, len(payloads)), out=start[1:])
    room = len(joined) // _SHORTEST + 1
    numbers, flags = np.empty((8, room)), np.empty(room, np.uint32)
    alarms, seq = np.empty(room, np.uint32), np.empty(room, np.int64)
    source = np.empty(room, np.int32)
    n, unread = scan(data, start, most, numbers, flags, alarms, seq, source)
    return numbers[:, :n], flags[:n], alarms[:n], seq[:n], source[:n], np.flatnonzero(unread)

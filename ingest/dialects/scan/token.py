"""The words of JSON that native fixes are made of, read where they stand among bytes.

Each function answers with the position behind the word, or `NOT` for whatever it is not sure of.
Called by `fixes`, compiled.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from ingest.fix import ALARM_BY_NAME, NO_SEQ

NOT = -1
"""In place of a position: not for this pass."""
NULL, NO, YES = 2, 0, 1

_POWERS = np.array([10.0**n for n in range(23)])  # each of them exact
_TENS = np.array([10**n for n in range(19)], np.uint64)
_EXACT = _ROUNDING = np.uint64(2**53)
_LONGEST = 18  # digits that fit an int64, whatever they are
_NAMES = np.zeros((len(ALARM_BY_NAME), 32), np.uint8)
for _row, _name in enumerate(ALARM_BY_NAME):
    _NAMES[_row, : len(_name)] = np.frombuffer(_name.encode(), np.uint8)
_LENGTHS = np.array([len(name) for name in ALARM_BY_NAME], np.int64)
_BITS = np.array([int(alarm) for alarm in ALARM_BY_NAME.values()], np.uint32)

compiled: Any = numba.njit(cache=True, nogil=True, error_model="numpy")
inlined: Any = numba.njit(cache=True, nogil=True, error_model="numpy", inline="always")


@inlined
def past_space(data, at, end):
    """Where the white space at `at` ends."""
    while at < end and (data[at] == 32 or data[at] == 10 or data[at] == 13 or data[at] == 9):
        at += 1
    return at


@inlined
def is_null(data, at, end):
    """Whether null stands at `at`."""
    return (
        at + 4 <= end
        and data[at] == 110
        and data[at + 1] == 117
        and data[at + 2] == 108
        and data[at + 3] == 108
    )


@compiled
def _divided(digits, shift):
    """`digits` by ten to the `shift`, to the nearest float, ties to even: long division in binary.

    Both are below 2^60, so that a remainder can be doubled.
    """
    divisor = _TENS[shift]
    quotient, rest = digits // divisor, digits % divisor
    places = 0  # binary ones behind the point
    # 53 digits, one more to round by; what is left over breaks a tie
    while quotient < _ROUNDING:
        rest <<= np.uint64(1)
        quotient <<= np.uint64(1)
        if rest >= divisor:
            rest -= divisor
            quotient |= np.uint64(1)
        places += 1
    if quotient >= _ROUNDING << np.uint64(1):
        return np.nan  # a whole number beyond 2^54: none of ours
    is_half = quotient & np.uint64(1)
    quotient >>= np.uint64(1)
    if is_half and (rest != 0 or quotient & np.uint64(1)):
        quotient += np.uint64(1)
    return np.float64(quotient) / 2.0 ** (places - 1)


@compiled
def number(data, at, end, is_whole):
    """Where a number ends, its value and, for a whole one, its integer; null is NaN and `NO_SEQ`.

    JSON's grammar (RFC 8259, section 6).  The value is the nearest float, as Clinger has it: digits
    up to 2^53 by a power of ten that a float holds; more digits are divided bit by bit.
    """
    if is_null(data, at, end):
        return at + 4, np.nan, np.int64(NO_SEQ)
    is_negative = at < end and data[at] == 45
    if is_negative:
        at += 1
    digits, count, shift, first = np.uint64(0), 0, 0, at
    while at < end and 48 <= data[at] <= 57:
        digits = digits * np.uint64(10) + np.uint64(data[at] - 48)
        at += 1
    count = at - first
    if count == 0 or count > _LONGEST or (count > 1 and data[first] == 48):
        return NOT, 0.0, np.int64(0)
    if is_whole:
        if is_negative or (at < end and (data[at] == 46 or data[at] == 101 or data[at] == 69)):
            return NOT, 0.0, np.int64(0)
        return at, 0.0, np.int64(digits)
    if at < end and data[at] == 46:
        at += 1
        first = at
        while at < end and 48 <= data[at] <= 57:
            digits = digits * np.uint64(10) + np.uint64(data[at] - 48)
            at += 1
        shift = at - first
        if shift == 0 or count + shift > _LONGEST:
            return NOT, 0.0, np.int64(0)
    if at < end and (data[at] == 101 or data[at] == 69):
        return NOT, 0.0, np.int64(0)  # nobody measures in powers of ten
    if digits == 0 and is_negative:
        return NOT, 0.0, np.int64(0)
    value = np.float64(digits) / _POWERS[shift] if digits <= _EXACT else _divided(digits, shift)
    if np.isnan(value):
        return NOT, 0.0, np.int64(0)
    return at, -value if is_negative else value, np.int64(0)


@compiled
def truth_of(data, at, end):
    """Where true, false, 1, 0 or null ends, and which it is."""
    if at < end and (data[at] == 48 or data[at] == 49):
        return at + 1, np.int64(data[at] - 48)
    if is_null(data, at, end):
        return at + 4, np.int64(NULL)
    if at + 4 <= end and data[at] == 116 and data[at + 1] == 114:
        if data[at + 2] == 117 and data[at + 3] == 101:
            return at + 4, np.int64(YES)
    elif at + 5 <= end and data[at] == 102 and data[at + 1] == 97 and data[at + 2] == 108:
        if data[at + 3] == 115 and data[at + 4] == 101:
            return at + 5, np.int64(NO)
    return NOT, np.int64(0)


@compiled
def alarms_of(data, at, end):
    """Where an array of names (or null) ends, and the bits of those that are known."""
    bits = np.uint32(0)
    if is_null(data, at, end):
        return at + 4, bits
    if at >= end or data[at] != 91:
        return NOT, bits
    at = past_space(data, at + 1, end)
    if at < end and data[at] == 93:
        return at + 1, bits
    while True:
        if at >= end or data[at] != 34:
            return NOT, bits
        first = at + 1
        at = first
        while at < end and data[at] != 34:
            if data[at] < 32 or data[at] >= 127 or data[at] == 92:
                return NOT, bits
            at += 1
        for name in range(_LENGTHS.size):
            if _LENGTHS[name] == at - first:
                letter = 0
                while letter < at - first and data[first + letter] == _NAMES[name, letter]:
                    letter += 1
                if letter == at - first:
                    bits |= _BITS[name]
        at = past_space(data, at + 1, end)
        if at < end and data[at] == 44:
            at = past_space(data, at + 1, end)
        elif at < end and data[at] == 93:
            return at + 1, bits
        else:
            return NOT, bits

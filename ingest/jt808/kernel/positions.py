"""From frames to columns of fixes: one compiled pass over all good frames of a batch.

A position (0x0200) is alarms D, status D, latitude D, longitude D (1e-6 degrees), altitude W (m),
speed W (0.1 km/h), course W, time BCD[6] (GMT+8), 28 bytes, then items that nobody here reads.
0x0201 and 0x0500 have the serial they answer before it; 0x0704 is count W, type B (1 = back-fill),
then positions, each after its length W.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Self

import numpy as np

from ingest.fix import Flag, Float32, Float64, Int32, Int64, UInt32
from ingest.jt808 import layout
from ingest.jt808.kernel.compiled import (
    BAD_TIME,
    CUT_BATCH,
    GOOD,
    OUTSIDE_EARTH,
    SHORT_POSITION,
    compiled,
    word,
)
from ingest.jt808.layout import Kind

SIZE = 28
_POSITION, _BATCH = int(Kind.POSITION), int(Kind.BATCH)
_AFTER_SERIAL_1, _AFTER_SERIAL_2 = int(Kind.POSITION_ANSWER), int(Kind.CONTROL_ANSWER)
_ACC, _FIXED, _SOUTH, _WEST = layout.ACC, layout.LOCATED, layout.SOUTH, layout.WEST
_SHIFTED, _MOVES = layout.ENCRYPTED, layout.MOVING
_IGNITION, _IGNITION_KNOWN = int(Flag.IGNITION), int(Flag.IGNITION_KNOWN)
_LOCATED, _MOVING, _BACK_FILL = int(Flag.LOCATED), int(Flag.MOVING), int(Flag.BACK_FILL)
_GMT8_MS = 8 * 3_600_000
_EARLIEST_MS = 946_684_800_000  # 2000-01-01 UTC: a clock that was reset begins eight hours before
_KMH10_TO_MPS = 1 / 36
_TOP_MPS, _TOP_M, _LOW_M = 400.0, 20_000, -1000  # beyond these it is no measurement
_HEXADECIMAL = np.frombuffer(b"0123456789abcdef", np.uint8)
_MIX_1, _MIX_2 = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)
_EIGHT, _HALF = np.uint64(8), np.uint64(32)


class Columns(NamedTuple):
    """Columns of positions as `FixBatch` has them, and where each came from."""

    t_ms: Int64
    lon: Float64
    lat: Float64
    speed_mps: Float32
    heading_deg: Float32
    altitude_m: Float32
    flags: UInt32
    alarms: UInt32
    frame: Int32
    terminal: Int32

    @classmethod
    def of(cls, n: int) -> Self:
        """Room for n positions."""
        return cls(
            np.empty(n, np.int64),
            np.empty(n),
            np.empty(n),
            np.empty(n, np.float32),
            np.empty(n, np.float32),
            np.empty(n, np.float32),
            np.empty(n, np.uint32),
            np.empty(n, np.uint32),
            np.empty(n, np.int32),
            np.empty(n, np.int32),
        )

    def first(self, n: int) -> Self:
        """The first n of them."""
        columns: Any = (column[:n] for column in self)
        return type(self)(*columns)


REFUSED = np.dtype([("frame", np.int32), ("why", np.int32), ("at", np.int64), ("more", np.int32)])


@compiled
def read(content, frames, alarm_of_bit, rows, refused, known, names, text):
    """The positions in good `frames`; how many rows, refusals, terminals and bytes of text.

    * `content` uint8[m], `frames` `FRAME`[k] as `split` left them; `alarm_of_bit` uint32[32].
    * `rows` `Columns`, one a frame and one each 30 bytes of batches, or more; written: those that
      make sense.  `terminal` counts terminals in the order in which they come up.
    * `refused` `REFUSED`[≥ rows + k], written: positions that do not; `at` is where one begins
      and `more` how many bytes (or, of a batch cut short, positions) there were.
    * `known` int32[a power of two > k], -1 all over: a table of terminals, used up.
    * `names` int32[k], written: the frame in which each terminal came up first.
    * `text` uint8[20 k], written: the numbers of the terminals, binary-coded digits as hexadecimal.
    """
    n = 0
    bad = 0
    terminals = 0
    written = 0
    for f in range(frames.shape[0]):
        frame = frames[f]
        if frame.found != GOOD:
            continue
        kind = frame.kind
        at = frame.body
        end = at + frame.body_length
        count = 1
        is_batch = kind == _BATCH
        flags = _IGNITION_KNOWN
        if is_batch:
            count = 0
            if end - at >= 3:
                count = word(content, at)
                if content[at + 2] == 1:
                    flags |= _BACK_FILL
                at += 3
            else:
                bad = _refuse(refused, bad, f, SHORT_POSITION, at, end - at)
        elif kind == _AFTER_SERIAL_1 or kind == _AFTER_SERIAL_2:
            at += 2
        elif kind != _POSITION:
            continue
        terminal = -1
        for k in range(count):
            to = end
            if is_batch:
                if end - at >= 2:
                    to = at + 2 + word(content, at)
                if end - at < 2 or to > end:
                    bad = _refuse(refused, bad, f, CUT_BATCH, at, k)
                    break
                at += 2
            if to - at < SIZE:
                bad = _refuse(refused, bad, f, SHORT_POSITION, at, max(to - at, 0))
                break
            why = _position(content, at, frame.digits, flags, alarm_of_bit, rows, n)
            if why == GOOD:
                if terminal < 0:
                    terminal = _terminal(content, frames, f, known, names, terminals)
                    if terminal == terminals:
                        terminals += 1
                        written = _write(content, frame.phone, frame.digits // 2, text, written)
                rows.frame[n] = f
                rows.terminal[n] = terminal
                n += 1
            else:
                bad = _refuse(refused, bad, f, why, at, SIZE)
            at = to
    return n, bad, terminals, written


@compiled
def _refuse(refused, bad, frame, why, at, more):
    refused[bad].frame = frame
    refused[bad].why = why
    refused[bad].at = at
    refused[bad].more = more
    return bad + 1


@compiled
def _double(content, at):
    return (
        np.int64(content[at]) << 24
        | np.int64(content[at + 1]) << 16
        | np.int64(content[at + 2]) << 8
        | np.int64(content[at + 3])
    )


@compiled
def _position(content, at, digits, flags, alarm_of_bit, rows, n):
    """Read the position at `at` into row `n`; why not, when it makes no sense."""
    t_ms = _time(content, at + 22)
    if t_ms < 0:
        return BAD_TIME
    alarms = _double(content, at)
    status = _double(content, at + 4)
    lat = _double(content, at + 8) / 1e6
    lon = _double(content, at + 12) / 1e6
    if lat > 90.0 or lon > 180.0:
        return OUTSIDE_EARTH
    rows.t_ms[n] = t_ms
    rows.lat[n] = -lat if status & _SOUTH else lat
    rows.lon[n] = -lon if status & _WEST else lon
    altitude = word(content, at + 16)
    if altitude >= 0x8000:
        altitude -= 0x10000
    rows.altitude_m[n] = altitude if _LOW_M <= altitude <= _TOP_M else np.nan
    speed = word(content, at + 18) * _KMH10_TO_MPS
    rows.speed_mps[n] = speed if speed <= _TOP_MPS else np.nan
    course = word(content, at + 20)
    rows.heading_deg[n] = course if course <= 360 else np.nan
    if status & _ACC:
        flags |= _IGNITION
    if status & _FIXED and not status & _SHIFTED:
        flags |= _LOCATED
    if digits == 20 and status & _MOVES:
        flags |= _MOVING
    rows.flags[n] = flags
    raised = np.uint32(0)
    bit = 0
    while alarms:
        if alarms & 1:
            raised |= alarm_of_bit[bit]
        alarms >>= 1
        bit += 1
    rows.alarms[n] = raised
    return GOOD


@compiled
def _time(content, at):
    """Epoch milliseconds of a BCD[6] time of GMT+8 from 2000 UTC on; -1 when it is none."""
    year, month, day = _digits(content[at]), _digits(content[at + 1]), _digits(content[at + 2])
    hour, minute = _digits(content[at + 3]), _digits(content[at + 4])
    second = _digits(content[at + 5])
    if year > 99 or month < 1 or month > 12 or day < 1 or hour > 23 or minute > 59 or second > 59:
        return np.int64(-1)
    longest = 31
    if month == 2:
        longest = 29 if year % 4 == 0 else 28
    elif month == 4 or month == 6 or month == 9 or month == 11:
        longest = 30
    if day > longest:
        return np.int64(-1)
    # days since 1970-01-01 in the Gregorian calendar, counted from 1 March (H. Hinnant,
    # "chrono-compatible low-level date algorithms"); within 2000 to 2099 every fourth year leaps
    months = (month + 9) % 12
    years = year - (1 if month <= 2 else 0)
    days = 11_017 + 365 * years + years // 4 + (153 * months + 2) // 5 + day - 1
    t_ms = ((days * 24 + hour) * 60 + minute) * 60_000 + second * 1000 - _GMT8_MS
    return t_ms if t_ms >= _EARLIEST_MS else np.int64(-1)


@compiled
def _digits(byte):
    """The two digits of a byte; 100 and more when they are none."""
    high, low = np.int64(byte >> 4), np.int64(byte & 15)
    return high * 10 + low if high <= 9 and low <= 9 else np.int64(255)


@compiled
def _terminal(content, frames, f, known, names, count):
    """Number of the terminal of frame `f`, `count` for one that comes up first here."""
    phone = frames[f].phone
    size = frames[f].digits // 2
    low = np.uint64(0)
    high = np.uint64(size)
    for k in range(size):
        high = high << _EIGHT | low >> np.uint64(56)
        low = low << _EIGHT | np.uint64(content[phone + k])
    mixed = (low ^ high * _MIX_2) * _MIX_1
    slot = np.int64(mixed >> _HALF) & (known.shape[0] - 1)
    while True:
        held = known[slot]
        if held < 0:
            known[slot] = count
            names[count] = f
            return count
        other = frames[names[held]]
        if other.digits == frames[f].digits:
            same = True
            for k in range(size):
                if content[other.phone + k] != content[phone + k]:
                    same = False
                    break
            if same:
                return np.int64(held)
        slot = (slot + 1) & (known.shape[0] - 1)


@compiled
def _write(content, at, size, text, to):
    for k in range(at, at + size):
        text[to] = _HEXADECIMAL[content[k] >> 4]
        text[to + 1] = _HEXADECIMAL[content[k] & 15]
        to += 2
    return to

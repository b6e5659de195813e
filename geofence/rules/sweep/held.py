"""Layouts of what rules remember, and of what they raise.

Rows are plain numbers, so that the whole state is arrays: `Held` is what the kernel advances,
`geofence.rules.state` makes it, grows it and writes it down.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from geofence.rules.model import When

Records = NDArray[np.void]
Int64 = NDArray[np.int64]

KINDS = tuple(When)
"""Kinds of rules by number, as the kernel counts them."""

VEHICLE = np.dtype(
    [
        ("fix_ms", "i8"),  # newest live fix; 0 = never heard of
        ("lon", "f8"),
        ("lat", "f8"),
        ("at", "i8"),  # its stays begin here
        ("count", "u4"),
        ("room", "u4"),
        ("limit", "f4"),  # lowest speed limit of the zones it is in, km/h
        ("over", "u2"),  # rules whose limit it is above, as far as its newest fix tells
        ("stale", "u1"),  # back-fill changed its stays and no live fix came since
        ("known", "u1"),  # a live fix came
    ],
    align=True,
)
"""One vehicle.  Times are ms of event time, places degrees WGS-84."""

STAY = np.dtype([("since_ms", "i8"), ("live_ms", "i8"), ("zone", "i4"), ("none", "i4")], align=True)
"""A zone that a vehicle is in; `live_ms` = when a live fix first showed it so, 0 = none did yet."""

DUE = np.dtype(
    [("t_ms", "i8"), ("since_ms", "i8"), ("rule", "i4"), ("vehicle", "i4"), ("zone", "i4"),
     ("none", "i4")],
    align=True,
)  # fmt: skip
"""A stay that will raise a dwell rule at `t_ms`, if it goes on until then."""

LATCH = np.dtype(
    [
        ("told_ms", "i8"),  # newest alert, for the cool-down; 0 = none
        ("since_ms", "i8"),  # episode that has been raised, or first fix too fast; 0 = none
        ("lon", "f8"),  # of the first fix too fast
        ("lat", "f8"),
        ("rule", "i4"),
        ("vehicle", "i4"),
        ("zone", "i4"),  # -1 = the rule as a whole, else one stay
        ("peak", "f4"),  # km/h
        ("count", "u4"),  # fixes too fast
        ("used", "u4"),
    ],
    align=True,
)
"""What one rule remembers of one vehicle."""

ALERT = np.dtype(
    [
        ("t_ms", "i8"),
        ("t_detected_ms", "i8"),
        ("fix", "i8"),
        ("lon", "f8"),
        ("lat", "f8"),
        ("value", "f8"),
        ("rule", "i4"),
        ("vehicle", "i4"),
        ("zone", "i4"),
        ("none", "i4"),
    ],
    align=True,
)
"""One alert.

* `rule` is a position in the book, `vehicle` a row, `zone` a position in the zone set (-1 where a
  rule is about being outside of all its zones).
* `t_ms`: event time at which it became true; `t_detected_ms`: event time of the fix that showed it;
  what time alone shows (a dwell, an opening window) is shown `Timing.settle_s` later.
* `fix`: position in the batch of the fix that showed it or moved the time on.
* `lon`, `lat`: where the transition was, else the vehicle's newest place; degrees WGS-84.
* `value`: seconds stayed (dwell), highest km/h (speeding), metres (approach), else NaN.
"""


class Move(IntEnum):
    """What became of a vehicle and a zone; `ENTER` to `CROSS` as transitions number them."""

    FOUND = 0
    """It was in the zone when it was first heard of, or when the zone was drawn."""
    ENTER = 1
    EXIT = 2
    CROSS = 3


class Count(IntEnum):
    """Positions in `Held.counts`."""

    CLOCK = 0
    """Newest event time of any live fix, ms; 0 = none yet."""
    CHECKED = 1
    """Openings up to this instant have been dealt with."""
    OPENING = 2
    """The next opening."""
    STAYS = 3
    DUES = 4
    LATCHES = 5
    ALERTS = 6
    AT_FIX = 7
    """Where a call that wanted more room goes on: in the fixes, the moves, and the vehicles."""
    AT_MOVE = 8
    AT_OPEN = 9
    WANTED = 10
    """How many of each it wanted."""
    AT_PASSED = 11
    """1 where what came before the fix has been dealt with."""


class Held(NamedTuple):
    """The state for the kernel, and the alerts of one call."""

    vehicles: Records
    stays: Records
    dues: Records
    latches: Records
    alerts: Records
    from_ms: Int64
    counts: Int64


class Fixes(NamedTuple):
    """n fixes in order of arrival, as far as rules need them.

    `vehicle` int32[n] rows, `t_ms` int64[n] event times that count, `lon`, `lat` float64[n]
    degrees, `speed_mps` float32[n] (NaN = unknown), `live` bool[n]: believed, newer than all before
    it of its vehicle and no back-fill; the others are looked at no further.

    Time passes for all vehicles by the fixes of each: `tick_ms` int64[n] is the event time that a
    fix moves the clock to (`geofence.watch.track.ticks`), and `before_ms` int64[n], not decreasing,
    what fixes that are not among these had moved it to before; 0 = nothing.
    """

    vehicle: NDArray[np.int32]
    t_ms: Int64
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    speed_mps: NDArray[np.float32]
    live: NDArray[np.bool_]
    tick_ms: Int64
    before_ms: Int64


class Moves(NamedTuple):
    """m transitions (`Move`) ordered by `fix`, the position of the fix that confirmed each."""

    fix: Int64
    vehicle: NDArray[np.int32]
    zone: NDArray[np.int32]
    kind: NDArray[np.uint8]
    t_ms: Int64
    t_detected_ms: Int64
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    live: NDArray[np.bool_]

    @classmethod
    def of(cls, transitions: Any) -> Moves:
        """Columns of a record array or mapping with these names (`geofence.Transitions`)."""
        dtypes = ("i8", "i4", "i4", "u1", "i8", "i8", "f8", "f8", "?")
        return cls(
            *(
                np.ascontiguousarray(transitions[name], dtype=dtype)
                for name, dtype in zip(cls._fields, dtypes, strict=True)
            )
        )

    def with_found(self, fixes: Fixes, fix: Int64, zone: NDArray[np.integer[Any]]) -> Moves:
        """These, and zones that vehicles were in at the first fix heard of them.

        `fix` int64[k] are positions of such first fixes, `zone` int[k] zones that hold each.
        """
        columns = (
            fix,
            fixes.vehicle[fix],
            zone,
            np.full(len(fix), Move.FOUND),
            fixes.t_ms[fix],
            fixes.t_ms[fix],
            fixes.lon[fix],
            fixes.lat[fix],
            fixes.live[fix],
        )
        both = [
            np.concatenate([own, np.asarray(new).astype(own.dtype)])
            for own, new in zip(map(np.asarray, self), columns, strict=True)
        ]
        order = np.lexsort((both[2], both[0]))
        return Moves(*(column[order] for column in both))

"""What is remembered of every vehicle: one fixed row each, in one array that grows by doubling.

A row lies on a few adjacent cache lines, because the kernel touches one vehicle at a time.  The
array and the list of ids are the whole state: a snapshot of the two plus the blocks after it gives
the same bytes as never having stopped.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from geofence.fences import FenceState
from ingest.fix import Int32, Int64
from streams.departures import Departure, Departures
from streams.roster import Roster

if TYPE_CHECKING:
    from streams.plates.seen import LastSightings

SLOT_MS = 10_000
SLOTS = 4096
"""Slots of the timers, a power of two: 11 hours; later ones go round once more."""


class Motion(IntEnum):
    """What a vehicle is doing, as far as its fixes tell."""

    UNKNOWN = 0
    PARKED = 1
    MOVING = 2


class Tri(IntEnum):
    """Yes, no, or the terminal never said."""

    UNKNOWN = -1
    NO = 0
    YES = 1


ROW = np.dtype(
    [
        # the newest fix that counted
        ("seen_ms", "i8"),  # newest event time of any fix; 0 = never heard of
        ("fix_ms", "i8"),  # event time of the position below; 0 = no position yet
        ("lon", "f8"),
        ("lat", "f8"),
        # where it was parked: the centre of its parking fence
        ("anchor_ms", "i8"),
        ("anchor_lon", "f8"),
        ("anchor_lat", "f8"),
        # where it dwells now, which becomes the next anchor
        ("dwell_ms", "i8"),
        ("dwell_lon", "f8"),
        ("dwell_lat", "f8"),
        # first fix that showed it on the move, and first one that showed it gone
        ("moving_ms", "i8"),
        ("away_ms", "i8"),
        # a jump that physics does not allow, until others agree with it
        ("jump_ms", "i8"),
        ("episode_ms", "i8"),  # first sign of the theft that goes on; 0 = none
        ("places", "u8"),  # bits of the neighbourhoods where it parks
        ("jump_lon", "f4"),
        ("jump_lat", "f4"),
        ("speed_mps", "f4"),
        ("heading_deg", "f4"),
        ("left", "f4"),  # evidence that it left the anchor, 1 is enough
        ("score", "f4"),
        ("way_m", "f4"),  # way made since it was first seen away
        ("made_m", "f4"),  # farthest from the anchor on its way out
        ("gap_s", "f4"),  # silence before it was first seen away
        ("usual_s", "f4"),  # interval of its reports while parked, mean
        ("most_s", "f4"),  # and the longest of late
        ("fence_zone", "i4"),  # position of the zone it is parked in; -1 = none
        ("due", "i4"),  # slot of the timers it waits in; 0 = none
        ("raised", "u4"),  # bits of the signals raised in this episode
        ("because", "u4"),  # bits of the kinds of evidence of this episode
        ("alarms", "u4"),  # alarm bits of its newest fix
        ("vibration_s", "u4"),  # newest vibration, epoch seconds; 0 = none
        ("power_cut_s", "u4"),  # newest cut of the main power
        ("told_s", "u4"),  # newest signal of the episode: `score` is as of then
        ("out_s", "u4"),  # since when it goes steadily outwards
        ("hours", "u4"),  # bits of the hours of the day at which it set off
        ("dwell_n", "u2"),
        ("away_n", "u2"),
        ("moving_n", "u2"),
        ("out_n", "u2"),
        ("watched_min", "u2"),  # how long it was heard while parked
        ("anchor_n", "u1"),
        ("jump_n", "u1"),
        ("motion", "u1"),
        ("self_armed", "u1"),
        ("level", "u1"),  # highest of this episode; 0 = none
        ("trips", "u1"),  # times it set off, that nobody asked about
        ("cuts", "u1"),  # power cuts after which nothing happened
        ("waking", "u1"),  # fixes after a long silence that prove little
        ("armed_said", "i1"),
        ("ignition", "i1"),
    ],
    align=True,
)
"""Layout of one vehicle's row.  Times in ms of event time, angles in degrees WGS-84.

The fields fill it without a gap, so that equal rows have equal bytes.
"""


_FRESH = np.zeros((), ROW)
_FRESH["fence_zone"] = -1
_FRESH["armed_said"] = Tri.UNKNOWN
_FRESH["ignition"] = Tri.UNKNOWN
_FRESH["speed_mps"] = np.nan
_FRESH["heading_deg"] = np.nan


class FleetState:
    """Rows of all vehicles ever heard of, which row is whose, and the fleet's timers.

    `rows` is an array of `ROW` of length `len(state)` (a view: it moves when the fleet grows),
    `ids` the vehicles' ids by row.
    `fences` is what the rules about zones remember of the same rows: a state, its bytes as a
    snapshot holds them, or None before the first fix and where there are no rules.  `departures`
    are those of late, by which several at once are known (`streams.company`).
    `plates` is where the plates were last seen, in the same three forms (`streams.plates`), and
    `sighted` the number in the log of the newest sightings worked on.
    """

    fences: FenceState | bytes | None = None
    plates: LastSightings | bytes | None = None
    sighted: int = 0

    def __init__(self, capacity: int = 1024) -> None:
        self._rows: NDArray[np.void] = np.full(max(capacity, 1), _FRESH, ROW)
        self._next = np.full(max(capacity, 1), -1, np.int32)
        self.heads: Int32 = np.full(SLOTS, -1, np.int32)
        self.clock: Int64 = np.zeros(2, np.int64)
        self.departures = Departures()
        self.ids = Roster()
        self._interned: tuple[tuple[str, ...], Int32] = ((), np.empty(0, np.int32))

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def rows(self) -> NDArray[np.void]:
        """The vehicles' rows, `ROW`[len(self)]."""
        return self._rows[: len(self.ids)]

    @property
    def lines(self) -> NDArray[np.uint64]:
        """The memory of `rows` in lines of 32 bytes, uint64[7 len(self), 4]."""
        return self.rows.view(np.uint64).reshape(-1, 4)

    @property
    def next(self) -> Int32:
        """The timers' lists: which row waits behind each, int32[len(self)], -1 = none."""
        return self._next[: len(self.ids)]

    def row_of(self, vehicle_id: str) -> int | None:
        """Row number of a vehicle, or None when it was never heard of."""
        return self.ids.row_of(vehicle_id)

    def intern(self, ids: tuple[str, ...]) -> Int32:
        """Row number of each id, int32[len(ids)]; unknown ones get a fresh row."""
        if self._interned[0] is not ids:  # one dictionary may serve many batches
            self._interned = (ids, self.ids.rows_of(ids))
            self._grow(len(self.ids))
        return self._interned[1]

    @property
    def nbytes(self) -> int:
        """Bytes of memory that the detectors' state takes, rules about zones apart."""
        return self._rows.nbytes + self._next.nbytes + self.ids.nbytes

    def _grow(self, wanted: int) -> None:
        capacity = len(self._rows)
        if wanted <= capacity:
            return
        while capacity < wanted:
            capacity *= 2
        rows, next_ = np.full(capacity, _FRESH, ROW), np.full(capacity, -1, np.int32)
        rows[: len(self._rows)] = self._rows
        next_[: len(self._next)] = self._next
        self._rows, self._next = rows, next_

    @classmethod
    def restore(
        cls,
        ids: Sequence[str],
        rows: NDArray[np.void],
        clock: tuple[int, int] = (0, 0),
        departures: Sequence[Departure] = (),
    ) -> FleetState:
        """The state that had these.  Raises `ValueError` when they do not fit together."""
        if rows.dtype != ROW or rows.shape != (len(ids),):
            raise ValueError("ids and rows of a fleet state do not fit together")
        state = cls(capacity=max(len(ids), 1))
        state._rows[: len(ids)] = rows
        state.ids = Roster(ids)
        state.clock[:] = clock
        state.departures = Departures(departures)
        for number in np.flatnonzero(rows["due"]).tolist():
            slot = int(rows["due"][number]) % SLOTS
            state._next[number] = state.heads[slot]
            state.heads[slot] = number
        return state

"""What is remembered of every vehicle: one fixed row each, in one array that grows by doubling.

A row lies on a few adjacent cache lines, because the kernel touches one vehicle at a time.  The
array and the list of ids are the whole state: a snapshot of the two plus the blocks after it gives
the same bytes as never having stopped.
"""

from __future__ import annotations

from enum import IntEnum
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from geofence.fences import FenceState
from ingest.fix import Int32


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
        ("away_lon", "f8"),
        ("away_lat", "f8"),
        # a jump that physics does not allow, until others agree with it
        ("jump_ms", "i8"),
        ("jump_lon", "f8"),
        ("jump_lat", "f8"),
        ("episode_ms", "i8"),  # first sign of the theft that goes on; 0 = none
        ("speed_mps", "f4"),
        ("heading_deg", "f4"),
        ("fence_zone", "i4"),  # position of the zone it is parked in; -1 = none
        ("dwell_n", "u4"),
        ("away_n", "u4"),
        ("moving_n", "u4"),
        ("anchor_n", "u2"),
        ("jump_n", "u1"),
        ("raised", "u1"),  # bits of the signals raised in this episode
        ("motion", "u1"),
        ("self_armed", "u1"),
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
    """Rows of all vehicles ever heard of, and which row is whose.

    `rows` is an array of `ROW` of length `len(state)` (a view: it moves when the fleet grows).
    `fences` is what the rules about zones remember of the same rows: a state, its bytes as a
    snapshot holds them, or None before the first fix and where there are no rules.
    """

    fences: FenceState | bytes | None = None

    def __init__(self, capacity: int = 1024) -> None:
        self._rows: NDArray[np.void] = np.full(max(capacity, 1), _FRESH, ROW)
        self._index: dict[str, int] = {}
        self._ids: list[str] = []

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def rows(self) -> NDArray[np.void]:
        """The vehicles' rows, `ROW`[len(self)]."""
        return self._rows[: len(self._ids)]

    @property
    def ids(self) -> list[str]:
        """Vehicle ids by row; do not change it."""
        return self._ids

    def row_of(self, vehicle_id: str) -> int | None:
        """Row number of a vehicle, or None when it was never heard of."""
        return self._index.get(vehicle_id)

    def intern(self, ids: tuple[str, ...]) -> Int32:
        """Row number of each id, int32[len(ids)]; unknown ones get a fresh row."""
        index = self._index
        known = len(index)
        out = np.fromiter((index.setdefault(i, len(index)) for i in ids), np.int32, len(ids))
        if len(index) > known:
            self._ids.extend(islice(index, known, None))
            self._grow(len(index))
        return out

    def _grow(self, wanted: int) -> None:
        capacity = len(self._rows)
        if wanted <= capacity:
            return
        while capacity < wanted:
            capacity *= 2
        rows = np.full(capacity, _FRESH, ROW)
        rows[: len(self._rows)] = self._rows
        self._rows = rows

    @classmethod
    def restore(cls, ids: list[str], rows: NDArray[np.void]) -> FleetState:
        """The state that had these ids and rows.  Raises `ValueError` when they do not fit."""
        if rows.dtype != ROW or rows.shape != (len(ids),) or len(set(ids)) != len(ids):
            raise ValueError("ids and rows of a fleet state do not fit together")
        state = cls(capacity=max(len(ids), 1))
        state._rows[: len(ids)] = rows
        state._ids = list(ids)
        state._index = {i: n for n, i in enumerate(ids)}
        return state

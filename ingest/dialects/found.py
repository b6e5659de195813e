"""Fixes as a dialect finds them in its messages, one by one, and then as columns.

For every dialect whose messages are read one at a time.  It judges what a dialect need not know of:
names, places, clocks and numbers without sense.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ingest.dialects.dialect import Decoded
from ingest.dialects.rows import refuse
from ingest.dialects.sense import (
    ACCURACY_M,
    ALTITUDE_M,
    HEADING_DEG,
    SPEED_MPS,
    is_name,
    misplaced,
    sensible,
)
from ingest.fix import NO_SEQ, FixBatch, Flag, Int32
from ingest.message import Message
from ingest.reject import Reject, RejectReason
from ingest.sighting import SightingBatch

LOCATED = int(Flag.LOCATED)
_IGNITION = {
    None: 0,
    False: int(Flag.IGNITION_KNOWN),
    True: int(Flag.IGNITION_KNOWN | Flag.IGNITION),
}
_ARMED = {None: 0, False: int(Flag.ARMED_KNOWN), True: int(Flag.ARMED_KNOWN | Flag.ARMED)}


def flags_of(
    *,
    located: bool = True,
    ignition: bool | None = None,
    armed: bool | None = None,
    moving: bool | None = None,
    back_fill: bool | None = None,
) -> int:
    """Bits of `Flag`; None = the terminal did not say."""
    bits = _IGNITION[ignition] | _ARMED[armed]
    if located:
        bits |= LOCATED
    if moving:
        bits |= int(Flag.MOVING)
    if back_fill:
        bits |= int(Flag.BACK_FILL)
    return bits


def truth(said: bool | int | None) -> bool | None:  # noqa: FBT001 - as it is said
    """A truth that may be said as a number; None = not said."""
    return None if said is None else bool(said)


_Number = float | None
_Row = tuple[
    int, str, float, float, float, _Number, _Number, _Number, _Number, int, int
]  # as `Found.fix` takes them


class Found:
    """What one batch of messages holds.

    `rejects` may be added to; `fix` and `kind` note the rest, and `decoded` is all of it.
    """

    def __init__(self, messages: Sequence[Message]) -> None:
        self._messages = messages
        self._rows: list[_Row] = []
        self._names: dict[str, bool] = {}
        self._kinds: dict[int, str] = {}
        self.rejects: list[Reject] = []

    def fix(
        self,
        n: int,
        terminal: str,
        t: float,
        lon: float,
        lat: float,
        *,
        speed_mps: float | None = None,
        heading_deg: float | None = None,
        accuracy_m: float | None = None,
        altitude_m: float | None = None,
        flags: int = LOCATED,
        alarms: int = 0,
    ) -> None:
        """Note a fix of message `n`: `t` in epoch seconds, the place in degrees of WGS-84."""
        known = self._names.get(terminal)
        if known is None:
            known = self._names[terminal] = is_name(terminal)
        if not known:
            self.refuse(n, RejectReason.BAD_VALUE, name_detail(terminal))
            return
        measured = speed_mps, heading_deg, accuracy_m, altitude_m
        self._rows.append((n, terminal, t, lon, lat, *measured, flags, alarms))

    def kind(self, n: int, kind: str) -> None:
        """Note that message `n` holds no fix, and what it is."""
        self._kinds[n] = kind

    def refuse(self, n: int, reason: RejectReason, detail: str, terminal: str = "") -> None:
        """Note that (a row of) message `n` cannot be taken."""
        self.rejects.append(refuse(reason, detail, self._messages[n], terminal))

    def decoded(self) -> Decoded:
        """Everything noted, as columns; a place at 0, 0 is kept and not located."""
        nothing = np.empty(0, np.int32)
        rows = self._columns()
        if rows is None:
            batch, source = FixBatch.empty(), nothing
        else:
            batch, source = rows
        return Decoded(batch, source, SightingBatch.empty(), nothing, self.rejects, self._kinds)

    def _columns(self) -> tuple[FixBatch, Int32] | None:
        if not self._rows:
            return None
        columns = list(zip(*self._rows, strict=True))
        t, lon, lat = (np.array(column, np.float64) for column in columns[2:5])
        bad = misplaced(t, lon, lat)
        if bad:
            for row, (reason, detail) in bad.items():
                n, terminal = self._rows[row][:2]
                self.refuse(n, reason, detail, terminal)
            self._rows = [row for k, row in enumerate(self._rows) if k not in bad]
            return self._columns()
        codes: dict[str, int] = {}
        vehicle = [codes.setdefault(name, len(codes)) for name in columns[1]]
        source = np.array(columns[0], np.int32)
        received = np.array([m.received_ms for m in self._messages], np.int64)
        flags = np.array(columns[9], np.uint32)
        flags[(lon == 0) & (lat == 0)] &= ~np.uint32(LOCATED)
        batch = FixBatch(
            ids=tuple(codes),
            vehicle=np.array(vehicle, np.int32),
            t_ms=np.rint(t * 1000).astype(np.int64),
            received_ms=received[source],
            lon=lon,
            lat=lat,
            speed_mps=sensible(columns[5], *SPEED_MPS),
            heading_deg=sensible(columns[6], *HEADING_DEG),
            accuracy_m=sensible(columns[7], *ACCURACY_M),
            altitude_m=sensible(columns[8], *ALTITUDE_M),
            flags=flags,
            alarms=np.array(columns[10], np.uint32),
            # who numbers a fix wants an answer, and answers go on the native topics only
            seq=np.full(len(t), NO_SEQ, np.int64),
        )
        return batch, source


def name_detail(terminal: str) -> str:
    """Why a text is no name of a terminal."""
    wanted = "a terminal's name of 1 to 64 characters without /, + and #"
    return f"expected {wanted}, found {terminal[:100]!r}"

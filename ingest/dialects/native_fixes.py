"""Fixes of native messages as columns: by the compiled pass, and by msgspec what that gives back.

Both say the same of everything that both can read.  Called by `native`.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from ingest.dialects.rows import MAX_ROWS, Shape, refuse, rows
from ingest.dialects.sense import (
    ACCURACY_M,
    ALTITUDE_M,
    HEADING_DEG,
    SPEED_MPS,
    misplaced,
    sensible,
)
from ingest.fix import ALARM_BY_NAME, NO_SEQ, FixBatch, Flag, Float64, Int32, Int64, UInt32
from ingest.message import Message
from ingest.reject import Reject, RejectReason

WORTHWHILE = 64
"""Fewest messages that are worth loading the compiler for: a shell command has a handful."""


class Fix(msgspec.Struct, gc=False):
    """A fix as it stands in the payload."""

    t: float
    lon: float
    lat: float
    speed: float | None = None
    heading: float | None = None
    acc: float | None = None
    alt: float | None = None
    ign: bool | int | None = None
    armed: bool | int | None = None
    located: bool | int | None = None
    back_fill: bool | int | None = None
    alarms: list[str] | None = None
    batt: float | None = None
    seq: int | None = None
    terminal: str | int | None = None
    vehicle: str | int | None = None
    vehicle_id: str | int | None = None
    device: str | int | None = None
    id: str | int | None = None


class _Columns(NamedTuple):
    """Rows of the same length: numbers as said (NaN = not said), bits, and the message of each."""

    numbers: Float64  # [7 or more, n]: t, lon, lat, speed, heading, acc, alt
    flags: UInt32
    alarms: UInt32
    seq: Int64
    source: Int32

    def pick(self, index: NDArray[np.intp] | NDArray[np.bool_]) -> _Columns:
        """The rows that `index` selects, positions or mask."""
        return _Columns(
            self.numbers[:, index],
            self.flags[index],
            self.alarms[index],
            self.seq[index],
            self.source[index],
        )


_FIX = Shape.of(Fix, is_numbered=True)
# plain integers: an IntFlag costs a microsecond an operation
_IGNITION = {
    None: 0,
    0: int(Flag.IGNITION_KNOWN),
    1: int(Flag.IGNITION_KNOWN | Flag.IGNITION),
}
_ARMED = {None: 0, 0: int(Flag.ARMED_KNOWN), 1: int(Flag.ARMED_KNOWN | Flag.ARMED)}
_LOCATED = {None: int(Flag.LOCATED), 0: 0, 1: int(Flag.LOCATED)}
_BACK_FILL = {None: 0, 0: 0, 1: int(Flag.BACK_FILL)}
_TRUTHS = frozenset({None, 0, 1})
_ALARMS = {name: int(alarm) for name, alarm in ALARM_BY_NAME.items()}


def fix_batch(
    messages: Sequence[Message],
    names: Sequence[str],
    where: Sequence[int] | None,
    rejects: list[Reject],
    worthwhile: int = WORTHWHILE,
) -> tuple[FixBatch, Int32]:
    """The fixes of the messages at positions `where` (None = all), and of which message each is.

    `names` are the terminals of all messages.  What makes no sense goes to `rejects`.
    """
    parts: list[_Columns] = []
    count = len(messages) if where is None else len(where)
    if not count:
        return FixBatch.empty(), np.empty(0, np.int32)
    left = range(count) if where is None else where
    if count >= worthwhile:
        scanned, left = _scanned(messages, where)
        parts.append(_judged(scanned, {}, messages, names, rejects))
    if left:
        fixes, of = _read(messages, names, left, rejects)
        problems = dict(_problems(fixes, [names[n] for n in of]))
        parts.append(_judged(_columns(fixes, of), problems, messages, names, rejects))
    said = parts[0] if len(parts) == 1 else _in_order(parts)
    return _batch(said, messages, names), said.source


@cache
def _scan() -> Any:
    # the compiler takes half a second to load
    return importlib.import_module("ingest.dialects.scan.fixes").columns


def _scanned(
    messages: Sequence[Message], where: Sequence[int] | None
) -> tuple[_Columns, list[int]]:
    """What the compiled pass reads, and the positions of the messages that it gives back."""
    chosen = messages if where is None else [messages[n] for n in where]
    *columns, unread = _scan()([message.payload for message in chosen], MAX_ROWS)
    said = _Columns._make(columns)
    if where is None:
        return said, unread.tolist()
    of = np.array(where, np.int32)
    return said._replace(source=of[said.source]), of[unread].tolist()


def _read(
    messages: Sequence[Message], names: Sequence[str], where: Sequence[int], rejects: list[Reject]
) -> tuple[list[Fix], list[int]]:
    """The rows that have the right shape, and the message of each."""
    fixes: list[Fix] = []
    source: list[int] = []
    for n in where:
        said = rows(messages[n], names[n], _FIX, rejects)
        fixes += said
        source += [n] * len(said)
    return fixes, source


def _columns(fixes: Sequence[Fix], source: Sequence[int]) -> _Columns:
    numbers = [(f.t, f.lon, f.lat, f.speed, f.heading, f.acc, f.alt) for f in fixes]
    flags = [
        _LOCATED.get(f.located, 0)
        | _IGNITION.get(f.ign, 0)
        | _ARMED.get(f.armed, 0)
        | _BACK_FILL.get(f.back_fill, 0)
        for f in fixes
    ]
    seq = [NO_SEQ if f.seq is None or not 0 <= f.seq < 2**63 else f.seq for f in fixes]
    return _Columns(
        np.array(numbers, np.float64).reshape(-1, 7).T,
        np.array(flags, np.uint32),
        np.array([_alarms(f.alarms) if f.alarms else 0 for f in fixes], np.uint32),
        np.array(seq, np.int64),
        np.array(source, np.int32),
    )


def _alarms(names: list[str]) -> int:
    """Bits of the alarms named; one that nobody knows says nothing about the place."""
    bits = 0
    for name in names:
        bits |= _ALARMS.get(name, 0)
    return bits


def _problems(
    fixes: Sequence[Fix], names: Sequence[str]
) -> Iterator[tuple[int, tuple[RejectReason, str]]]:
    """Why rows cannot be meant though their place and time can, by row; the last counts."""
    for row, (f, name) in enumerate(zip(fixes, names, strict=True)):
        if f.seq is not None and not 0 <= f.seq < 2**63:
            detail = f"expected seq of 0 to 2^63 - 1, found {f.seq}"
            yield row, (RejectReason.BAD_VALUE, detail)
        for truth in (f.back_fill, f.armed, f.ign, f.located):
            if truth not in _TRUTHS:
                detail = f"expected true, false or null, found {truth}"
                yield row, (RejectReason.BAD_VALUE, detail)
        for said in (f.id, f.device, f.vehicle_id, f.vehicle, f.terminal):
            if said is not None and str(said) != name:
                detail = f"the topic is {name}'s, the payload says {said!r}"
                yield row, (RejectReason.IDENTITY_MISMATCH, detail)


def _judged(
    said: _Columns,
    problems: Mapping[int, tuple[RejectReason, str]],
    messages: Sequence[Message],
    names: Sequence[str],
    rejects: list[Reject],
) -> _Columns:
    """The rows that can be meant; the others go to `rejects`."""
    t, lon, lat = said.numbers[:3]
    bad = {**problems, **misplaced(t, lon, lat)}
    if not bad:
        return said
    for row, (reason, detail) in sorted(bad.items()):
        n = int(said.source[row])
        rejects.append(refuse(reason, detail, messages[n], names[n], int(said.seq[row])))
    good = np.ones(len(said.source), np.bool_)
    good[list(bad)] = False
    return said.pick(good)


def _in_order(parts: Sequence[_Columns]) -> _Columns:
    """Parts that were read in two ways, in the order of their messages."""
    together = _Columns(
        np.concatenate([part.numbers[:7] for part in parts], axis=1),
        np.concatenate([part.flags for part in parts]),
        np.concatenate([part.alarms for part in parts]),
        np.concatenate([part.seq for part in parts]),
        np.concatenate([part.source for part in parts]),
    )
    return together.pick(np.argsort(together.source, kind="stable"))


def _batch(said: _Columns, messages: Sequence[Message], names: Sequence[str]) -> FixBatch:
    source = said.source
    n = len(source)
    if not n:
        return FixBatch.empty()
    if n != len(names) or source[0] != 0 or (np.diff(source) != 1).any():
        names = [names[k] for k in source.tolist()]
    codes: dict[str, int] = {}
    vehicle = [codes.setdefault(name, len(codes)) for name in names]
    received = np.array([message.received_ms for message in messages], np.int64)[source]
    t, lon, lat, speed, heading, accuracy, altitude = said.numbers[:7]
    flags = said.flags
    nowhere = (lon == 0) & (lat == 0)
    if nowhere.any():
        flags = np.where(nowhere, flags & ~np.uint32(Flag.LOCATED), flags)
    return FixBatch(
        ids=tuple(codes),
        vehicle=np.array(vehicle, np.int32),
        t_ms=np.rint(t * 1000).astype(np.int64),
        received_ms=received,
        lon=lon,
        lat=lat,
        speed_mps=sensible(speed, *SPEED_MPS),
        heading_deg=sensible(heading, *HEADING_DEG),
        accuracy_m=sensible(accuracy, *ACCURACY_M),
        altitude_m=sensible(altitude, *ALTITUDE_M),
        flags=flags,
        alarms=said.alarms,
        seq=said.seq,
    )

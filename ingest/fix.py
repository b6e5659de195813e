"""Fixes as columns: the one shape in which positions travel through the whole system.

A `FixBatch` is a struct of arrays over many fixes of many vehicles, in order of arrival.  Dialects
make them, blocks store them, detectors read them; nobody loops over single fixes in Python.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import IntFlag
from typing import Self

import numpy as np
from numpy.typing import NDArray

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
UInt32 = NDArray[np.uint32]
Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

NO_SEQ = -1
"""Value of `FixBatch.seq` for a terminal that numbers nothing."""


class Flag(IntFlag):
    """State bits of one fix.  A `*_KNOWN` bit unset means that the terminal did not say."""

    LOCATED = 1 << 0
    IGNITION = 1 << 1
    IGNITION_KNOWN = 1 << 2
    ARMED = 1 << 3
    ARMED_KNOWN = 1 << 4
    MOVING = 1 << 5
    BACK_FILL = 1 << 6


class Alarm(IntFlag):
    """Alarm bits of one fix; a fix that carries any is never dropped."""

    SOS = 1 << 0
    VIBRATION = 1 << 1
    POWER_CUT = 1 << 2
    LOW_BATTERY = 1 << 3
    STOLEN = 1 << 4
    ILLEGAL_IGNITION = 1 << 5
    ILLEGAL_DISPLACEMENT = 1 << 6
    TAMPER = 1 << 7
    JAMMING = 1 << 8
    ANTENNA = 1 << 9
    OVERSPEED = 1 << 10
    GNSS_FAULT = 1 << 11
    COLLISION = 1 << 12
    ROLLOVER = 1 << 13
    ILLEGAL_DOOR = 1 << 14
    ZONE = 1 << 15


def flag_names(bits: int) -> list[str]:
    """Lower-case names of the bits set in a `Flag` value, in bit order."""
    return [f.name.lower() for f in Flag if bits & f and f.name]


def alarm_names(bits: int) -> list[str]:
    """Lower-case names of the bits set in an `Alarm` value, in bit order."""
    return [a.name.lower() for a in Alarm if bits & a and a.name]


ALARM_BY_NAME: dict[str, Alarm] = {a.name.lower(): a for a in Alarm if a.name}
FLAG_BY_NAME: dict[str, Flag] = {f.name.lower(): f for f in Flag if f.name}


@dataclass(frozen=True, slots=True, eq=False)
class FixBatch:
    """Columns over n fixes, in order of arrival.

    Shapes and units: every column is one-dimensional of length n, except `ids` (the dictionary).

    * `ids`: vehicle ids; `vehicle` int32[n] indexes it.
    * `t_ms`: int64[n], event time, UTC epoch milliseconds; `received_ms`: int64[n], arrival.
    * `lon`, `lat`: float64[n], WGS-84 degrees.
    * `speed_mps`, `heading_deg` (0 = north, clockwise), `accuracy_m`, `altitude_m`: float32[n],
      NaN = unknown.
    * `flags`, `alarms`: uint32[n], bits of `Flag` and `Alarm`.
    * `seq`: int64[n], the terminal's own number, `NO_SEQ` = none.
    """

    ids: tuple[str, ...]
    vehicle: Int32
    t_ms: Int64
    received_ms: Int64
    lon: Float64
    lat: Float64
    speed_mps: Float32
    heading_deg: Float32
    accuracy_m: Float32
    altitude_m: Float32
    flags: UInt32
    alarms: UInt32
    seq: Int64

    def __post_init__(self) -> None:
        n = self.vehicle.shape
        for name, dtype in COLUMNS.items():
            column = getattr(self, name)
            if column.dtype != dtype or column.shape != n:
                msg = f"{name}: expected {np.dtype(dtype)}{n}, got {column.dtype}{column.shape}"
                raise TypeError(msg)

    def __len__(self) -> int:
        return int(self.vehicle.shape[0])

    @classmethod
    def empty(cls) -> Self:
        """A batch of no fixes."""
        return cls(ids=(), **{name: np.empty(0, dtype) for name, dtype in COLUMNS.items()})

    def take(self, index: NDArray[np.intp] | NDArray[np.bool_] | slice) -> Self:
        """The fixes that `index` selects (positions, mask or slice); the dictionary is shared."""
        return type(self)(ids=self.ids, **{name: getattr(self, name)[index] for name in COLUMNS})

    @classmethod
    def concat(cls, batches: Sequence[Self]) -> Self:
        """All fixes of `batches`, in their order, over one merged dictionary."""
        if len(batches) == 1:
            return batches[0]
        if not batches:
            return cls.empty()
        codes: dict[str, int] = {}
        vehicle = []
        for batch in batches:
            translate = np.fromiter(
                (codes.setdefault(i, len(codes)) for i in batch.ids), np.int32, len(batch.ids)
            )
            vehicle.append(translate[batch.vehicle])
        rest = {
            name: np.concatenate([getattr(b, name) for b in batches])
            for name in COLUMNS
            if name != "vehicle"
        }
        return cls(ids=tuple(codes), vehicle=np.concatenate(vehicle), **rest)


COLUMNS: dict[str, type[np.generic]] = {
    "vehicle": np.int32,
    "t_ms": np.int64,
    "received_ms": np.int64,
    "lon": np.float64,
    "lat": np.float64,
    "speed_mps": np.float32,
    "heading_deg": np.float32,
    "accuracy_m": np.float32,
    "altitude_m": np.float32,
    "flags": np.uint32,
    "alarms": np.uint32,
    "seq": np.int64,
}
"""Name and dtype of every column, in wire order."""

assert set(COLUMNS) | {"ids"} == {f.name for f in fields(FixBatch)}  # noqa: S101 - one list, two uses

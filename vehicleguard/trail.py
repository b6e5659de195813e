"""The last believed fixes of the vehicles that are in an incident; nobody else's are kept."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from ingest.fix import Int32

LENGTH = 12
"""Fixes kept a vehicle: half a minute back even of one that reports every three seconds."""


class Fix(NamedTuple):
    """One believed fix; NaN = unknown."""

    t_ms: int
    lon: float
    lat: float
    speed_mps: float
    heading_deg: float

    @classmethod
    def of(cls, row: Any) -> Self:
        """The newest fix that a row of the fleet's state holds."""
        return cls(
            int(row["fix_ms"]),
            float(row["lon"]),
            float(row["lat"]),
            float(row["speed_mps"]),
            float(row["heading_deg"]),
        )


class Trails:
    """Fixes by row number of the fleet's state."""

    def __init__(self) -> None:
        self._of: dict[int, deque[Fix]] = {}

    def take(self, numbers: Int32, rows: NDArray[np.void]) -> None:
        """Rows after a batch: each holds the newest fix of its vehicle, if that is a new one."""
        for number, row in zip(numbers.tolist(), rows, strict=True):
            held = self._of.setdefault(number, deque(maxlen=LENGTH))
            fix = Fix.of(row)
            if fix.t_ms > (held[-1].t_ms if held else 0):
                held.append(fix)

    def of(self, number: int) -> Sequence[Fix]:
        """What is kept of one vehicle, oldest first."""
        return self._of.get(number, ())

    def forget(self, number: int) -> None:
        """Its incident is over."""
        self._of.pop(number, None)

"""Alerts of whole fleets, under names instead of positions that mean something in one book only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Int32 = NDArray[np.int32]
Records = NDArray[np.void]

TOLD = np.dtype(
    [
        ("t_ms", "i8"),
        ("t_detected_ms", "i8"),
        ("lon", "f8"),
        ("lat", "f8"),
        ("value", "f8"),
        ("rule", "i4"),
        ("vehicle", "i4"),
        ("zone", "i4"),
    ]
)
"""One alert; `rule`, `vehicle` and `zone` number the names of `Names`, no zone is -1; else `ALERT`.

Ordered by `t_ms`, `vehicle`, `rule`, `zone`, it does not depend on how the fixes were cut.
"""


class Names:
    """Names in order of first mention; the number of each stays."""

    def __init__(self) -> None:
        self._number: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._number)

    def __getitem__(self, number: int) -> str:
        return self.listed()[number]

    def listed(self) -> list[str]:
        """All names, by number."""
        return list(self._number)

    def numbers(self, names: Sequence[str]) -> Int32:
        """The number of each of `names`, int32[n]; new ones are given the next."""
        number = self._number
        return np.fromiter((number.setdefault(n, len(number)) for n in names), np.int32, len(names))


@dataclass
class Told:
    """What was raised so far, by one book."""

    parts: list[Records] = field(default_factory=list)

    def add(self, alerts: Any, rule: Int32, vehicle: Int32, zone: Int32) -> None:
        """Add `ALERT`[k]; `rule`, `vehicle` and `zone` give each of its positions a number."""
        if not len(alerts):
            return
        out = np.zeros(len(alerts), TOLD)
        for name in ("t_ms", "t_detected_ms", "lon", "lat", "value"):
            out[name] = alerts[name]
        out["rule"] = rule[alerts["rule"]]
        out["vehicle"] = vehicle[alerts["vehicle"]]
        out["zone"] = -1
        placed = alerts["zone"] >= 0
        out["zone"][placed] = zone[alerts["zone"][placed]]
        self.parts.append(out)

    def extend(self, other: Self) -> None:
        """Add what another has told."""
        self.parts += other.parts

    def ordered(self) -> Records:
        """All of it, `TOLD`[k] in its order."""
        found = np.concatenate(self.parts) if self.parts else np.zeros(0, TOLD)
        return found[np.lexsort((found["zone"], found["rule"], found["vehicle"], found["t_ms"]))]

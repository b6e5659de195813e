"""Transitions: a vehicle came into a zone, left it, or jumped through it.

What a transition is, and what it takes to believe one; `geofence.watch.presence` finds them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray


class Kind(IntEnum):
    """What became of one vehicle and one zone."""

    FOUND = 0
    """It was in the zone when it was first heard of: no transition, told for whoever counts."""
    ENTER = 1
    EXIT = 2
    CROSS = 3
    """Between two fixes, neither of them inside, the straight way led through the zone."""


TRANSITION = np.dtype(
    [
        ("t_ms", "i8"),
        ("t_detected_ms", "i8"),
        ("fix", "i8"),
        ("lon", "f8"),
        ("lat", "f8"),
        ("vehicle", "i4"),
        ("zone", "i4"),
        ("margin_m", "f4"),
        ("fixes", "u2"),
        ("kind", "u1"),
        ("live", "u1"),
    ],
    align=True,
)
"""One transition.

* `vehicle` is a row of the presence, `zone` a position in the zone set, `kind` a `Kind`.
* `t_ms`, `lon`, `lat`: event time and place of the first fix that showed it (of a `CROSS`, where
  the way was in the zone); degrees WGS-84, to 1e-7.
* `t_detected_ms` and `fix`: event time and position in the batch of the fix that confirmed it.
* `margin_m`: how deep on the new side that fix was, up to `TransitionParameters.cap_m`.
* `fixes`: how many fixes brought evidence; 1 of `FOUND`, 2 of `CROSS`.
* `live`: 0 when back-fill confirmed it: the presence moved, and nobody is to be alarmed.
"""


@dataclass(frozen=True, slots=True)
class TransitionParameters:
    """What it takes to believe that a vehicle changed sides.

    Evidence is summed as in Page's CUSUM test (E. S. Page, "Continuous Inspection Schemes", 1954):
    a fix on the new side, deeper than the band, brings its depth over `alone_m`, at least
    `least` and at most 1; within the band it begins nothing and brings `least` / 4 to what began
    (nothing at rest).  One on the old side takes as much away as it would have brought there, at
    least `least` / 2; nothing falls below 0, sums of 1 are believed, and what is reported is the
    fix at which the sum last left 0.  Bands are `accuracy_factor` times a fix's accuracy where
    that is wider; the entry band is never wider than about half of the zone's own depth.

    A vehicle at rest is judged by its resting place, not by its wander (`geofence.watch.track`).
    """

    entry_band_m: float = 30.0
    exit_band_m: float = 60.0
    alone_m: float = 250.0
    least: float = 0.25
    accuracy_factor: float = 3.0

    def __post_init__(self) -> None:
        if min(self.entry_band_m, self.exit_band_m, self.accuracy_factor) < 0.0:
            raise ValueError("bands and accuracy factor: expected 0 or more")
        if not 0.0 < self.least <= 1.0 or self.alone_m <= 0.0:
            raise ValueError("least: expected 0 to 1; alone_m: expected more than 0")

    @property
    def cap_m(self) -> float:
        """Margins beyond this change nothing."""
        return max(self.alone_m, self.entry_band_m, self.exit_band_m) + 1.0

    def record(self) -> NDArray[np.void]:
        """For the kernel: one record, shape (1,)."""
        out = np.zeros(1, [(name, "f8") for name in _NAMES])
        for name in _NAMES:
            out[name] = getattr(self, name)
        return out


_NAMES = ("entry_band_m", "exit_band_m", "alone_m", "least", "accuracy_factor", "cap_m")

"""What the kernel writes: one record a signal, and a tally of what became of the fixes."""

from __future__ import annotations

from enum import IntEnum

import numpy as np

FINDING = np.dtype(
    [
        ("fix", "i8"),  # position in the batch; the fix that moved the clock on, for a timer
        ("row", "i8"),
        ("t_ms", "i8"),
        ("t_detected_ms", "i8"),
        ("episode_ms", "i8"),
        ("lon", "f8"),
        ("lat", "f8"),
        ("anchor_lon", "f8"),
        ("anchor_lat", "f8"),
        ("distance_m", "f8"),
        ("allowed_m", "f8"),
        ("speed_mps", "f8"),
        ("seconds", "f8"),  # of what the kind is about: silence, time since the power cut ...
        ("usual_s", "f8"),
        ("score", "f8"),
        ("fence_zone", "i8"),
        ("fixes", "i8"),
        ("because", "u4"),
        ("alarms", "u4"),
        ("kind", "u1"),
        ("level", "u1"),
        ("armed", "u1"),
        ("ignition", "i1"),
    ],
    align=True,
)
"""One thing a detector found; NaN where a number does not apply."""


class Armed(IntEnum):
    """Who armed the vehicle, in `FINDING.armed`."""

    NOT_ARMED = 0
    BY_ITSELF = 1
    BY_OWNER = 2
    BY_SCHEDULE = 3


class Count(IntEnum):
    """What became of the fixes of a batch; positions in the kernel's tally."""

    LIVE = 0
    LATE = 1
    BACK_FILL = 2
    UNLOCATED = 3
    JUMP = 4
    FUTURE = 5
    OUTAGE = 6

"""What can be meant: names, times, places and numbers, judged over columns.

Every dialect asks here, so that all refuse the same things in the same words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from ingest.fix import Float32, Float64
from ingest.reject import RejectReason

EARLIEST_S, LATEST_S = 946_684_800.0, 4_102_444_800.0  # 2000-01-01 and 2100-01-01, UTC
KMH, KNOT = 1 / 3.6, 1852 / 3600
"""Metres a second in a kilometre an hour, and in a knot."""

SPEED_MPS, HEADING_DEG, ACCURACY_M, ALTITUDE_M = (0, 400), (0, 360), (0, 1e6), (-1000, 20_000)
"""What optional numbers can be, both ends included."""

_LETTER = r"[^\s/+#\x00-\x1f\x7f-\x9f]"
_NAME = re.compile(rf"{_LETTER}(?:[^/+#\x00-\x1f\x7f-\x9f]{{0,62}}{_LETTER})?")


def is_name(text: str) -> bool:
    """Whether a terminal may be called so: 1 to 64 characters that stand in a topic and an address.

    Other systems allow spaces inside, so they are allowed; a level of a topic ends at `/`.
    """
    return _NAME.fullmatch(text) is not None


def misplaced(t: Float64, lon: Float64, lat: Float64) -> dict[int, tuple[RejectReason, str]]:
    """Rows off the Earth or out of this century, by row: why, and in which words.

    `t` in epoch seconds and `lon`, `lat` in degrees, float64[n] each; NaN is misplaced, too.
    """
    found: dict[int, tuple[RejectReason, str]] = {}
    for row in np.flatnonzero(~((np.abs(lon) <= 180) & (np.abs(lat) <= 90))).tolist():
        found[row] = RejectReason.OUTSIDE_EARTH, place_detail(lon[row], lat[row])
    for row in np.flatnonzero(~((t >= EARLIEST_S) & (t < LATEST_S))).tolist():
        found.setdefault(row, (RejectReason.CLOCK_OFF, clock_detail(float(t[row]))))
    return found


def place_detail(lon: float, lat: float) -> str:
    """Why a place is none."""
    swapped = " (swapped?)" if abs(lat) <= 180 and abs(lon) <= 90 else ""
    return f"expected lon within 180 and lat within 90, found {lon}, {lat}{swapped}"


def clock_detail(t: float) -> str:
    """Why a time cannot be meant."""
    hint = " (milliseconds?)" if EARLIEST_S <= t / 1000 < LATEST_S else ""
    return f"expected t in epoch seconds of 2000 to 2100, found {t:.16g}{hint}"


def sensible(values: Sequence[float | None] | Float64, low: float, high: float) -> Float32:
    """The values as float32; None and what lies outside [low, high] as NaN."""
    column = np.asarray(values, np.float64)
    return np.where((column >= low) & (column <= high), column, np.nan).astype(np.float32)

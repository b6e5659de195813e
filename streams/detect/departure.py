"""What a departure amounts to: which signals an armed vehicle raises that is away from its place.

It left its fence; it moves; it was silent, shaken or cut off before; it keeps moving, towed or not,
at an hour or a place that is none of its own.
"""

from __future__ import annotations

from geofence.grid.predicate import compiled
from streams.detect import habit
from streams.detect.fusion import raise_
from streams.signal import SignalKind
from streams.state import Tri

_NO = int(Tri.NO)
_LEFT, _MOVED = SignalKind.LEFT_FENCE.number, SignalKind.MOVED_WHILE_ARMED.number
_KEPT, _TOWED = SignalKind.KEPT_MOVING.number, SignalKind.TOWED.number
_VIBRATION = SignalKind.VIBRATION_THEN_MOVED.number
_CUT, _OFF_HABIT = SignalKind.POWER_CUT_THEN_MOVED.number, SignalKind.OFF_HABIT.number
_FAR_OFF = 3.0  # fences
_REAPPEARED = SignalKind.REAPPEARED.number
_STAYED_FIXES = 6


@compiled
def departed(
    findings, n, row, fix, vehicle, t, place, away_m, allowed_m, pace, says, is_moving, onwards,
    settled_m, p, weights,
):  # fmt: skip
    """What a vehicle that is armed and away from its place shows; the new number of findings.

    `says`: its receiver says its own speed; `onwards`: this fix leads away from the anchor;
    `settled_m`: how far off it came to stay, 0 where it did not.
    """
    began = row.away_ms if row.away_n > 0 else row.moving_ms
    if row.moving_n > 0 and row.moving_ms < began:
        began = row.moving_ms
    gone = row.left >= 1.0
    # without the receiver's own word it is the place that shows that it moves
    far = away_m > _FAR_OFF * p.fence_radius_m
    moves = row.moving_n >= p.moving_fixes and (says or (gone and (onwards or (far and is_moving))))
    # what has come to stay far off was moved, whoever saw it
    moves |= gone and settled_m > _FAR_OFF * p.fence_radius_m and row.away_n >= _STAYED_FIXES
    if not (gone or moves):
        return n
    before = n
    fixes = max(row.away_n, row.moving_n)
    numbers = (away_m, allowed_m, pace, row.gap_s, fixes)
    if gone:
        n = raise_(
            findings, n, row, _LEFT, fix, vehicle, began, t, place, numbers, p, weights
        )  # fmt: skip
        if row.gap_s > 0.0:
            n = raise_(
                findings, n, row, _REAPPEARED, fix, vehicle, began, t, place, numbers, p, weights
            )  # fmt: skip
    if moves:
        n = raise_(
            findings, n, row, _MOVED, fix, vehicle, began, t, place, numbers, p, weights
        )  # fmt: skip
    if n > before:
        began_s = began // 1000
        since_s = began_s - row.vibration_s
        if row.vibration_s > 0 and since_s * 1000 <= p.vibration_ms:
            told = (away_m, allowed_m, pace, max(0.0, float(since_s)), fixes)
            n = raise_(
                findings, n, row, _VIBRATION, fix, vehicle, began, t, place, told, p, weights
            )  # fmt: skip
        since_s = began_s - row.power_cut_s
        if row.power_cut_s > 0 and since_s * 1000 <= p.power_cut_ms:
            told = (away_m, allowed_m, pace, max(0.0, float(since_s)), fixes)
            n = raise_(
                findings, n, row, _CUT, fix, vehicle, began, t, place, told, p, weights
            )  # fmt: skip
    # by the receiver's own word it takes one fix less
    if is_moving and row.moving_n >= p.kept_fixes - int(says) and row.way_m >= p.kept_m:
        n = raise_(
            findings, n, row, _KEPT, fix, vehicle, began, t, place, numbers, p, weights
        )  # fmt: skip
        if row.ignition == _NO:
            n = raise_(
                findings, n, row, _TOWED, fix, vehicle, began, t, place, numbers, p, weights
            )  # fmt: skip
        if habit.is_strange(row, began, place):
            n = raise_(
                findings, n, row, _OFF_HABIT, fix, vehicle, began, t, place, numbers, p, weights
            )  # fmt: skip
    return n

"""How a vehicle moves on its way out: driven, towed, or pushed.

Where the receiver says its own speed, by Doppler, that is believed: it does not wander.  Else the
way is cut into legs longer than a place is wide, and a leg moves when it goes on outwards from
where the one before was already away, which a jump and the way back do not.
"""

from __future__ import annotations

import numpy as np

from geofence.grid.predicate import compiled

_STEADY_M = 25.0  # least step outwards that is more than wander
_LITTLE_M = 5.0
_OUTWARDS = 0.6  # share of a step that leads away from the anchor
_RECORD_M = 15.0  # a new farthest point is this much farther
_BACK_M = 30.0  # and this much nearer again ends the way out
_RECORDS, _RECORDS_SILENT = 3, 4  # farthest points, with and without the receiver's own speed
_NEAR_M = 25.0  # nearer to the anchor, the way out has not begun
_RECORDS_CREPT, _CREPT_OF_FENCE = 4, 1.5
_STANDS_MPS = 0.3
_CREEP_MPS = 0.1
_WALK_LEAST_MPS, _WALK_MOST_MPS = 0.4, 3.2


@compiled
def is_outward(step_m, away_m, before_m):
    """Whether a step is longer than wander, and leads away from the anchor."""
    return step_m >= _STEADY_M and away_m - before_m >= _OUTWARDS * step_m


@compiled
def goes_on(step_m, away_m, before_m):
    """Whether a step of a vehicle that is known to move leads on, away from the anchor."""
    return step_m > _LITTLE_M and away_m - before_m >= _OUTWARDS * step_m


@compiled
def go_out(row, t_ms, seconds, away_m, doppler_mps, pace_mps, p):
    """Keep count of new farthest points; True when they make a way that is pushed or crept.

    Wander reaches as far, but not so steadily in so short a time.  `seconds` since the fix before.
    """
    now_s = t_ms // 1000
    jumped = away_m - row.made_m > _WALK_MOST_MPS * seconds + _BACK_M
    if away_m <= _NEAR_M or away_m < row.made_m - _BACK_M or jumped:
        row.made_m = max(away_m, _NEAR_M)
        row.out_n = 0
        row.out_s = now_s
        return False
    if away_m < row.made_m + _RECORD_M:
        return False
    if away_m < _CREEP_MPS * (now_s - row.out_s):
        row.out_n = 0  # it stood for long: the way out begins with this step
        row.out_s = now_s - np.int64(seconds)
    row.made_m = away_m
    row.out_n = min(row.out_n + 1, 65_535)
    if pace_mps > _WALK_MOST_MPS:
        return False
    # one that says it stands does not walk; NaN compares false: it says nothing
    walks = away_m >= _WALK_LEAST_MPS * (now_s - row.out_s) and not doppler_mps < _STANDS_MPS
    records = _RECORDS if doppler_mps >= _WALK_LEAST_MPS else _RECORDS_SILENT
    if walks and row.out_n >= records and away_m >= p.pushed_m:
        return True
    return row.out_n >= _RECORDS_CREPT and away_m >= _CREPT_OF_FENCE * p.fence_radius_m

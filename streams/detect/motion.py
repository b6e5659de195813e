"""How a vehicle moves on its way out: driven, towed, or pushed.

Where the receiver says its own speed, by Doppler, that is believed: it does not wander.  Else a
fix moves when it goes on outwards from where the fix before was already away, which a jump and the
way back do not.
"""

from __future__ import annotations

from geofence.grid.predicate import compiled

_STEADY_M = 25.0  # least step outwards that is more than wander
_OUTWARDS = 0.6  # share of a step that leads away from the anchor
_RECORD_M = 15.0  # a new farthest point is this much farther
_BACK_M = 30.0  # and this much nearer again ends the way out
_RECORDS, _RECORDS_SILENT = 3, 4  # farthest points, with and without the receiver's own speed
_NEAR_M = 25.0  # nearer to the anchor, the way out has not begun
_WALK_LEAST_MPS, _WALK_MOST_MPS = 0.4, 3.2


@compiled
def is_outward(step_m, away_m, before_m):
    """Whether a step is longer than wander, and leads away from the anchor."""
    return step_m >= _STEADY_M and away_m - before_m >= _OUTWARDS * step_m


@compiled
def go_out(row, t_ms, away_m, doppler_mps, p):
    """Keep count of new farthest points; True when they make a way at walking speed.

    Wander reaches as far, but not so steadily in so short a time.
    """
    if away_m <= _NEAR_M or away_m < row.made_m - _BACK_M:
        row.made_m = max(away_m, _NEAR_M)
        row.out_n = 0
        row.out_s = t_ms // 1000
        return False
    if away_m < row.made_m + _RECORD_M:
        return False
    row.made_m = away_m
    row.out_n = min(row.out_n + 1, 65_535)
    seconds = t_ms * 0.001 - row.out_s
    return (
        row.out_n >= (_RECORDS if doppler_mps >= _WALK_LEAST_MPS else _RECORDS_SILENT)
        and away_m >= p.pushed_m
        and _WALK_LEAST_MPS * seconds <= away_m <= _WALK_MOST_MPS * seconds
    )

"""`advance`: one pass over a batch, one fix at a time."""

from __future__ import annotations

import math

import numpy as np

from geofence.grid.predicate import compiled
from geofence.grid.prefetch import prefetch
from geofence.watch.track import M_PER_DEGREE, is_believable, near_m
from ingest.fix import Flag
from streams.detect import habit, motion, silence
from streams.detect.departure import departed
from streams.detect.finding import Count
from streams.detect.fusion import armed_by, raise_
from streams.detect.listen import hear_alarms, hear_state, keep_hours
from streams.detect.place import (
    TORN,
    WAKES,
    anchor_at,
    dwell_at,
    dwell_on,
    end_episode,
    forget_departure,
    leave,
    settle_anchor,
    will_anchor,
)
from streams.signal import SignalKind
from streams.state import ROW, Motion, Tri

AHEAD = 12
"""Rows are asked for this many fixes ahead: the kernel waits for memory more than it computes."""
LINES = ROW.itemsize // 32
MOST_A_FIX = 16
"""Room that one fix may need among the findings."""
_LOCATED, _BACK_FILL = int(Flag.LOCATED), int(Flag.BACK_FILL)
_PARKED, _MOVING = int(Motion.PARKED), int(Motion.MOVING)
_UNKNOWN, _NO, _YES = int(Tri.UNKNOWN), int(Tri.NO), int(Tri.YES)
_C_LIVE, _C_LATE, _C_BACK_FILL = int(Count.LIVE), int(Count.LATE), int(Count.BACK_FILL)
_C_UNLOCATED, _C_JUMP, _C_FUTURE = int(Count.UNLOCATED), int(Count.JUMP), int(Count.FUTURE)
_PUSHED = SignalKind.PUSHED.number
_LONG_S = 600.0  # what a long silence is to a receiver
_LEAST_OF_WAY = 0.2  # of the way that its speed promises, a vehicle that moves makes this much
_STAYED_MS = 300_000
_TRIP_M = 300.0  # less is a place that was taken badly
_STOP_S = 20.0  # within one place for so long, it does not go on
_MOVING_OF_FENCE = 0.6
_STANDS_MPS = 0.5  # who says so stands, and is parked where it is
_NOWHERE_DEG = 1e-4  # 0,0 is what receivers say that know nothing
_QUIET_MS = 1_800_000  # an episode of a vehicle that stands where it was is over after this
_NAN = float("nan")


@compiled
def _is_nowhere(lon, lat):
    return not (abs(lon) <= 180.0 and abs(lat) <= 90.0) or (
        abs(lon) < _NOWHERE_DEG and abs(lat) < _NOWHERE_DEG
    )


@compiled
def _is_inside(zone, first, last, hit_zone):
    for k in range(first, last):
        if hit_zone[k] == zone:
            return True
    return False


@compiled
def _zone_holding(first, last, hit_zone, guarding):
    for k in range(first, last):
        if guarding[hit_zone[k]]:
            return hit_zone[k]
    return -1


@compiled
def _allowed_m(row, widened_m, first, last, hit_zone, p):
    if row.fence_zone >= 0 and not _is_inside(row.fence_zone, first, last, hit_zone):
        return max(p.zone_band_m, widened_m)
    return max(p.fence_radius_m, widened_m)


@compiled
def advance(
    begin, rows, lines, vehicle, t_ms, received_ms, lon, lat, speed_mps, heading_deg, accuracy_m,
    flags, alarms, before_ms, hit_at, hit_zone, guarding, scheduled, switches, heads, next_, clock,
    parameters, weights, findings, tally,
):  # fmt: skip
    """Advance `rows` by the fixes of a batch from `begin` on, as long as `findings` has room.

    `lines` is the memory of `rows` in lines of 32 bytes.
    `vehicle` int32[n] are row numbers; the columns are those of `FixBatch`; the zones that hold fix
    i are `hit_zone[hit_at[i]:hit_at[i + 1]]`; `guarding` bool[zones]; `before_ms` int64[n] or
    empty: where the batch is not all that came, the time that the rest had moved on to.  `heads`
    int32[SLOTS], `next_` int32[rows] and `clock` int64[2] are the timers (`silence`).  `parameters`
    is an array of one `PARAMETERS`, `weights` of `WEIGHTS`; `tally` int64[len(Count)] is added to.
    `scheduled` uint8[rows] or empty says which vehicles are armed between the `switches` int64[k]
    of a schedule, which opens and closes in turn.
    Returns the fix to go on with, and how many `findings` were written.
    """
    p = parameters[0]
    n = 0
    count = vehicle.shape[0]
    elsewhere = before_ms.shape[0] > 0
    for i in range(begin, count):
        if findings.shape[0] - n < MOST_A_FIX:
            return i, n
        if i + AHEAD < count:
            at = np.int64(vehicle[i + AHEAD]) * LINES
            for line in range(0, LINES, 2):
                prefetch(lines, at + line)
            prefetch(lines, at + LINES - 1)
        row = rows[vehicle[i]]
        t = t_ms[i]
        early = received_ms[i] > 0 and t > received_ms[i] + p.future_after_ms
        if early:
            t = received_ms[i]
        live = (flags[i] & _BACK_FILL) == 0 and (
            received_ms[i] <= 0 or received_ms[i] - t <= p.back_fill_after_ms
        )
        now = t if live else 0
        if elsewhere and before_ms[i] > now:
            now = before_ms[i]
        if now > clock[0]:
            n, there = silence.tick(
                findings, n, rows, i, now, heads, next_, clock, tally, p, weights
            )
            if not there:
                return i, n
        if early:
            tally[_C_FUTURE] += 1
        if t <= row.seen_ms:
            tally[_C_LATE] += 1
            if alarms[i] and row.fix_ms > 0:
                n = hear_alarms(
                    findings, n, row, alarms[i], i, vehicle[i], t, (row.lon, row.lat), live, False,
                    p, weights,
                )  # fmt: skip
            continue
        silent_s = (t - row.seen_ms) * 0.001 if row.seen_ms > 0 else 0.0
        row.seen_ms = t
        if silent_s >= _LONG_S and silent_s >= 3.0 * row.most_s:
            row.gap_s = silent_s
        if row.motion == _PARKED and silent_s > 0.0:
            silence.hear(row, t, silent_s)
        newly_armed = hear_state(row, flags[i], alarms[i])
        if scheduled.shape[0] > 0 and scheduled[vehicle[i]]:
            keep_hours(row, t, switches)
        x, y = lon[i], lat[i]
        located = (flags[i] & _LOCATED) != 0 and not _is_nowhere(x, y)
        if alarms[i] | row.alarms:
            place = (x, y) if located else (row.lon, row.lat)
            n = hear_alarms(
                findings, n, row, alarms[i], i, vehicle[i], t, place, live, True, p, weights
            )
        if not located or accuracy_m[i] > p.max_accuracy_m:  # NaN compares false: not vague
            tally[_C_UNLOCATED] += 1
            if row.due == 0:
                silence.wait(row, vehicle[i], heads, next_, clock, p)
            continue
        zone = _zone_holding(hit_at[i], hit_at[i + 1], hit_zone, guarding)
        if row.fix_ms == 0:
            row.fix_ms = t
            row.lon = x
            row.lat = y
            row.speed_mps = speed_mps[i]
            row.heading_deg = heading_deg[i]
            if speed_mps[i] < _STANDS_MPS:
                anchor_at(row, t, x, y, zone)
            else:  # unknown, too
                will_anchor(row, t, x, y)
            dwell_at(row, t, x, y)
            tally[_C_LIVE if live else _C_BACK_FILL] += 1
            continue
        per_lon = M_PER_DEGREE * math.cos(math.radians(y))
        step_m = near_m(row.lon, row.lat, x, y, per_lon)
        seconds = (t - row.fix_ms) * 0.001
        if step_m <= p.max_mps * seconds:
            row.jump_n = 0
        elif not is_believable(row, t, x, y, p):
            tally[_C_JUMP] += 1
            row.waking = TORN
            continue
        else:
            row.waking = min(row.waking, WAKES)  # enough fixes agree: it was no jump
        tally[_C_LIVE if live else _C_BACK_FILL] += 1
        # a receiver's own speed comes from Doppler and beats the difference of two places
        says = speed_mps[i] == speed_mps[i]
        pace = float(speed_mps[i]) if says else step_m / seconds
        before_m = 0.0
        if row.moving_n > 0:
            before_m = near_m(row.anchor_lon, row.anchor_lat, row.lon, row.lat, per_lon)
        row.fix_ms = t
        row.lon = x
        row.lat = y
        row.speed_mps = pace
        row.heading_deg = heading_deg[i]
        if seconds >= _LONG_S:
            row.waking = WAKES
        elif row.waking > 0:
            row.waking -= 1

        # what armed itself while it was not heard, and what is no longer taken to be armed
        if row.armed_said == _UNKNOWN:
            if row.self_armed == 1:
                if row.ignition == _UNKNOWN and row.gap_s > 0 and seconds * 1000.0 > p.lapse_ms:
                    row.self_armed = 0
                    end_episode(row)
            elif (
                row.self_armed == 0
                and row.ignition == _NO
                and row.episode_ms == 0
                and row.motion != _MOVING
                and t - row.dwell_ms >= p.self_after_ms
            ):
                row.self_armed = 1
        armed = armed_by(row) != 0

        widened_m = 0.0
        if accuracy_m[i] == accuracy_m[i]:
            widened_m = p.accuracy_factor * accuracy_m[i]
        if newly_armed:
            end_episode(row)
            off_m = near_m(row.dwell_lon, row.dwell_lat, x, y, per_lon)
            if row.motion != _PARKED and not speed_mps[i] < _STANDS_MPS:
                will_anchor(row, t, x, y)
            elif off_m > p.dwell_radius_m and row.dwell_n >= 3:
                anchor_at(row, t, row.dwell_lon, row.dwell_lat, row.fence_zone)
            else:
                anchor_at(row, t, x, y, zone)
        away_m = near_m(row.anchor_lon, row.anchor_lat, x, y, per_lon)
        allowed_m = _allowed_m(row, widened_m, hit_at[i], hit_at[i + 1], hit_zone, p)
        leg_m = near_m(row.dwell_lon, row.dwell_lat, x, y, per_lon)
        is_leg = leg_m > p.dwell_radius_m
        outward = False
        if is_leg:
            from_m = near_m(row.anchor_lon, row.anchor_lat, row.dwell_lon, row.dwell_lat, per_lon)
            outward = motion.is_outward(leg_m, away_m, from_m)
            if not says:
                leg_s = (t - row.dwell_ms) * 0.001
                if leg_m > step_m and leg_m >= p.moving_mps * leg_s:
                    pace = leg_m / leg_s
            dwell_at(row, t, x, y)
        else:
            dwell_on(row, x, y)
        is_moving = pace >= p.moving_mps and (says or is_leg)
        if says and step_m < _LEAST_OF_WAY * pace * seconds:
            is_moving = False  # it says that it moves, and stays where it is
        if row.waking > WAKES:
            is_moving = False
        dwelt_ms = t - row.dwell_ms
        if is_moving:
            row.motion = _MOVING
        elif dwelt_ms >= p.parked_after_ms:
            row.motion = _PARKED
        if row.anchor_n == 0:
            if row.motion == _PARKED:
                anchor_at(row, row.dwell_ms, row.dwell_lon, row.dwell_lat, zone)
            else:
                will_anchor(row, t, x, y)
            away_m = near_m(row.anchor_lon, row.anchor_lat, x, y, per_lon)

        walked = motion.go_out(row, t, seconds, away_m, speed_mps[i], pace, p)
        pushed = walked or (row.raised >> _PUSHED & 1) != 0
        goes_on = False
        if row.moving_n >= p.moving_fixes:
            goes_on = motion.goes_on(step_m, away_m, before_m)
        if pushed or row.moving_n >= p.moving_fixes:
            # it is known to move: it need not go as far to be believed
            allowed_m = min(allowed_m, max(_MOVING_OF_FENCE * p.fence_radius_m, widened_m))
        if away_m > allowed_m:
            if row.away_n == 0:
                row.away_ms = t
                if row.moving_n == 0:
                    row.way_m = 0.0
            steady = pushed or goes_on or ((outward or (says and is_moving)) and row.moving_n > 0)
            leave(row, away_m, allowed_m, seconds, step_m, speed_mps[i], steady, p)
            row.away_n = min(row.away_n + 1, 65_535)
        else:
            row.away_n = 0
            row.left = 0.0
            row.gap_s = 0.0
        if away_m > max(p.moving_from_m, widened_m):
            row.way_m += step_m
            # the first step may be a jump; one that goes on outwards from there is none
            if is_moving and (says or outward or row.moving_n >= 2 or row.left >= 1.0):
                if row.moving_n == 0:
                    row.moving_ms = t
                row.moving_n = min(row.moving_n + 1, 65_535)
            elif not says and row.moving_n < 2 and (is_leg or seconds >= _STOP_S):
                row.moving_n = 0
        elif row.away_n == 0:
            row.moving_n = 0
            row.way_m = 0.0
            if row.anchor_n > 0:
                settle_anchor(row, x, y)
        # back-fill may build a departure up; only a live fix may raise it
        if armed and live:
            if walked:
                began = row.out_s * 1000
                numbers = (away_m, allowed_m, pace, _NAN, row.out_n)
                n = raise_(
                    findings, n, row, _PUSHED, i, vehicle[i], began, t, (x, y), numbers, p, weights
                )  # fmt: skip
            if row.away_n > 0 or row.moving_n > 0:
                # where it stays by now, if that is far from where it was parked
                settled_m = away_m if dwelt_ms >= _STAYED_MS else 0.0
                n = departed(
                    findings, n, row, i, vehicle[i], t, (x, y), away_m, allowed_m, pace, says,
                    is_moving, outward or goes_on, settled_m, p, weights,
                )  # fmt: skip

        # an armed vehicle keeps its fence until its episode is over, or it could be crept away
        if row.episode_ms != 0:
            settled = dwelt_ms >= p.self_after_ms and (
                away_m > allowed_m or t - row.told_s * 1000 >= _QUIET_MS
            )
        else:
            settled = not armed and dwelt_ms >= p.parked_after_ms
        if settled and row.dwell_n >= 2:
            if row.episode_ms != 0:
                end_episode(row)
                row.self_armed = 0
            off_m = near_m(row.anchor_lon, row.anchor_lat, row.dwell_lon, row.dwell_lat, per_lon)
            if off_m > p.dwell_radius_m:
                if off_m > _TRIP_M:
                    habit.learn(row)
                anchor_at(row, row.dwell_ms, row.dwell_lon, row.dwell_lat, zone)
                forget_departure(row)
            may_arm = row.armed_said == _UNKNOWN and row.self_armed == 0 and row.ignition != _YES
            if may_arm and dwelt_ms >= p.self_after_ms:
                row.self_armed = 1
        if row.due == 0:
            silence.wait(row, vehicle[i], heads, next_, clock, p)
    return count, n

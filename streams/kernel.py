"""The compiled heart: fixes in order of arrival advance their vehicles' rows and raise findings.

One pass over the batch, one fix at a time, so the answer cannot depend on where batches are cut.
Numba compiles it; nothing here allocates, and it runs without the interpreter's lock.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import IntEnum
from typing import Any

import numba
import numpy as np

from geofence.watch.track import distance_m, is_believable
from ingest.fix import Flag
from streams.signal import SignalKind
from streams.state import Motion, Tri


def _compiled(function: Callable[..., Any]) -> Any:
    return numba.njit(cache=True, nogil=True)(function)


FINDING = np.dtype(
    [
        ("fix", "i8"),
        ("row", "i8"),
        ("t_ms", "i8"),
        ("t_detected_ms", "i8"),
        ("episode_ms", "i8"),
        ("distance_m", "f8"),
        ("allowed_m", "f8"),
        ("speed_mps", "f8"),
        ("fence_zone", "i8"),
        ("fixes", "i8"),
        ("kind", "u1"),
        ("self_armed", "u1"),
        ("ignition", "i1"),
    ],
    align=True,
)
"""One thing a detector found: `fix` is a position in the batch, `row` one in the state."""

LEFT_FENCE, MOVED = 1, 2
KIND_OF_FINDING = {LEFT_FENCE: SignalKind.LEFT_FENCE, MOVED: SignalKind.MOVED_WHILE_ARMED}


class Count(IntEnum):
    """What became of the fixes of a batch; positions in the kernel's tally."""

    LIVE = 0
    LATE = 1
    BACK_FILL = 2
    UNLOCATED = 3
    JUMP = 4
    FUTURE = 5


_LOCATED, _BACK_FILL = int(Flag.LOCATED), int(Flag.BACK_FILL)
_IGNITION, _IGNITION_KNOWN = int(Flag.IGNITION), int(Flag.IGNITION_KNOWN)
_ARMED, _ARMED_KNOWN = int(Flag.ARMED), int(Flag.ARMED_KNOWN)
_PARKED, _MOVING = int(Motion.PARKED), int(Motion.MOVING)
_UNKNOWN, _NO, _YES = int(Tri.UNKNOWN), int(Tri.NO), int(Tri.YES)
_C_LIVE, _C_LATE, _C_BACK_FILL = int(Count.LIVE), int(Count.LATE), int(Count.BACK_FILL)
_C_UNLOCATED, _C_JUMP, _C_FUTURE = int(Count.UNLOCATED), int(Count.JUMP), int(Count.FUTURE)
_ANCHOR_MEAN_OF = (
    8  # fixes averaged into the parking place; more would let a slow push drag it along
)


@_compiled
def _forget_departure(row):
    row.away_ms = 0
    row.away_n = 0
    row.moving_ms = 0
    row.moving_n = 0


@_compiled
def _end_episode(row):
    _forget_departure(row)
    row.episode_ms = 0
    row.raised = 0


@_compiled
def _listen(row, flags):
    """Take in what the terminal says of key and guard; True when it was armed by this."""
    if flags & _IGNITION_KNOWN:
        row.ignition = _YES if flags & _IGNITION else _NO
        if row.ignition == _YES and row.self_armed:
            # the key is what tells an owner from a thief when nobody arms by hand
            row.self_armed = 0
            if row.raised == 0:
                _forget_departure(row)
    newly = False
    if flags & _ARMED_KNOWN:
        said = _YES if flags & _ARMED else _NO
        newly = said == _YES and row.armed_said != _YES
        if said == _NO and row.armed_said != _NO:
            row.self_armed = 0
            _end_episode(row)
        row.armed_said = said
        if said == _YES:
            row.self_armed = 0
    return newly


@_compiled
def _zone_holding(first, last, hit_zone, guarding):
    for k in range(first, last):
        if guarding[hit_zone[k]]:
            return hit_zone[k]
    return -1


@_compiled
def _is_inside(zone, first, last, hit_zone):
    for k in range(first, last):
        if hit_zone[k] == zone:
            return True
    return False


@_compiled
def _anchor_at(row, t, lon, lat, zone):
    row.anchor_ms = t
    row.anchor_lon = lon
    row.anchor_lat = lat
    row.anchor_n = 1
    row.fence_zone = zone


@_compiled
def _dwell_at(row, t, lon, lat):
    row.dwell_ms = t
    row.dwell_lon = lon
    row.dwell_lat = lat
    row.dwell_n = 1


@_compiled
def _note(findings, n, row, kind, fix, vehicle, t, away_m, allowed_m, pace):
    began = row.away_ms if row.away_n > 0 else row.moving_ms
    if kind == MOVED and row.moving_n > 0:
        began = row.moving_ms
    if row.episode_ms == 0:
        row.episode_ms = began
    row.raised |= kind
    out = findings[n]
    out.fix = fix
    out.row = vehicle
    out.t_ms = began
    out.t_detected_ms = t
    out.episode_ms = row.episode_ms
    out.distance_m = away_m
    out.allowed_m = allowed_m
    out.speed_mps = pace
    out.fence_zone = row.fence_zone
    out.fixes = row.away_n if kind == LEFT_FENCE else max(row.moving_n, row.away_n)
    out.kind = kind
    out.self_armed = row.self_armed
    out.ignition = row.ignition


@_compiled
def advance(
    rows,
    vehicle,
    t_ms,
    received_ms,
    lon,
    lat,
    speed_mps,
    heading_deg,
    accuracy_m,
    flags,
    hit_at,
    hit_zone,
    guarding,
    parameters,
    findings,
    tally,
):
    """Advance `rows` by a batch of n fixes and return how many `findings` were written.

    `vehicle` int32[n] are row numbers; the columns are those of `FixBatch`; the zones that hold fix
    i are `hit_zone[hit_at[i]:hit_at[i + 1]]`; `guarding` bool[zones]; `parameters` is an array of
    one `rules.PARAMETERS`; `findings` has room for 2n of `FINDING`; `tally` int64[len(Count)] is
    added to.
    """
    p = parameters[0]
    n = 0
    for i in range(vehicle.shape[0]):
        row = rows[vehicle[i]]
        t = t_ms[i]
        if received_ms[i] > 0 and t > received_ms[i] + p.future_after_ms:
            t = received_ms[i]
            tally[_C_FUTURE] += 1
        if t <= row.seen_ms:
            tally[_C_LATE] += 1
            continue
        row.seen_ms = t
        live = (flags[i] & _BACK_FILL) == 0 and received_ms[i] - t <= p.back_fill_after_ms
        newly_armed = _listen(row, flags[i])
        x, y = lon[i], lat[i]
        vague = accuracy_m[i] > p.max_accuracy_m  # NaN compares false: unknown is not vague
        if (flags[i] & _LOCATED) == 0 or vague or not (math.isfinite(x) and math.isfinite(y)):
            tally[_C_UNLOCATED] += 1
            continue
        zone = _zone_holding(hit_at[i], hit_at[i + 1], hit_zone, guarding)
        if row.fix_ms == 0:
            row.fix_ms = t
            row.lon = x
            row.lat = y
            row.speed_mps = speed_mps[i]
            row.heading_deg = heading_deg[i]
            _anchor_at(row, t, x, y, zone)
            _dwell_at(row, t, x, y)
            tally[_C_LIVE if live else _C_BACK_FILL] += 1
            continue
        if not is_believable(row, t, x, y, p):
            tally[_C_JUMP] += 1
            continue
        tally[_C_LIVE if live else _C_BACK_FILL] += 1
        way_m = distance_m(row.lon, row.lat, x, y)
        seconds = (t - row.fix_ms) * 0.001
        # a receiver's own speed comes from Doppler and beats the difference of two places
        doppler = speed_mps[i] == speed_mps[i]
        if doppler:
            pace = speed_mps[i]
            is_moving = pace >= p.moving_mps
        else:
            pace = way_m / seconds
            is_moving = pace >= p.moving_mps and way_m > p.dwell_radius_m
        row.fix_ms = t
        row.lon = x
        row.lat = y
        row.speed_mps = pace
        row.heading_deg = heading_deg[i]

        if distance_m(row.dwell_lon, row.dwell_lat, x, y) > p.dwell_radius_m:
            _dwell_at(row, t, x, y)
        else:
            row.dwell_n += 1
        dwelt_ms = t - row.dwell_ms
        if is_moving:
            row.motion = _MOVING
        elif dwelt_ms >= p.parked_after_ms:
            row.motion = _PARKED
        if newly_armed:
            _end_episode(row)
            _anchor_at(row, t, x, y, zone)

        widened_m = 0.0
        if accuracy_m[i] == accuracy_m[i]:
            widened_m = p.accuracy_factor * accuracy_m[i]
        away_m = distance_m(row.anchor_lon, row.anchor_lat, x, y)
        allowed_m = max(p.fence_radius_m, widened_m)
        if row.fence_zone >= 0 and not _is_inside(
            row.fence_zone, hit_at[i], hit_at[i + 1], hit_zone
        ):
            allowed_m = max(p.zone_band_m, widened_m)
        armed = row.armed_said == _YES or row.self_armed == 1
        if away_m > allowed_m:
            if row.away_n == 0:
                row.away_ms = t
                row.away_lon = x
                row.away_lat = y
            row.away_n += 1
        else:
            row.away_n = 0
        if away_m > max(p.moving_from_m, widened_m):
            if is_moving:
                if row.moving_n == 0:
                    row.moving_ms = t
                row.moving_n += 1
        elif row.away_n == 0:
            row.moving_n = 0
            if row.anchor_n < _ANCHOR_MEAN_OF:
                row.anchor_n += 1
                row.anchor_lon += (x - row.anchor_lon) / row.anchor_n
                row.anchor_lat += (y - row.anchor_lat) / row.anchor_n
        # back-fill may build a departure up; only a live fix may raise it
        if armed and live:
            made_m = 0.0
            if row.away_n > 0:
                made_m = distance_m(row.away_lon, row.away_lat, x, y)
            if row.away_n >= p.away_fixes and (row.raised & LEFT_FENCE) == 0:
                _note(findings, n, row, LEFT_FENCE, i, vehicle[i], t, away_m, allowed_m, pace)
                n += 1
            pushed = row.away_n >= p.moving_fixes and made_m >= p.moving_m
            if (row.moving_n >= p.moving_fixes or pushed) and (row.raised & MOVED) == 0:
                _note(findings, n, row, MOVED, i, vehicle[i], t, away_m, allowed_m, pace)
                n += 1

        # an armed vehicle keeps its fence until its episode is over, or it could be crept away
        if row.episode_ms != 0:
            settled = dwelt_ms >= p.self_after_ms
        else:
            settled = not armed and dwelt_ms >= p.parked_after_ms
        if settled and row.dwell_n >= 2:
            if row.episode_ms != 0:
                _end_episode(row)
                row.self_armed = 0
            if distance_m(row.anchor_lon, row.anchor_lat, row.dwell_lon, row.dwell_lat) > (
                p.dwell_radius_m
            ):
                _anchor_at(row, row.dwell_ms, row.dwell_lon, row.dwell_lat, zone)
                _forget_departure(row)
            if row.armed_said == _UNKNOWN and row.ignition != _YES and dwelt_ms >= p.self_after_ms:
                row.self_armed = 1
    return n

"""A vehicle's way through time: which fixes are believed, and whether it rests or travels.

Order, plausibility and rest come before any question about zones: a late fix, a receiver's jump or
the wander of a receiver at rest must not move anything.  One pass, one fix at a time, so the answer
does not depend on where batches are cut.  Called by `geofence.watch.watch`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from geofence.grid.predicate import compiled
from geofence.grid.prefetch import AHEAD, prefetch_whole
from ingest.fix import FixBatch, Flag

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius of the WGS-84 ellipsoid (IUGG R1)."""
M_PER_DEGREE = EARTH_RADIUS_M * math.pi / 180


class Use(IntEnum):
    """What a fix is good for."""

    NONE = 0
    """Late, repeated, not located, vague, or a jump: it says nothing about zones."""
    HISTORY = 1
    """Back-fill that is newer than all before: it moves the presence, and raises nothing live."""
    LIVE = 2


TRACK = np.dtype(
    [
        ("seen_ms", "i8"),  # newest event time of any fix; 0 = never heard of
        ("fix_ms", "i8"),  # event time of the position below; 0 = no position yet
        ("lon", "f8"),
        ("lat", "f8"),
        # a jump that physics does not allow, until others agree with it
        ("jump_ms", "i8"),
        ("jump_lon", "f8"),
        ("jump_lat", "f8"),
        # where it rests, or will when it stays
        ("rest_ms", "i8"),
        ("rest_lon", "f8"),
        ("rest_lat", "f8"),
        # first of the fixes that show it leaving
        ("leave_ms", "i8"),
        ("leave_lon", "f8"),
        ("leave_lat", "f8"),
        ("left", "f4"),  # evidence that it has left that place, 1 is enough
        ("rest_n", "u2"),
        ("jump_n", "u1"),
        ("resting", "u1"),
    ],
    align=True,
)
"""Layout of one vehicle's row.  Times in ms of event time, places in WGS-84 degrees."""


@dataclass(frozen=True, slots=True)
class TrackParameters:
    """What is believed of a track, and what counts as rest.

    A vehicle rests once it stayed within `rest_radius_m` for `rest_after_s`.  It has left when its
    fixes say so often and far enough: one at distance d beyond `leave_radius_m` r shows
    min(0.75, (d / r)^1.5 / 8), from 2 r on at least 0.5; sums of 1 are believed, and a fix within
    r forgets them.  On 638 parkings of taxis the longest runs were 6 fixes beyond 130 m, 3 beyond
    160 m and 2 beyond 200 m, and single ones kilometres off.  Fixes less than `whole_after_s`
    apart count in proportion, because the errors of a receiver hang together over seconds.
    """

    max_speed_mps: float = 70.0
    jump_fixes: int = 3
    max_accuracy_m: float = 200.0
    accuracy_factor: float = 3.0
    future_after_s: float = 120.0
    back_fill_after_s: float = 300.0
    rest_radius_m: float = 60.0
    rest_after_s: float = 180.0
    leave_radius_m: float = 130.0
    whole_after_s: float = 10.0

    def record(self) -> NDArray[np.void]:
        """For the kernel: one record, shape (1,), times in ms."""
        out = np.zeros(1, _PARAMETERS)
        out["max_mps"] = self.max_speed_mps
        out["jump_fixes"] = self.jump_fixes
        out["max_accuracy_m"] = self.max_accuracy_m
        out["accuracy_factor"] = self.accuracy_factor
        out["future_after_ms"] = self.future_after_s * 1000
        out["back_fill_after_ms"] = self.back_fill_after_s * 1000
        out["rest_radius_m"] = self.rest_radius_m
        out["rest_after_ms"] = self.rest_after_s * 1000
        out["leave_radius_m"] = self.leave_radius_m
        out["whole_after_ms"] = self.whole_after_s * 1000
        return out


_PARAMETERS = np.dtype(
    [
        ("max_mps", "f8"),
        ("jump_fixes", "i8"),
        ("max_accuracy_m", "f8"),
        ("accuracy_factor", "f8"),
        ("future_after_ms", "i8"),
        ("back_fill_after_ms", "i8"),
        ("rest_radius_m", "f8"),
        ("rest_after_ms", "i8"),
        ("leave_radius_m", "f8"),
        ("whole_after_ms", "f8"),
    ]
)
_BACK_FILL = int(Flag.BACK_FILL)
_NONE, _HISTORY, _LIVE = int(Use.NONE), int(Use.HISTORY), int(Use.LIVE)
_MEAN_OF = 8  # fixes averaged into the resting place; more would let a slow push drag it along
_MOST_A_FIX = 0.75  # one fix alone never shows that a vehicle left
_FAR = 2.0  # two fixes so many radii off show it
_AT_RADIUS = 8.0  # fixes just beyond the radius that show it; see `TrackParameters`
LEAST_WEIGHT = 0.1


def ticks(batch: FixBatch, parameters: TrackParameters) -> NDArray[np.int64]:
    """The event time that each fix of a batch moves the fleet's clock to, int64[n] ms; 0 = none.

    Whether its place is believed does not matter, so it is told from the fix alone: the clock does
    not depend on which other vehicles are looked at together.
    """
    out = np.empty(len(batch), np.int64)
    _tick(batch.t_ms, batch.received_ms, batch.flags, parameters.record(), _BACK_FILL, out)
    return out


@compiled
def _tick(t_ms, received_ms, flags, parameters, back_fill, out):
    p = parameters[0]
    for i in range(t_ms.shape[0]):
        t, old = t_ms[i], (flags[i] & back_fill) != 0
        if received_ms[i] > 0:
            t = min(t, received_ms[i] + p.future_after_ms)
            old |= received_ms[i] - t > p.back_fill_after_ms
        out[i] = 0 if old else t


@compiled
def event_times(steps, asked, t_ms, live):
    """Put the event times that count into `t_ms`, and into `live` which fixes are.

    `steps` `STEP`[n] are those of the fixes at the positions `asked` int64[n].
    """
    for n in range(steps.shape[0]):
        # of a fix that is not used the step says nothing
        if steps[n].use == _LIVE:
            live[asked[n]] = True
            t_ms[asked[n]] = steps[n].t_ms


@compiled
def distance_m(lon: float, lat: float, lon2: float, lat2: float) -> float:
    """Metres between two places, degrees; equirectangular, within 0.1 % up to 50 km."""
    x = (lon2 - lon) * math.cos(math.radians(0.5 * (lat + lat2)))
    if x > 180.0:
        x -= 360.0
    elif x < -180.0:
        x += 360.0
    y = lat2 - lat
    return math.sqrt(x * x + y * y) * M_PER_DEGREE


@compiled
def near_m(lon, lat, lon2, lat2, per_lon):
    """As `distance_m`, with the metres of a degree of longitude known."""
    x = lon2 - lon
    if x > 180.0:
        x -= 360.0
    elif x < -180.0:
        x += 360.0
    x *= per_lon
    y = (lat2 - lat) * M_PER_DEGREE
    return math.sqrt(x * x + y * y)


@compiled
def is_believable(row, t, lon, lat, p):
    """Whether physics, or enough fixes that agree with each other, allow the vehicle to be here.

    `row` has `fix_ms`, `lon`, `lat` and the `jump_…` fields, which are kept up; `p` has `max_mps`
    and `jump_fixes`.
    """
    seconds = (t - row.fix_ms) * 0.001
    if distance_m(row.lon, row.lat, lon, lat) <= p.max_mps * seconds:
        row.jump_n = 0
        return True
    since = (t - row.jump_ms) * 0.001
    agrees = row.jump_n > 0 and distance_m(row.jump_lon, row.jump_lat, lon, lat) <= (
        p.max_mps * since
    )
    row.jump_n = row.jump_n + 1 if agrees else 1
    row.jump_ms = t
    row.jump_lon = lon
    row.jump_lat = lat
    if row.jump_n >= p.jump_fixes:
        row.jump_n = 0
        return True
    return False


@compiled
def _stay_at(row, t, lon, lat):
    row.rest_ms = t
    row.rest_lon = lon
    row.rest_lat = lat
    row.rest_n = 1
    row.left = 0.0
    row.resting = 0


@compiled
def _has_left(row, t, lon, lat, accuracy_m, weight, p):
    """Keep the resting place up; True at the fix that shows that it has left."""
    widened_m = 0.0
    if not math.isnan(accuracy_m):
        widened_m = p.accuracy_factor * accuracy_m
    away_m = distance_m(row.rest_lon, row.rest_lat, lon, lat)
    if not row.resting:
        if away_m > max(p.rest_radius_m, widened_m):
            _stay_at(row, t, lon, lat)
            return False
    else:
        radius_m = max(p.leave_radius_m, widened_m)
        if away_m > radius_m:
            if row.left == 0.0:
                row.leave_ms = t
                row.leave_lon = lon
                row.leave_lat = lat
            ratio = away_m / radius_m
            shown = min(_MOST_A_FIX, ratio * math.sqrt(ratio) / _AT_RADIUS)
            if ratio >= _FAR:
                shown = max(shown, 0.5)
            row.left += weight * shown
            if row.left < 1.0:
                return False
            _stay_at(row, t, lon, lat)
            return True
        row.left = 0.0
    if row.rest_n < _MEAN_OF:
        row.rest_n += 1
        row.rest_lon += (lon - row.rest_lon) / row.rest_n
        row.rest_lat += (lat - row.rest_lat) / row.rest_n
    if t - row.rest_ms >= p.rest_after_ms:
        row.resting = 1
    return False


@compiled
def follow(rows, vehicle, t_ms, received_ms, lon, lat, accuracy_m, flags, parameters, bits, out):
    """Advance `rows` (`TRACK`) by n fixes; what presence needs of each goes to `out`.

    `vehicle` int32[n] are row numbers, the other columns those of `FixBatch`; `bits` are the flags
    (located, back-fill).  `out` is an array of n `STEP`.
    """
    p = parameters[0]
    located, back_fill = bits
    n = vehicle.shape[0]
    for i in range(n):
        if i + AHEAD < n:
            prefetch_whole(rows, vehicle[i + AHEAD])
        row = rows[vehicle[i]]
        step = out[i]
        step.use = _NONE
        t = t_ms[i]
        if received_ms[i] > 0 and t > received_ms[i] + p.future_after_ms:
            t = received_ms[i]
        if t <= row.seen_ms:
            continue
        row.seen_ms = t
        x, y = lon[i], lat[i]
        vague = accuracy_m[i] > p.max_accuracy_m  # NaN compares false: unknown is not vague
        if (flags[i] & located) == 0 or vague or not (abs(x) <= 180.0 and abs(y) <= 90.0):
            continue
        weight = 1.0
        if row.fix_ms == 0:
            step.first = 1
            step.leaving = 0
            step.departing = 0
            step.returned = 0
            _stay_at(row, t, x, y)
        else:
            if not is_believable(row, t, x, y, p):
                continue
            step.first = 0
            weight = min(1.0, max(LEAST_WEIGHT, (t - row.fix_ms) / p.whole_after_ms))
            step.left_lon = row.rest_lon
            step.left_lat = row.rest_lat
            was_departing = row.left > 0.0
            step.leaving = _has_left(row, t, x, y, accuracy_m[i], weight, p)
            step.departing = row.left > 0.0
            step.returned = was_departing and row.left == 0.0 and not step.leaving
            step.leave_ms = row.leave_ms
            step.leave_lon = row.leave_lon
            step.leave_lat = row.leave_lat
        old = (flags[i] & back_fill) != 0 or (
            received_ms[i] > 0 and received_ms[i] - t > p.back_fill_after_ms
        )
        step.use = _HISTORY if old else _LIVE
        step.from_ms = row.fix_ms
        step.from_lon = row.lon
        step.from_lat = row.lat
        step.t_ms = t
        step.weight = weight
        step.resting = row.resting
        step.rest_lon = row.rest_lon
        step.rest_lat = row.rest_lat
        row.fix_ms = t
        row.lon = x
        row.lat = y


STEP = np.dtype(
    [
        ("t_ms", "i8"),  # event time that counts
        ("from_ms", "i8"),  # the believed fix before it
        ("from_lon", "f8"),
        ("from_lat", "f8"),
        ("rest_lon", "f8"),
        ("rest_lat", "f8"),
        ("leave_ms", "i8"),
        ("leave_lon", "f8"),
        ("leave_lat", "f8"),
        ("left_lon", "f8"),  # the resting place that it left
        ("left_lat", "f8"),
        ("weight", "f4"),  # of the fix as evidence, LEAST_WEIGHT to 1
        ("use", "u1"),
        ("first", "u1"),  # the vehicle's first believed fix
        ("resting", "u1"),
        ("departing", "u1"),  # at rest, and the fixes since `leave_ms` say that it leaves
        ("leaving", "u1"),  # by this fix they are believed
        ("returned", "u1"),  # by this fix they are not
    ],
    align=True,
)
"""What became of one fix; all but `use` is undefined where `use` is NONE."""

"""Evidence adds up to a score that decays, and score and kinds of evidence to a level.

The table is `streams.thresholds.Fusion`: a signal adds its weight once an episode, times the trust
that the vehicle's guard deserves.
"""

from __future__ import annotations

import math

from geofence.grid.predicate import compiled
from streams.detect.finding import Armed
from streams.signal import Evidence, SignalKind
from streams.state import Tri

BLUE, YELLOW, RED = 1, 2, 3
BY_SCHEDULE = int(Armed.BY_SCHEDULE)
"""In `ROW.self_armed`, beside 0 and 1."""
KEY_WAS_ON = 1 << 31
"""In `ROW.because`, no kind of evidence: the key was on in this episode, so that it is off at the
end proves nothing."""
_YES, _NO, _UNKNOWN = int(Tri.YES), int(Tri.NO), int(Tri.UNKNOWN)
_BY_OWNER, _BY_ITSELF, _NOT_ARMED = int(Armed.BY_OWNER), int(Armed.BY_ITSELF), int(Armed.NOT_ARMED)
_PLACE = int(Evidence.PLACE)
_MORE = int(Evidence.POWER | Evidence.TAMPER | Evidence.TERMINAL | Evidence.VIBRATION)
_KEPT = 1 << SignalKind.KEPT_MOVING.number
_MOTION, _IGNITION = int(Evidence.MOTION), int(Evidence.IGNITION)
_PERSON, _HABIT = int(Evidence.PERSON), int(Evidence.HABIT)
_TERMINAL = int(Evidence.TERMINAL)
_SENSED = int(Evidence.TAMPER | Evidence.POWER | Evidence.VIBRATION)
_COUNTED = ~(_HABIT | _PERSON | KEY_WAS_ON) & 0xFFFFFFFF
_LEAST_TRUST_OF_SENSED = 0.6
"""What the terminal felt is little less true because the owner forgot to disarm it; what it
concluded itself (`Evidence.TERMINAL`) is no less true at all."""
SOFT = (1 << SignalKind.SILENT.number) | (1 << SignalKind.OFF_HABIT.number)
"""Signals that open no incident."""


@compiled
def armed_by(row):
    """Who armed the vehicle, as `Armed`."""
    if row.armed_said == _YES:
        return _BY_OWNER
    if row.self_armed == BY_SCHEDULE:
        return BY_SCHEDULE
    return _BY_ITSELF if row.self_armed else _NOT_ARMED


@compiled
def _trust(row, evidence, p):
    trust = 1.0
    if row.because & KEY_WAS_ON:
        trust = p.key_on
    elif row.armed_said == _YES or row.self_armed == BY_SCHEDULE:
        trust = p.armed_by_owner
    elif row.ignition == _UNKNOWN and row.trips > 0:
        trust = p.habitual
    elif row.ignition == _UNKNOWN and row.watched_min * 60_000 < p.guard_ms:
        trust = p.hardly_known
    if evidence & _TERMINAL:
        return max(trust, 1.0)
    if evidence & _SENSED:
        return max(trust, _LEAST_TRUST_OF_SENSED)
    return trust


@compiled
def _kinds(bits):
    count = 0
    while bits:
        bits &= bits - 1
        count += 1
    return count


@compiled
def _level(row, p):
    kinds = _kinds(row.because & _COUNTED)
    # red: it left its place, and keeps moving, or there is more than its receiver's word
    sure = row.because & _PLACE and (row.raised & _KEPT or row.because & _MORE)
    if row.because & _PERSON or (row.score >= p.red and kinds >= 2 and sure):
        return RED
    if (row.score >= p.yellow and kinds >= 2) or row.raised & p.alone:
        return YELLOW
    return BLUE if row.score >= p.blue else 0


@compiled
def raise_(findings, n, row, number, fix, vehicle, began_ms, t_ms, place, numbers, p, weights):
    """Write the signal `number` of the vehicle's episode, once; how many `findings` there are.

    `place` is (lon, lat); `numbers` (distance_m, allowed_m, speed_mps, seconds, fixes).
    """
    bit = 1 << number
    if row.raised & bit:
        return n
    if row.episode_ms == 0:
        row.episode_ms = began_ms
        row.score = 0.0
        row.because = 0
        row.level = 0
    row.raised |= bit
    evidence = weights[number].evidence
    score = weights[number].score
    if row.ignition == _YES:
        row.because |= KEY_WAS_ON
    if evidence & _MOTION and row.ignition == _NO and not row.because & (_IGNITION | KEY_WAS_ON):
        evidence |= _IGNITION
        score += p.ignition_off
    now_s = t_ms // 1000
    if row.score > 0.0 and now_s > row.told_s:
        row.score *= math.exp2((row.told_s - now_s) * 1000.0 / p.half_life_ms)
    row.score += score * _trust(row, evidence, p)
    row.because |= evidence
    row.told_s = now_s
    level = _level(row, p)
    if row.level == 0 and SOFT & bit and level == BLUE and not row.raised & ~SOFT:
        level = 0
    row.level = max(row.level, level)
    out = findings[n]
    out.fix = fix
    out.row = vehicle
    out.t_ms = began_ms
    out.t_detected_ms = t_ms
    out.episode_ms = row.episode_ms
    out.lon, out.lat = place
    out.anchor_lon = row.anchor_lon
    out.anchor_lat = row.anchor_lat
    out.distance_m, out.allowed_m, out.speed_mps, out.seconds, fixes = numbers
    out.fixes = fixes
    out.usual_s = row.usual_s
    out.score = row.score
    out.fence_zone = row.fence_zone
    out.because = row.because & ~KEY_WAS_ON
    out.alarms = row.alarms
    out.kind = number
    out.level = row.level
    out.armed = armed_by(row)
    out.ignition = row.ignition
    return n + 1

"""What the terminal itself says: key, guard, and alarms.

Some alarm bits are edges and some levels that are held for days; a bit is news when the fix before
did not have it, whichever it is.
"""

from __future__ import annotations

import numpy as np

from geofence.grid.predicate import compiled
from ingest.fix import Alarm, Flag
from streams.detect.fusion import BY_SCHEDULE, armed_by, raise_
from streams.detect.place import end_episode, forget_departure
from streams.signal import SignalKind
from streams.state import Motion, Tri

_IGNITION, _IGNITION_KNOWN = int(Flag.IGNITION), int(Flag.IGNITION_KNOWN)
_ARMED, _ARMED_KNOWN = int(Flag.ARMED), int(Flag.ARMED_KNOWN)
_PARKED = int(Motion.PARKED)
_UNKNOWN, _NO, _YES = int(Tri.UNKNOWN), int(Tri.NO), int(Tri.YES)
_VIBRATION, _POWER_CUT = int(Alarm.VIBRATION), int(Alarm.POWER_CUT)
_STOLEN, _KEYLESS = int(Alarm.STOLEN), int(Alarm.ILLEGAL_IGNITION)
_DISPLACED, _SOS = int(Alarm.ILLEGAL_DISPLACEMENT), int(Alarm.SOS)
_TAMPER, _JAMMING = int(Alarm.TAMPER | Alarm.ANTENNA), int(Alarm.JAMMING)
_RAISING = _SOS | _STOLEN | _KEYLESS | _DISPLACED | _TAMPER | _JAMMING
_K_STOLEN, _K_KEYLESS = SignalKind.TERMINAL_STOLEN.number, SignalKind.STARTED_WITHOUT_KEY.number
_K_DISPLACED, _K_SOS = SignalKind.TERMINAL_DISPLACED.number, SignalKind.SOS.number
_K_TAMPERED, _K_JAMMING = SignalKind.TAMPERED.number, SignalKind.JAMMING.number
_NAN = float("nan")


@compiled
def hear_state(row, flags, alarms):
    """Take in what the terminal says of key and guard; True when it was armed by this."""
    if flags & _IGNITION_KNOWN:
        row.ignition = _YES if flags & _IGNITION else _NO
        keyless = alarms & _KEYLESS or row.raised >> _K_KEYLESS & 1
        if row.ignition == _YES and row.self_armed == 1 and not keyless:
            # the key is what tells an owner from a thief when nobody arms by hand
            row.self_armed = 0
            if row.raised == 0:
                forget_departure(row)
    newly = False
    if flags & _ARMED_KNOWN:
        said = _YES if flags & _ARMED else _NO
        newly = said == _YES and row.armed_said != _YES
        if said == _NO and row.armed_said != _NO:
            row.self_armed = 0
            end_episode(row)
        row.armed_said = said
        if said == _YES:
            row.self_armed = 0
    return newly


@compiled
def keep_hours(row, t_ms, switches):
    """Arm a parked vehicle in the hours of its schedule, and disarm it when they end."""
    if np.searchsorted(switches, t_ms, side="right") & 1:
        free = row.armed_said == _UNKNOWN and row.self_armed != BY_SCHEDULE
        if free and row.motion == _PARKED and row.episode_ms == 0:
            if row.self_armed == 0:
                forget_departure(row)
            row.self_armed = BY_SCHEDULE
    elif row.self_armed == BY_SCHEDULE and row.episode_ms == 0:
        row.self_armed = 0
        forget_departure(row)


@compiled
def hear_alarms(findings, n, row, alarms, fix, vehicle, t_ms, place, live, in_order, p, weights):
    """Take in the alarm bits of a fix; the new number of `findings`.

    A fix out of order raises what it carries, and leaves no trace in what the row remembers.
    """
    news = alarms & ~row.alarms
    if in_order:
        # what began in back-fill is still news to the live fix that holds it
        row.alarms = alarms if live else alarms & ~(news & _RAISING)
        # a bit that is held goes on: what it is about happens again at each fix
        if alarms & _VIBRATION:
            row.vibration_s = t_ms // 1000
        if news & _POWER_CUT:
            if row.power_cut_s > 0 and row.episode_ms == 0:
                row.cuts = min(row.cuts + 1, 255)  # nothing came of the one before
            row.power_cut_s = t_ms // 1000
    if not live or news == 0:
        return n
    numbers = (_NAN, _NAN, _NAN, _NAN, 1)
    guarded = armed_by(row) != 0
    if news & _SOS:
        n = raise_(
            findings, n, row, _K_SOS, fix, vehicle, t_ms, t_ms, place, numbers, p, weights
        )  # fmt: skip
    if news & _STOLEN:
        n = raise_(
            findings, n, row, _K_STOLEN, fix, vehicle, t_ms, t_ms, place, numbers, p, weights
        )  # fmt: skip
    if news & _KEYLESS and row.armed_said != _NO:
        n = raise_(
            findings, n, row, _K_KEYLESS, fix, vehicle, t_ms, t_ms, place, numbers, p, weights
        )  # fmt: skip
    if news & _DISPLACED and guarded:
        n = raise_(
            findings, n, row, _K_DISPLACED, fix, vehicle, t_ms, t_ms, place, numbers, p, weights
        )  # fmt: skip
    if news & _TAMPER and guarded:
        n = raise_(
            findings, n, row, _K_TAMPERED, fix, vehicle, t_ms, t_ms, place, numbers, p, weights
        )  # fmt: skip
    if news & _JAMMING and guarded:
        n = raise_(
            findings, n, row, _K_JAMMING, fix, vehicle, t_ms, t_ms, place, numbers, p, weights
        )  # fmt: skip
    return n

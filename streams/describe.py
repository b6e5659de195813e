"""From what the kernel wrote to a signal that says why, in words' keys and numbers with units."""

from __future__ import annotations

import math

import numpy as np

from geofence import ZoneSet
from ingest.fix import alarm_names
from streams.detect import Armed
from streams.signal import Evidence, EvidenceValue, Signal, SignalKind
from streams.state import Tri
from streams.thresholds import OF_KIND

LEVELS = ("", "blue", "yellow", "red")
ARMED = {
    Armed.NOT_ARMED: "no",
    Armed.BY_ITSELF: "by_itself",
    Armed.BY_OWNER: "by_owner",
    Armed.BY_SCHEDULE: "by_schedule",
}
IGNITION = {Tri.YES: "on", Tri.NO: "off", Tri.UNKNOWN: "unknown"}
_SECONDS = {
    SignalKind.VIBRATION_THEN_MOVED: "vibration_s",
    SignalKind.POWER_CUT_THEN_MOVED: "power_cut_s",
    SignalKind.POWER_CUT_THEN_SILENT: "silent_s",
    SignalKind.SILENT: "silent_s",
    SignalKind.REAPPEARED: "silent_s",
}
_OF_HABIT = {SignalKind.SILENT, SignalKind.POWER_CUT_THEN_SILENT, SignalKind.REAPPEARED}
_OF_ALARM = {
    SignalKind.STARTED_WITHOUT_KEY,
    SignalKind.TERMINAL_STOLEN,
    SignalKind.TERMINAL_DISPLACED,
    SignalKind.TAMPERED,
    SignalKind.JAMMING,
    SignalKind.SOS,
}
_MOTION = {
    SignalKind.MOVED_WHILE_ARMED,
    SignalKind.KEPT_MOVING,
    SignalKind.TOWED,
    SignalKind.PUSHED,
}
KINDS = tuple(SignalKind)


def signal_of(found: np.void, vehicle_id: str, zones: ZoneSet, received_ms: int) -> Signal:
    """The signal of one `FINDING`; `zones` are those that its `fence_zone` counts."""
    kind = KINDS[int(found["kind"])]
    ignition = Tri(int(found["ignition"]))
    brings = OF_KIND[kind]
    if brings & Evidence.MOTION and ignition is Tri.NO:
        brings |= Evidence.IGNITION
    evidence: dict[str, EvidenceValue] = {
        "kinds": brings.names(),
        "episode": int(found["episode_ms"]) / 1000,
        "score": round(float(found["score"]), 2),
        "because": Evidence(int(found["because"])).names(),
        "armed": ARMED[Armed(int(found["armed"]))],
        "ignition": IGNITION[ignition],
    }
    if level := LEVELS[int(found["level"])]:
        evidence["level"] = level
    _put(evidence, "distance_m", found["distance_m"])
    if int(found["fixes"]):
        evidence["fixes"] = int(found["fixes"])
    if kind is SignalKind.LEFT_FENCE:
        zone = int(found["fence_zone"])
        evidence["fence"] = zones.zones[zone].id if zone >= 0 else "parking"
        _put(evidence, "allowed_m", found["allowed_m"])
    if kind in _MOTION:
        _put(evidence, "speed_mps", found["speed_mps"])
    if key := _SECONDS.get(kind):
        _put(evidence, key, found["seconds"])
    if kind in _OF_HABIT:
        _put(evidence, "usual_s", found["usual_s"])
    if kind in _OF_ALARM:
        evidence["alarms"] = alarm_names(int(found["alarms"]))
    return Signal(
        vehicle_id=vehicle_id,
        kind=kind,
        episode_ms=int(found["episode_ms"]),
        t_ms=int(found["t_ms"]),
        t_detected_ms=int(found["t_detected_ms"]),
        lon=float(found["lon"]),
        lat=float(found["lat"]),
        strength=round(1 - math.exp(-float(found["score"]) / 3), 3),
        evidence=evidence,
        received_ms=received_ms,
    )


def _put(evidence: dict[str, EvidenceValue], key: str, value: float) -> None:
    number = float(value)
    if math.isfinite(number):
        evidence[key] = round(number, 1)

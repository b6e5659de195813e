"""A signal: one detector saying that something is wrong with one vehicle.

Its id derives from (vehicle, kind, start of the episode), so raising it twice changes nothing.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import IntFlag, StrEnum

EvidenceValue = str | int | float | bool | None | list[str]


class SignalKind(StrEnum):
    """What a detector can say.  New kinds go to the end: snapshots keep the numbers."""

    LEFT_FENCE = "left_fence"
    MOVED_WHILE_ARMED = "moved_while_armed"
    KEPT_MOVING = "kept_moving"
    TOWED = "towed"
    PUSHED = "pushed"
    STARTED_WITHOUT_KEY = "started_without_key"
    TERMINAL_STOLEN = "terminal_stolen"
    TERMINAL_DISPLACED = "terminal_displaced"
    SOS = "sos"
    VIBRATION_THEN_MOVED = "vibration_then_moved"
    POWER_CUT_THEN_MOVED = "power_cut_then_moved"
    POWER_CUT_THEN_SILENT = "power_cut_then_silent"
    SILENT = "silent"
    JAMMING = "jamming"
    REAPPEARED = "reappeared"
    TAMPERED = "tampered"
    OFF_HABIT = "off_habit"
    SEVERAL_AT_ONCE = "several_at_once"
    PLATE_ELSEWHERE = "plate_elsewhere"
    PLATE_IN_TWO_PLACES = "plate_in_two_places"
    ZONE_RULE = "zone_rule"

    @property
    def number(self) -> int:
        """Its position, which the kernels and snapshots know it by."""
        return _NUMBERS[self]


_NUMBERS = {kind: number for number, kind in enumerate(SignalKind)}


class Evidence(IntFlag):
    """Kinds of evidence that are independent of each other; red needs two, or a person."""

    PLACE = 1 << 0
    MOTION = 1 << 1
    IGNITION = 1 << 2
    POWER = 1 << 3
    VIBRATION = 1 << 4
    TAMPER = 1 << 5
    TERMINAL = 1 << 6
    SILENCE = 1 << 7
    PLATE = 1 << 8
    COMPANY = 1 << 9
    HABIT = 1 << 10
    PERSON = 1 << 11

    def names(self) -> list[str]:
        """Lower-case names of its bits, in bit order."""
        return [kind.name.lower() for kind in type(self) if self & kind and kind.name]


@dataclass(frozen=True, slots=True)
class Signal:
    """One finding.

    `t_ms` is when it began (event time of the first fix that showed it), `t_detected_ms` the event
    time of the fix that confirmed it, `episode_ms` the first sign of the whole episode; `lon`,
    `lat` are where the vehicle was at `t_detected_ms`, WGS-84 degrees.  `strength` is 0–1.
    `evidence` holds numbers with their units in the key; `evidence["kinds"]` names the independent
    kinds of evidence (`Evidence`) that this signal brings, `because` those of the episode so far,
    `score` and `level` what they amount to (no level: too little for an incident).  `received_ms`
    is the arrival of the fix that confirmed it, for latency figures; it does not travel.  `about`
    tells signals of one kind apart that begin together (rule and zone); evidence says it in words.
    """

    vehicle_id: str
    kind: SignalKind
    episode_ms: int
    t_ms: int
    t_detected_ms: int
    lon: float
    lat: float
    strength: float
    evidence: dict[str, EvidenceValue] = field(default_factory=dict)
    received_ms: int = 0
    about: str = ""

    @property
    def id(self) -> str:
        """Deterministic: 24 hexadecimal digits of SHA-256 over vehicle, kind, episode and about."""
        text = f"{self.vehicle_id}\x00{self.kind}\x00{self.episode_ms}"
        if self.about:
            text += f"\x00{self.about}"
        return "s-" + hashlib.sha256(text.encode()).hexdigest()[:24]

    def to_wire(self) -> dict[str, object]:
        """The mapping that `signals.jsonl` and `vg.signals.v1` carry; times in epoch seconds."""
        return {
            "id": self.id,
            "vehicle_id": self.vehicle_id,
            "kind": str(self.kind),
            "t": self.t_ms / 1000,
            "t_detected": self.t_detected_ms / 1000,
            "lon": self.lon,
            "lat": self.lat,
            "strength": self.strength,
            "evidence": self.evidence,
        }

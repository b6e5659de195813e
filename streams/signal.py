"""A signal: one detector saying that something is wrong with one vehicle.

Its id derives from (vehicle, kind, start of the episode), so raising it twice changes nothing.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum

EvidenceValue = str | int | float | bool | None | list[str]


class SignalKind(StrEnum):
    """What a detector can say."""

    MOVED_WHILE_ARMED = "moved_while_armed"
    LEFT_FENCE = "left_fence"
    ZONE_RULE = "zone_rule"


@dataclass(frozen=True, slots=True)
class Signal:
    """One finding.

    `t_ms` is when it began (event time of the first fix that showed it), `t_detected_ms` the event
    time of the fix that confirmed it, `episode_ms` the first sign of the whole episode; `lon`,
    `lat` are where the vehicle was at `t_detected_ms`, WGS-84 degrees.  `strength` is 0–1.
    `evidence` holds numbers with their units in the key; `evidence["kinds"]` names the independent
    kinds of evidence (`place`, `motion`, `ignition_off` …) that this signal brings.  `received_ms`
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

"""`step`: a batch of fixes in, the state advanced, signals out.  Pure but for the state handed in.

The embedded runner, the replay and the Faust worker all call exactly this.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from geofence.rules.model import Severity, When
from geofence.rules.sweep.held import ALERT
from ingest.fix import FixBatch, Int32, Int64
from streams import kernel
from streams.rules import Rules
from streams.signal import EvidenceValue, Signal, SignalKind
from streams.state import FleetState, Tri


@dataclass
class Processor:
    """Rules made ready for the kernel, and what became of the fixes so far.

    `tally` int64[len(kernel.Count)] counts fixes by fate since it was made.
    """

    rules: Rules
    tally: Int64 = field(default_factory=lambda: np.zeros(len(kernel.Count), np.int64))

    def __post_init__(self) -> None:
        self._guarding = self.rules.guarding()
        self._parameters = self.rules.parameters()
        self._fences = self.rules.fences()

    def step(self, batch: FixBatch, state: FleetState) -> list[Signal]:
        """Advance `state` by `batch`; the signals raised, in the order of their fixes."""
        n = len(batch)
        if n == 0:
            return []
        row_of = state.intern(batch.ids)
        vehicle = row_of[batch.vehicle]
        hit_at, hit_zone = self._hits(batch)
        findings = np.empty(2 * n, kernel.FINDING)
        found = kernel.advance(
            state.rows,
            vehicle,
            batch.t_ms,
            batch.received_ms,
            batch.lon,
            batch.lat,
            batch.speed_mps,
            batch.heading_deg,
            batch.accuracy_m,
            batch.flags,
            hit_at,
            hit_zone,
            self._guarding,
            self._parameters,
            findings,
            self.tally,
        )
        signals = [self._signal(f, batch, state) for f in findings[:found]]
        alerts = self._alerts(batch, state, vehicle)
        if not len(alerts):
            return signals
        # in the order of the fixes, what is told of one fix in the order found
        of_fix = [*findings["fix"][:found].tolist(), *alerts["fix"].tolist()]
        told = [*signals, *(self._told(alert, batch, state) for alert in alerts)]
        return [told[n] for n in sorted(range(len(told)), key=of_fix.__getitem__)]

    def _alerts(self, batch: FixBatch, state: FleetState, vehicle: Int32) -> NDArray[np.void]:
        """What the rules about zones have to say."""
        if self._fences is None:
            state.fences = None  # what was remembered would be stale when rules come back
            return np.empty(0, ALERT)
        if isinstance(state.fences, bytes):
            state.fences = self._fences.restore(state.fences)
        if state.fences is None:
            state.fences = self._fences.begin()
        return self._fences.advance(state.fences, state.ids, batch, vehicle)

    def _told(self, alert: np.void, batch: FixBatch, state: FleetState) -> Signal:
        """The signal of one alert of a rule about zones."""
        rule = self.rules.book.rules[int(alert["rule"])]
        at, t_ms = int(alert["zone"]), int(alert["t_ms"])
        zone = self.rules.zones.zones[at] if at >= 0 else None
        value = float(alert["value"])
        evidence: dict[str, EvidenceValue] = {
            "kinds": [],  # a rule of the place is no evidence of a theft
            "episode": t_ms / 1000,
            "rule": rule.id,
            "rule_name": rule.name or rule.id,
            "when": str(rule.when),
            "severity": str(rule.severity),
        }
        if zone is not None:
            evidence |= {"zone": zone.id, "zone_name": zone.name}
        if (unit := _UNIT_OF.get(rule.when)) and not math.isnan(value):
            evidence[unit] = round(value, 1)
        return Signal(
            vehicle_id=state.ids[int(alert["vehicle"])],
            kind=SignalKind.ZONE_RULE,
            episode_ms=t_ms,
            t_ms=t_ms,
            t_detected_ms=int(alert["t_detected_ms"]),
            lon=float(alert["lon"]),
            lat=float(alert["lat"]),
            strength=_STRENGTH_OF[rule.severity],
            evidence=evidence,
            received_ms=int(batch.received_ms[int(alert["fix"])]),
            about=f"{rule.id}\x00{'' if zone is None else zone.id}",
        )

    def _hits(self, batch: FixBatch) -> tuple[Int64, Int64]:
        """The zones of fix i are `zone[at[i]:at[i + 1]]`; int64[n + 1] and int64[k]."""
        at = np.zeros(len(batch) + 1, np.int64)
        if not len(self._guarding):
            return at, np.empty(0, np.int64)
        fix, zone = self.rules.zones.match(batch.lon, batch.lat)
        np.cumsum(np.bincount(fix, minlength=len(batch)), out=at[1:])
        return at, zone

    def _signal(self, found: np.void, batch: FixBatch, state: FleetState) -> Signal:
        kind = kernel.KIND_OF_FINDING[int(found["kind"])]
        ignition = Tri(int(found["ignition"]))
        fix = int(found["fix"])
        evidence: dict[str, EvidenceValue] = {
            "kinds": _kinds(kind, ignition),
            "episode": int(found["episode_ms"]) / 1000,
            "armed": "by_itself" if found["self_armed"] else "by_owner",
            "ignition": {Tri.YES: "on", Tri.NO: "off", Tri.UNKNOWN: "unknown"}[ignition],
            "distance_m": round(float(found["distance_m"]), 1),
            "fixes": int(found["fixes"]),
        }
        if kind is SignalKind.LEFT_FENCE:
            zone = int(found["fence_zone"])
            evidence["fence"] = self.rules.zones.zones[zone].id if zone >= 0 else "parking"
            evidence["allowed_m"] = round(float(found["allowed_m"]), 1)
            strength = 1 - math.exp(-float(found["distance_m"]) / float(found["allowed_m"]) / 2)
        else:
            evidence["speed_mps"] = round(float(found["speed_mps"]), 1)
            strength = {Tri.NO: 0.9, Tri.UNKNOWN: 0.7, Tri.YES: 0.4}[ignition]
        return Signal(
            vehicle_id=state.ids[int(found["row"])],
            kind=kind,
            episode_ms=int(found["episode_ms"]),
            t_ms=int(found["t_ms"]),
            t_detected_ms=int(found["t_detected_ms"]),
            lon=float(batch.lon[fix]),
            lat=float(batch.lat[fix]),
            strength=round(strength, 3),
            evidence=evidence,
            received_ms=int(batch.received_ms[fix]),
        )


def _kinds(kind: SignalKind, ignition: Tri) -> list[str]:
    """Independent kinds of evidence a signal brings (DOMAIN: place, motion, ignition off)."""
    if kind is SignalKind.LEFT_FENCE:
        return ["place"]
    return ["motion", "ignition_off"] if ignition is Tri.NO else ["motion"]


_UNIT_OF = {When.DWELL: "stayed_s", When.SPEEDING: "speed_kmh", When.APPROACH: "approach_m"}
_STRENGTH_OF = {Severity.BLUE: 0.3, Severity.YELLOW: 0.6, Severity.RED: 0.9}

_prepared: dict[int, tuple[Rules, Processor]] = {}


def step(batch: FixBatch, state: FleetState, rules: Rules, now_ms: int) -> list[Signal]:
    """Advance `state` by `batch` under `rules`; the signals raised, in the order of their fixes.

    `now_ms` is the processing time; detection goes by event time alone, so the two detectors here
    do not look at it.  `rules` are prepared once and remembered while they are in use.
    """
    del now_ms
    held = _prepared.get(id(rules))
    if held is None or held[0] is not rules:
        _prepared.clear()
        held = _prepared[id(rules)] = (rules, Processor(rules))
    return held[1].step(batch, state)

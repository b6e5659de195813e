"""`step`: a batch of fixes in, the state advanced, signals out.  Pure but for the state handed in.

The embedded runner, the replay and the Faust worker all call exactly this.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from ingest.fix import FixBatch, Int64
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

    def step(self, batch: FixBatch, state: FleetState) -> list[Signal]:
        """Advance `state` by `batch`; the signals raised, in the order of their fixes."""
        n = len(batch)
        if n == 0:
            return []
        row_of = state.intern(batch.ids)
        hit_at, hit_zone = self._hits(batch)
        findings = np.empty(2 * n, kernel.FINDING)
        found = kernel.advance(
            state.rows,
            row_of[batch.vehicle],
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
        return [self._signal(f, batch, state) for f in findings[:found]]

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

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
from streams.company import several_at_once
from streams.describe import Found, signal_of
from streams.detect import FINDING, Count, advance
from streams.guard_hours import NEVER
from streams.rules import Rules
from streams.signal import EvidenceValue, Signal, SignalKind
from streams.state import FleetState

_NOTHING = np.empty(0, np.int64)
_ROOM = 4096  # findings that a batch has room for at first


@dataclass
class Processor:
    """Rules made ready for the kernels, and what became of the fixes so far.

    `tally` int64[len(Count)] counts fixes by fate since it was made.
    """

    rules: Rules
    tally: Int64 = field(default_factory=lambda: np.zeros(len(Count), np.int64))

    def __post_init__(self) -> None:
        self._guarding = self.rules.guarding()
        self._parameters = self.rules.thresholds.parameters()
        self._weights = self.rules.thresholds.weights()
        self._fences = self.rules.fences()
        self._hours = self.rules.guard_hours()
        self._findings = np.empty(_ROOM, FINDING)

    def step(self, batch: FixBatch, state: FleetState, before_ms: Int64 = _NOTHING) -> list[Signal]:
        """Advance `state` by `batch`; the signals raised, in the order of their fixes.

        `before_ms` int64[n] where the batch is a share of what came: the event time that the rest
        had moved on to by each fix.
        """
        if len(batch) == 0:
            return []
        vehicle = state.intern(batch.ids)[batch.vehicle]
        signals, of_fix = self._detect(batch, state, vehicle, before_ms)
        alerts = self._alerts(batch, state, vehicle)
        if not len(alerts):
            return signals
        # in the order of the fixes, what is told of one fix in the order found
        told = [*signals, *(self._told(alert, batch, state) for alert in alerts)]
        of_fix += alerts["fix"].tolist()
        return [told[n] for n in sorted(range(len(told)), key=of_fix.__getitem__)]

    def _detect(
        self, batch: FixBatch, state: FleetState, vehicle: Int32, before_ms: Int64
    ) -> tuple[list[Signal], list[int]]:
        """What the detectors raise, and by which fix of the batch."""
        hit_at, hit_zone = self._hits(batch)
        scheduled, switches = NEVER
        if self._hours is not None:
            scheduled, switches = self._hours.of_rows(state.ids), self._hours.switches(batch.t_ms)
        signals: list[Signal] = []
        of_fix: list[int] = []
        begin, n = 0, len(batch)
        while begin < n:
            before = begin
            begin, found = advance(
                begin, state.rows, state.lines, vehicle, batch.t_ms, batch.received_ms,
                batch.lon, batch.lat, batch.speed_mps, batch.heading_deg, batch.accuracy_m,
                batch.flags, batch.alarms, before_ms, hit_at, hit_zone, self._guarding,
                scheduled, switches,
                state.heads, state.next, state.clock, self._parameters, self._weights,
                self._findings, self.tally,
            )  # fmt: skip
            if begin == before and not found:
                self._findings = np.empty(2 * len(self._findings), FINDING)
            for finding in map(Found._make, self._findings[:found].tolist()):
                for signal in self._signals(finding, batch, state):
                    signals.append(signal)
                    of_fix.append(finding.fix)
        return signals, of_fix

    def _signals(self, found: Found, batch: FixBatch, state: FleetState) -> list[Signal]:
        """The signal of a finding, and what follows from it for others of the fleet."""
        received_ms = int(batch.received_ms[found.fix])
        signal = signal_of(found, state.ids[found.row], self.rules.zones, received_ms)
        if signal.kind is not SignalKind.LEFT_FENCE:
            return [signal]
        place = found.anchor_lon, found.anchor_lat
        return [signal, *several_at_once([(signal, place)], state.departures)]

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
        if not self._guarding.any():
            return at, np.empty(0, np.int64)
        fix, zone = self.rules.zones.match(batch.lon, batch.lat)
        np.cumsum(np.bincount(fix, minlength=len(batch)), out=at[1:])
        return at, zone


_UNIT_OF = {When.DWELL: "stayed_s", When.SPEEDING: "speed_kmh", When.APPROACH: "approach_m"}
_STRENGTH_OF = {Severity.BLUE: 0.3, Severity.YELLOW: 0.6, Severity.RED: 0.9}

_prepared: dict[int, tuple[Rules, Processor]] = {}


def step(batch: FixBatch, state: FleetState, rules: Rules, now_ms: int) -> list[Signal]:
    """Advance `state` by `batch` under `rules`; the signals raised, in the order of their fixes.

    `now_ms` is the processing time; detection goes by event time alone, so it is not
    looked at.  `rules` are prepared once and remembered while they are in use.
    """
    del now_ms
    held = _prepared.get(id(rules))
    if held is None or held[0] is not rules:
        _prepared.clear()
        held = _prepared[id(rules)] = (rules, Processor(rules))
    return held[1].step(batch, state)

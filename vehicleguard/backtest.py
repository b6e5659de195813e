"""Rules A against rules B over recorded fixes, on all cores: what would have been told otherwise.

The fleet is cut into shards of vehicles, one a thread; each batch of the recording is handed to all
of them with the fleet's clock, so the answer does not depend on how many there are
(`geofence.backtest`).  Where the two files differ in the thresholds of detection too, the detectors
run under both, each over the whole fleet, since silence and company are seen only there; what they
raise stands beside the rules under the name of its kind.
"""

from __future__ import annotations

import json
import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geofence.backtest import TOLD, Comparison, Outcome, Shard, Told, Trial, compare
from geofence.backtest.alerts import Names
from ingest.fix import FixBatch
from streams.processor import Processor
from streams.rules import Rules
from streams.signal import Signal
from streams.state import FleetState
from vehicleguard.recording import Arrivals
from vehicleguard.replay import write_lines, write_text

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

BATCH = 524_288  # fixes handed out at once: the arrays of each share stay near the core
_AT_WORK = 1  # batches that wait behind the one that is worked on
PARKING = "parking"
"""What the detectors call the fence where a vehicle parked: no zone of anybody's."""


@dataclass(frozen=True, eq=False)
class Trialled:
    """What a backtest found; the numbers in `comparison` mean the names in the lists."""

    comparison: Comparison
    rules: list[str]
    zones: list[str]
    vehicles: list[str]
    fixes: int
    first_ms: int
    last_ms: int
    thresholds_differ: bool


@dataclass(frozen=True, eq=False)
class _Handed:
    """A batch for all shares: `row` int32[n] of the fleet, `names` its vehicles, by row."""

    batch: FixBatch
    row: Int32
    clock_ms: Int64
    names: Sequence[str]

    def of(self, nth: int, of: int) -> Any:
        """The fixes of one share; all of them without copying where there is one."""
        return slice(len(self.row)) if of == 1 else np.flatnonzero(self.row % of == nth)


@dataclass(frozen=True)
class _Numbers:
    """What the positions of both books are among the names of the whole."""

    rules: tuple[Int32, Int32]
    zones: tuple[Int32, Int32]


class _Detectors:
    """The detectors of one side, over the whole fleet."""

    def __init__(self, rules: Rules) -> None:
        self._processor, self._state = Processor(rules.without_zone_rules()), FleetState()

    def advance(self, handed: _Handed) -> list[Signal]:
        """What they raise by a batch."""
        return self._processor.step(handed.batch, self._state)


class _Share:
    """A shard of the fleet, with what both sides told of it so far."""

    def __init__(self, nth: int, of: int, trial: Trial) -> None:
        self._nth, self._of = nth, of
        self.told = (Told(), Told())
        self.rows = np.empty(0, np.int32)
        self.ids: list[str] = []
        self._shard: Shard = trial.shard()

    def advance(self, handed: _Handed, number: _Numbers) -> None:
        """Both books over its fixes."""
        self._enrol(handed.names)
        own = handed.of(self._nth, self._of)
        batch, vehicle = handed.batch.take(own), handed.row[own] // self._of
        before_ms = handed.clock_ms[own]
        self._add(self._shard.advance(self.ids, batch, vehicle, before_ms), number)

    def _enrol(self, names: Sequence[str]) -> None:
        """Take the vehicles of the fleet that are its own: every so many-th."""
        known = len(self.rows) * self._of + self._nth
        if known < len(names):
            self.rows = np.arange(self._nth, len(names), self._of, dtype=np.int32)
            self.ids += names[known :: self._of]

    def finish(self, clock_ms: int, number: _Numbers) -> None:
        """The end of the recording."""
        self._add(self._shard.finish(self.ids, clock_ms), number)

    def _add(self, raised: tuple[Any, Any], number: _Numbers) -> None:
        for told, alerts, rule, zone in zip(
            self.told, raised, number.rules, number.zones, strict=True
        ):
            told.add(alerts, rule, self.rows, zone)


def backtest(
    arrivals: Arrivals,
    before: Rules,
    after: Rules,
    *,
    jobs: int,
    tolerance_s: float = 900.0,
    advanced: Callable[[int], None] = lambda _: None,
) -> Trialled:
    """Run the recording through the rules `before` and `after`, on `jobs` threads.

    The detectors, if they have to run, take a thread a side beside them.

    `advanced` is told how many rows of the recording are done.  Raises `RecordingError`.
    """
    rules, zones, fleet = Names(), Names(), Names()
    fences = Rules.fences_of((before, after))
    trial = Trial(*fences)
    number = _Numbers(
        rules=(_numbered(rules, before), _numbered(rules, after)),
        zones=(
            zones.numbers(fences[0].compiled.zone_keys),
            zones.numbers(fences[1].compiled.zone_keys),
        ),
    )
    differ = before.thresholds != after.thresholds
    shares = [_Share(n, jobs, trial) for n in range(jobs)]
    detectors = [_Detectors(rules) for rules in (before, after)] if differ else []
    found: tuple[list[Signal], list[Signal]] = ([], [])
    clock_ms, fixes, first_ms, last_ms = 0, 0, 0, 0
    ids, names, row_of = None, fleet.listed(), np.empty(0, np.int32)
    with ExitStack() as stack:
        # one each, so that none does two batches at once
        workers = [stack.enter_context(ThreadPoolExecutor(1)) for _ in (*shares, *detectors)]
        at_work: deque[tuple[int, list[Future[None]], list[Future[list[Signal]]]]] = deque()

        def wait(most: int) -> None:
            while len(at_work) > most:
                done, matched, detected = at_work.popleft()
                for task in matched:
                    task.result()
                for signals, raised in zip(found, detected, strict=False):  # maybe none at all
                    signals.extend(raised.result())
                advanced(done)

        for batch in _ahead(_cut(arrivals)):
            if batch.ids is not ids:  # a row group is handed out in several batches
                ids, row_of = batch.ids, fleet.numbers(batch.ids)
                names = fleet.listed() if len(fleet) > len(names) else names
            clock = trial.clock(batch, clock_ms)
            handed = _Handed(batch, row_of[batch.vehicle], clock[:-1], names)
            matching = [
                worker.submit(share.advance, handed, number)
                for share, worker in zip(shares, workers[:jobs], strict=True)
            ]
            detecting = [
                worker.submit(one.advance, handed)
                for one, worker in zip(detectors, workers[jobs:], strict=True)
            ]
            clock_ms, fixes = int(clock[-1]), fixes + len(batch)
            first_ms = min(first_ms or int(batch.t_ms.min()), int(batch.t_ms.min()))
            last_ms = max(last_ms, int(batch.t_ms.max()))
            at_work.append((arrivals.done, matching, detecting))
            wait(_AT_WORK)
        wait(0)
    for share in shares:
        share.finish(clock_ms, number)
    sides = [Told(), Told()]
    for side, told in enumerate(sides):
        for share in shares:
            told.extend(share.told[side])
        told.parts.append(_detected(found[side], rules, zones, fleet))
    return Trialled(
        comparison=compare(sides[0].ordered(), sides[1].ordered(), tolerance_s),
        rules=rules.listed(),
        zones=zones.listed(),
        vehicles=fleet.listed(),
        fixes=fixes,
        first_ms=first_ms,
        last_ms=last_ms,
        thresholds_differ=differ,
    )


def _numbered(names: Names, rules: Rules) -> Int32:
    return names.numbers([rule.id for rule in rules.book.rules])


def _cut(arrivals: Arrivals) -> Iterator[FixBatch]:
    for batch in arrivals:
        for first in range(0, len(batch), BATCH):
            yield batch.take(slice(first, first + BATCH))


def _ahead(batches: Iterator[FixBatch]) -> Iterator[FixBatch]:
    """The same, one read while the one before is at work."""
    with ThreadPoolExecutor(1) as reader:
        following = reader.submit(next, batches, None)
        while (batch := following.result()) is not None:
            following = reader.submit(next, batches, None)
            yield batch


def _detected(signals: Sequence[Signal], rules: Names, zones: Names, fleet: Names) -> Any:
    """What the detectors raised, `TOLD`[k]."""
    out = np.zeros(len(signals), TOLD)
    fences = [str(signal.evidence.get("fence", PARKING)) for signal in signals]
    out["t_ms"] = [signal.t_ms for signal in signals]
    out["t_detected_ms"] = [signal.t_detected_ms for signal in signals]
    out["lon"] = [signal.lon for signal in signals]
    out["lat"] = [signal.lat for signal in signals]
    out["value"] = np.nan
    out["rule"] = rules.numbers([str(signal.kind) for signal in signals])
    out["vehicle"] = fleet.numbers([signal.vehicle_id for signal in signals])
    out["zone"] = zones.numbers(fences)
    out["zone"][[fence == PARKING for fence in fences]] = -1
    return out


def summary(found: Trialled, before: Rules, after: Rules) -> dict[str, Any]:
    """The counts of a backtest as one JSON object; times are epoch seconds."""
    severity = [{rule.id: str(rule.severity) for rule in one.book.rules} for one in (before, after)]
    keys, counts = found.comparison.counts("rule")
    told = dict(zip(keys[:, 0].tolist(), counts.tolist(), strict=True))
    listed = {*severity[0], *severity[1], *(found.rules[n] for n in told)}
    by_rule = [
        {
            "rule": rule,
            "severity_before": severity[0].get(rule),
            "severity_after": severity[1].get(rule),
            **_counted(told.get(n, [0] * len(Outcome))),
        }
        for n, rule in enumerate(found.rules)
        if rule in listed
    ]
    return {
        "fixes": found.fixes,
        "vehicles": len(found.vehicles),
        "from": found.first_ms / 1000,
        "until": found.last_ms / 1000,
        "thresholds_differ": found.thresholds_differ,
        "alerts": _counted(np.sum([*counts.tolist(), [0] * len(Outcome)], axis=0).tolist()),
        "by_rule": by_rule,
        "by_zone": _grouped(found, "zone"),
        "by_rule_and_zone": _grouped(found, "rule", "zone"),
    }


def _counted(counts: Sequence[int]) -> dict[str, int]:
    return {outcome.name.lower(): int(counts[outcome]) for outcome in Outcome}


def _grouped(found: Trialled, *by: str) -> list[dict[str, Any]]:
    """Counts by rule or zone, what changes most first."""
    names = {"rule": found.rules, "zone": found.zones}
    keys, counts = found.comparison.counts(*by)
    changed = counts[:, Outcome.GAINED] + counts[:, Outcome.LOST]
    return [
        {
            **{
                name: names[name][number] if number >= 0 else None
                for name, number in zip(by, keys[n].tolist(), strict=True)
            },
            **_counted(counts[n].tolist()),
        }
        for n in np.lexsort((*keys.T[::-1], -changed)).tolist()
    ]


def write(found: Trialled, told: dict[str, Any], out: Path) -> None:
    """Write `alerts.jsonl` and `summary.json` into `out`, each whole or not at all."""
    out.mkdir(parents=True, exist_ok=True)
    write_lines(out / "alerts.jsonl", _lines(found))
    write_text(out / "summary.json", json.dumps(told, ensure_ascii=False, indent=1) + "\n")


def _lines(found: Trialled) -> Iterator[dict[str, object]]:
    """Every alert: `t` as the new rules raise it, a lost one as the old ones did."""
    alerts, shift = found.comparison.alerts, found.comparison.shift_ms.tolist()
    columns = zip(
        found.comparison.outcome.tolist(), shift, *(alerts[name].tolist() for name in _TOLD),
        strict=True,
    )  # fmt: skip
    for outcome, shift_ms, t_ms, shown_ms, rule, vehicle, zone, lon, lat, value in columns:
        yield {
            "outcome": Outcome(outcome).name.lower(),
            "rule": found.rules[rule],
            "zone": found.zones[zone] if zone >= 0 else None,
            "vehicle_id": found.vehicles[vehicle],
            "t": t_ms / 1000,
            "t_detected": shown_ms / 1000,
            "shift_s": shift_ms / 1000,
            "lon": round(lon, 7),
            "lat": round(lat, 7),
            "value": None if math.isnan(value) else round(value, 1),
        }


_TOLD = ("t_ms", "t_detected_ms", "rule", "vehicle", "zone", "lon", "lat", "value")

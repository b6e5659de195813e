"""What other thresholds of the score would have found, from the signals of one run.

Of each vehicle the highest score counts that its signals came to with two kinds of evidence; for
red the place has to be among them, beside sustained motion or more than a receiver's word, as in
the table of fusion.  Signals that are yellow by themselves whatever the score are not part of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from streams.signal import SignalKind
from vehicleguard.evaluate.case import Case
from vehicleguard.evaluate.fixes import Float64
from vehicleguard.evaluate.score import MONTH_H

THRESHOLDS = tuple(float(x) for x in np.arange(0.0, 12.25, 0.25))
_UNCOUNTED = {"habit", "person"}
_MORE = {"power", "tamper", "terminal", "vibration"}


@dataclass(frozen=True)
class Point:
    """One threshold: shares of thefts found, of alarms that are right, and false ones."""

    threshold: float
    recall: float
    precision: float
    false_alarms: int
    false_per_vehicle_month: float


@dataclass(frozen=True)
class Sweep:
    """The curve of each level, by threshold."""

    yellow: list[Point]
    red: list[Point]

    def to_json(self) -> dict[str, list[dict[str, Any]]]:
        """As mappings."""
        return {
            level: [asdict(point) for point in getattr(self, level)] for level in ("yellow", "red")
        }


def sweep(cases: Sequence[Case], ids: Sequence[str], signals: Iterable[Mapping[str, Any]]) -> Sweep:
    """The sweep over `signals` (wire mappings) of the cases that count, with their `ids`."""
    of_vehicle: dict[str, list[Mapping[str, Any]]] = {}
    for signal in signals:
        of_vehicle.setdefault(str(signal["vehicle_id"]), []).append(signal)
    counted = [(case, of_vehicle.get(id_, ())) for case, id_ in zip(cases, ids, strict=True)]
    counted = [(case, own) for case, own in counted if case.counted]
    reached = np.array([_reached(case, own) for case, own in counted]).reshape(-1, 2)
    is_theft = np.array([case.theft_t is not None for case, _ in counted], np.bool_)
    hours = sum(case.hours for case, _ in counted if case.theft_t is None)
    return Sweep(*(_points(reached[:, n], is_theft, hours) for n in (0, 1)))


def _reached(case: Case, signals: Iterable[Mapping[str, Any]]) -> tuple[float, float]:
    """The highest scores that would be yellow and red by it; -1 = none at any threshold."""
    yellow = red = -1.0
    kept: set[float] = set()
    for signal in signals:
        evidence = signal["evidence"]
        because = set(evidence.get("because", ())) - _UNCOUNTED
        if signal["kind"] == SignalKind.KEPT_MOVING:
            kept.add(evidence["episode"])
        before = case.theft_t is not None and signal["t_detected"] < case.theft_t
        if before or len(because) < 2 or "score" not in evidence:
            continue
        yellow = max(yellow, evidence["score"])
        if "place" in because and (evidence["episode"] in kept or because & _MORE):
            red = max(red, evidence["score"])
    return yellow, red


def _points(reached: Float64, is_theft: Any, hours: float) -> list[Point]:
    out = []
    for threshold in THRESHOLDS:
        over = reached >= threshold
        right, wrong = int((over & is_theft).sum()), int((over & ~is_theft).sum())
        out.append(
            Point(
                threshold=threshold,
                recall=right / max(int(is_theft.sum()), 1),
                precision=right / (right + wrong) if right + wrong else 1.0,
                false_alarms=wrong,
                false_per_vehicle_month=wrong / max(hours, 1e-9) * MONTH_H,
            )
        )
    return out

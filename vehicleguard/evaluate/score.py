"""The answers against the truth: what was found, how soon, and what was cried for nothing.

The first fix that could show a theft is the first live, located fix after it began that lies more
than 100 m from the true parking place, or that carries an alarm that speaks of theft by itself
(stolen, illegal ignition, tamper, antenna).  A delay in fixes counts the vehicle's live fixes after that one up to the one that brought the incident to yellow or red; where a
timer did (silence), it is told in seconds alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from ingest.fix import Alarm
from vehicleguard.evaluate.case import Case
from vehicleguard.evaluate.fixes import Fixes, apart_m

SHOWN_M = 100.0
LEVELS = ("blue", "yellow", "red")
MONTH_H = 730.0
_BY_ITSELF = Alarm.STOLEN | Alarm.ILLEGAL_IGNITION | Alarm.TAMPER | Alarm.ANTENNA
_SLACK_S = 0.01  # times are told in ms


@dataclass
class Found:
    """What became of the thefts of one kind."""

    kind: str
    thefts: int = 0
    blue: int = 0
    yellow: int = 0
    red: int = 0
    early: int = 0
    doubled: int = 0
    delay_s: list[float] = field(default_factory=list)
    delay_fixes: list[int] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    @property
    def detected(self) -> float:
        """Share that came to yellow or red."""
        return (self.yellow + self.red) / max(self.thefts, 1)


@dataclass
class Cried:
    """What was raised for nothing over the cases of one kind of negative."""

    kind: str
    cases: int = 0
    hours: float = 0.0
    blue: int = 0
    yellow: int = 0
    red: int = 0
    counted: bool = True
    by: list[str] = field(default_factory=list)

    def per_month(self, level: str) -> float:
        """Incidents of exactly this level a vehicle-month of 730 h."""
        return float(getattr(self, level)) / max(self.hours, 1e-9) * MONTH_H


@dataclass
class Scores:
    """Everything that was counted."""

    found: list[Found]
    cried: list[Cried]

    def total(self, kinds: Iterable[str] | None = None) -> Found:
        """The thefts of some kinds, or of all, together."""
        wanted = None if kinds is None else set(kinds)
        out = Found("all" if wanted is None else ", ".join(sorted(wanted)))
        for one in self.found:
            if wanted is None or one.kind in wanted:
                for name in ("thefts", "blue", "yellow", "red", "early", "doubled"):
                    setattr(out, name, getattr(out, name) + getattr(one, name))
                out.delay_s += one.delay_s
                out.delay_fixes += one.delay_fixes
        return out

    def cried_in_all(self) -> Cried:
        """The negatives that count, together."""
        out = Cried("all")
        for one in self.cried:
            if one.counted:
                for name in ("cases", "hours", "blue", "yellow", "red"):
                    setattr(out, name, getattr(out, name) + getattr(one, name))
        return out

    def to_json(self) -> dict[str, object]:
        """As mappings."""
        return {
            "thefts": [asdict(one) | {"detected": one.detected} for one in self.found],
            "negatives": [
                asdict(one) | {f"{n}_per_vehicle_month": one.per_month(n) for n in LEVELS}
                for one in self.cried
            ],
        }


def score(
    cases: Sequence[Case], ids: Sequence[str], incidents: Iterable[Mapping[str, Any]]
) -> Scores:
    """Hold `incidents` (wire mappings) against the truth of `cases`, whose vehicles are `ids`."""
    of_vehicle: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for incident in incidents:
        of_vehicle[str(incident["vehicle_id"])].append(incident)
    found: dict[str, Found] = {}
    cried: dict[str, Cried] = {}
    for case, vehicle in zip(cases, ids, strict=True):
        own = of_vehicle[vehicle]
        if case.theft_t is None:
            _count_cried(cried.setdefault(case.kind, Cried(case.kind)), case, vehicle, own)
        else:
            _count_found(found.setdefault(case.kind, Found(case.kind)), case, vehicle, own)
    return Scores(list(found.values()), list(cried.values()))


def _count_cried(
    out: Cried, case: Case, vehicle: str, incidents: Sequence[Mapping[str, Any]]
) -> None:
    out.cases += 1
    out.hours += case.hours
    out.counted = case.counted
    for incident in incidents:
        level = str(incident["level"])
        if level == "blue" and case.blue_is_right:
            continue
        setattr(out, level, getattr(out, level) + 1)
        out.by.append(f"{vehicle} {level}")


def _count_found(
    out: Found, case: Case, vehicle: str, incidents: Sequence[Mapping[str, Any]]
) -> None:
    out.thefts += 1
    assert case.theft_t is not None  # noqa: S101 - that is what makes it a theft
    levels = [
        (float(rise["t"]), LEVELS.index(str(rise["level"])), incident["id"])
        for incident in incidents
        for rise in incident["history"]
    ]
    out.early += any(t < case.theft_t - _SLACK_S and level >= 1 for t, level, _ in levels)
    since = [one for one in levels if one[0] >= case.theft_t - _SLACK_S]
    out.doubled += len({id_ for *_, id_ in since}) > 1
    best = max((level for _, level, _ in since), default=-1)
    if best >= 0:
        name = LEVELS[best]
        setattr(out, name, getattr(out, name) + 1)
    if best < 1:
        out.missed.append(vehicle)
        return
    told = min(t for t, level, _ in since if level >= 1)
    shown = first_shown(case.fixes, case.place, case.theft_t)
    last = float(case.fixes.t[-1])
    if told > last or shown is None:
        out.delay_s.append(told - last)
        return
    live = case.fixes.received - case.fixes.t <= 300
    between = (case.fixes.t > shown) & (case.fixes.t <= told + 1e-6) & live
    out.delay_s.append(told - shown)
    out.delay_fixes.append(int(between.sum()) if told >= shown else 0)


def first_shown(fixes: Fixes, place: tuple[float, float], since: float) -> float | None:
    """Event time of the first fix that could show the theft; None when there is none."""
    away = apart_m(*place, fixes.lon, fixes.lat) > SHOWN_M
    live = fixes.located & ~fixes.back_fill & (fixes.received - fixes.t <= 300)
    speaks = (fixes.alarms & int(_BY_ITSELF)) != 0
    shows = (fixes.t >= since) & live & (away | speaks)
    at = np.flatnonzero(shows)
    return float(fixes.t[at[0]]) if len(at) else None

"""Answers counted by kind: what was found, how soon, and what was cried for nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vehicleguard.evaluate.answer import LEVELS, Answer, answer_of
from vehicleguard.evaluate.case import Case

MONTH_H = 730.0
"""Hours of a vehicle-month."""


@dataclass
class Found:
    """What became of the thefts of one kind; `missed` names those that never came to yellow."""

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

    def count(self, answer: Answer) -> None:
        """Count one theft."""
        self.thefts += 1
        if answer.level is not None:
            setattr(self, answer.level, getattr(self, answer.level) + 1)
        self.early += answer.early
        self.doubled += answer.doubled
        if answer.delay_s is None:
            self.missed.append(answer.vehicle)
        else:
            self.delay_s.append(answer.delay_s)
        if answer.delay_fixes is not None:
            self.delay_fixes.append(answer.delay_fixes)


@dataclass
class Cried:
    """What was raised for nothing over the cases of one kind of negative, by highest level.

    `natural`: real hours as recorded, not made hard; `counted`: whether it counts in the totals;
    `by` names the vehicle and level of every incident.
    """

    kind: str
    cases: int = 0
    hours: float = 0.0
    blue: int = 0
    yellow: int = 0
    red: int = 0
    counted: bool = True
    natural: bool = False
    by: list[str] = field(default_factory=list)

    def per_month(self, level: str) -> float:
        """Incidents of exactly this level a vehicle-month."""
        return float(getattr(self, level)) / max(self.hours, 1e-9) * MONTH_H

    def count(self, answer: Answer) -> None:
        """Count one negative; that an owner was rightly asked is no false alarm."""
        self.cases += 1
        self.hours += answer.case.hours
        for level in answer.incidents:
            if level == "blue" and answer.case.blue_is_right:
                continue
            setattr(self, level, getattr(self, level) + 1)
            self.by.append(f"{answer.vehicle} {level}")


@dataclass
class Scores:
    """Everything that was counted, and the answers it was counted from."""

    found: list[Found]
    cried: list[Cried]
    answers: list[Answer] = field(default_factory=list)

    def total(self, kinds: Iterable[str] | None = None) -> Found:
        """The thefts of some kinds, or of all, together."""
        wanted = None if kinds is None else set(kinds)
        out = Found("all" if wanted is None else ", ".join(sorted(wanted)))
        for answer in self.answers:
            if answer.case.theft_t is not None and (wanted is None or answer.case.kind in wanted):
                out.count(answer)
        return out

    def cried_in_all(self, *, natural: bool = False) -> Cried:
        """The negatives that count, together; with `natural` only real hours as recorded."""
        out = Cried("all", natural=natural)
        for one in self.cried:
            if one.counted and (one.natural or not natural):
                for name in ("cases", "hours", *LEVELS):
                    setattr(out, name, getattr(out, name) + getattr(one, name))
                out.by += one.by
        return out


def score(
    cases: Sequence[Case], ids: Sequence[str], incidents: Iterable[Mapping[str, Any]]
) -> Scores:
    """Hold `incidents` (wire mappings) against the truth of `cases`, whose vehicles are `ids`."""
    of_vehicle: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for incident in incidents:
        of_vehicle[str(incident["vehicle_id"])].append(incident)
    answers = [answer_of(case, id_, of_vehicle[id_]) for case, id_ in zip(cases, ids, strict=True)]
    found: dict[str, Found] = {}
    cried: dict[str, Cried] = {}
    for answer in answers:
        case = answer.case
        if case.theft_t is None:
            new = Cried(case.kind, counted=case.counted, natural=case.natural)
            cried.setdefault(case.kind, new).count(answer)
        else:
            found.setdefault(case.kind, Found(case.kind)).count(answer)
    return Scores(list(found.values()), list(cried.values()), answers)

"""What detection answered to one case, held against what is true of it.

The first fix that could show a theft is the first live, located fix after it began that lies more
than 100 m from the true parking place, or that carries an alarm that speaks of theft by itself
(stolen, illegal ignition, tamper, antenna).  A delay in fixes counts the vehicle's live fixes after
that one, up to the one that brought an incident to yellow or red.  Where no fix could show it, or
silence alone told of it, the delay is one in seconds since the last fix.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ingest.fix import Alarm
from vehicleguard.evaluate.case import Case
from vehicleguard.evaluate.fixes import Fixes, apart_m

SHOWN_M = 100.0
LIVE_S = 300.0
"""A fix that took longer to come is history: it cannot show a theft."""
LEVELS = ("blue", "yellow", "red")
_BY_ITSELF = Alarm.STOLEN | Alarm.ILLEGAL_IGNITION | Alarm.TAMPER | Alarm.ANTENNA
_SLACK_S = 0.01  # times are told in ms


@dataclass(frozen=True)
class Answer:
    """Of the case `vehicle`: `incidents` are the levels that its incidents came to.

    Of a theft, `level` is the highest since it began (None: nothing), `early` whether it was yellow
    before, `doubled` whether it became several incidents, `delay_s` and `delay_fixes` the way from
    the first fix that could show it to yellow (None: it never came, or a timer told).
    """

    vehicle: str
    case: Case
    incidents: tuple[str, ...]
    level: str | None = None
    early: bool = False
    doubled: bool = False
    delay_s: float | None = None
    delay_fixes: int | None = None


def answer_of(case: Case, vehicle: str, incidents: Sequence[Mapping[str, Any]]) -> Answer:
    """Hold the incidents (wire mappings) of one vehicle against its case."""
    levels = tuple(str(incident["level"]) for incident in incidents)
    if case.theft_t is None:
        return Answer(vehicle, case, levels)
    rises = [
        (float(rise["t"]), LEVELS.index(str(rise["level"])), incident["id"])
        for incident in incidents
        for rise in incident["history"]
    ]
    since = [rise for rise in rises if rise[0] >= case.theft_t - _SLACK_S]
    best = max((level for _, level, _ in since), default=-1)
    told = min((t for t, level, _ in since if level >= 1), default=None)
    delay_s, delay_fixes = (None, None) if told is None else _delay(case, told)
    return Answer(
        vehicle=vehicle,
        case=case,
        incidents=levels,
        level=LEVELS[best] if best >= 0 else None,
        early=any(t < case.theft_t - _SLACK_S and level >= 1 for t, level, _ in rises),
        doubled=len({id_ for *_, id_ in since}) > 1,
        delay_s=delay_s,
        delay_fixes=delay_fixes,
    )


def _delay(case: Case, told: float) -> tuple[float, int | None]:
    """Seconds and fixes until it was `told`; negative seconds where a warning came before it."""
    fixes = case.fixes
    shown = first_shown(fixes, case.place, case.theft_t or 0.0)
    last = float(fixes.t[-1])
    if shown is None or told > last + _SLACK_S:
        return told - last, None
    between = (fixes.t > shown) & (fixes.t <= told + _SLACK_S) & _live(fixes)
    return told - shown, int(between.sum())


def first_shown(fixes: Fixes, place: tuple[float, float], since: float) -> float | None:
    """Event time of the first fix that could show the theft; None when there is none."""
    away = apart_m(*place, fixes.lon, fixes.lat) > SHOWN_M
    speaks = (fixes.alarms & int(_BY_ITSELF)) != 0
    shows = (fixes.t >= since) & fixes.located & _live(fixes) & (away | speaks)
    at = np.flatnonzero(shows)
    return float(fixes.t[at[0]]) if len(at) else None


def _live(fixes: Fixes) -> Any:
    return ~fixes.back_fill & (fixes.received - fixes.t <= LIVE_S)

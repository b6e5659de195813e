"""What detection has to reach, and whether it does."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vehicleguard.evaluate.negative import BACK_FILL
from vehicleguard.evaluate.score import Scores
from vehicleguard.evaluate.theft import MUST_BE_RED

DETECTED, RED = 0.99, 0.97
DELAY_FIXES, DELAY_P95_FIXES = 1, 3
YELLOW_A_MONTH, BLUE_A_MONTH = 0.05, 0.5


@dataclass(frozen=True)
class Aim:
    """One aim: its name, what is wanted, what was found, and whether that is met."""

    name: str
    wanted: str
    found: str
    met: bool


def aims_of(scores: Scores) -> list[Aim]:
    """Every aim.  What there was no case of is missed, since nothing shows that it is met."""
    total, cried = scores.total(), scores.cried_in_all()
    delays = total.delay_fixes
    middle, late = np.percentile(delays, [50, 95]) if delays else (np.inf, np.inf)
    out = [
        Aim(
            "thefts detected (yellow or red)",
            f"≥ {DETECTED:.0%}",
            f"{total.detected:.2%} of {total.thefts}",
            total.detected >= DETECTED,
        )
    ]
    for kind in MUST_BE_RED:
        one = scores.total([kind])
        share = one.red / max(one.thefts, 1)
        out.append(
            Aim(f"red: {kind}", f"≥ {RED:.0%}", f"{share:.2%} of {one.thefts}", share >= RED)
        )
    out += [
        Aim("delay, median", f"≤ {DELAY_FIXES} fix", f"{middle:g}", bool(middle <= DELAY_FIXES)),
        Aim("delay, p95", f"≤ {DELAY_P95_FIXES} fixes", f"{late:g}", bool(late <= DELAY_P95_FIXES)),
        Aim(
            "thefts of two incidents or more",
            "none",
            f"{total.doubled} of {total.thefts}",
            total.thefts > 0 and total.doubled == 0,
        ),
    ]
    late_ones = sum(
        one.blue + one.yellow + one.red for one in scores.cried if one.kind in BACK_FILL
    )
    return [
        *out,
        Aim(
            "red false alarms",
            "none",
            f"{cried.red} in {cried.hours:,.0f} h",
            cried.hours > 0 and cried.red == 0,
        ),
        _rate(scores, "yellow", YELLOW_A_MONTH),
        _rate(scores, "blue", BLUE_A_MONTH),
        Aim("incidents by back-fill", "none", f"{late_ones}", late_ones == 0),
    ]


def _rate(scores: Scores, level: str, most: float) -> Aim:
    """Held by the real hours alone as well as with what was made hard, so that none hides any."""
    real, every = (scores.cried_in_all(natural=n) for n in (True, False))
    worst = max(real.per_month(level), every.per_month(level))
    return Aim(
        f"{level} false alarms a vehicle-month",
        f"≤ {most:g}",
        f"{real.per_month(level):.3g} in real hours, {every.per_month(level):.3g} in all",
        every.hours > 0 and worst <= most,
    )

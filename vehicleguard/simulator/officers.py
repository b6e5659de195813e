"""Officers who do not exist: what a simulated unit does next about an incident that it has.  Pure.

One and the same seed, incident and unit always give the same officer, so an exercise that was cut
off goes on as it would have.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final, NamedTuple

from alerts.event import State, Step
from alerts.incident import Incident

NEVER_SIGNS = 0.1
"""Share of the asked who do not hear it: the next best has to come."""
_SIGNS_S: Final = (3.0, 12.0, 40.0)
"""Least, most likely and greatest times, seconds, as below."""
_DEPARTS_S: Final = (5.0, 15.0, 45.0)
_WAY: Final = (0.8, 1.0, 1.6)
_CONTAINS_S: Final = (20.0, 60.0, 240.0)
_REPORTS_S: Final = (30.0, 60.0, 180.0)
_CLOSES_S: Final = (10.0, 30.0, 120.0)


class Act(NamedTuple):
    """A step at a time (epoch ms), and what it is known from."""

    kind: Step
    at_ms: int
    by: str = "tap"


@dataclass(frozen=True, slots=True)
class Officer:
    """The unit `unit` in an exercise of this `seed`."""

    unit: str
    seed: int

    def next_act(self, incident: Incident, way_s: float) -> Act | None:
        """What it does next about an incident that it was given; None for nothing any more.

        `way_s` is how long its way takes by the router.
        """
        course = incident.course
        drawn = random.Random(f"{self.seed}:{incident.id}:{self.unit}:{course.asked_ms}")  # noqa: S311
        hears = drawn.random() >= NEVER_SIGNS
        spans = [_between(drawn, span) for span in _SPANS]
        signs_s, departs_s, share, contains_s, reports_s, closes_s = spans
        stamps = {stamp.moment: stamp.t for stamp in course.stamps}
        after = (
            ("departed", "signed", departs_s, "tap"),
            ("on_scene", "departed", way_s * share, "position"),
            ("contained", "on_scene", contains_s, "tap"),
            ("feedback", "contained", reports_s, "tap"),
        )
        if course.state is State.ASSIGNED and course.asked_ms is not None:
            return Act("signed", course.asked_ms + round(1000 * signs_s)) if hears else None
        if course.state is State.FEEDBACK:
            return Act("closed", round(1000 * (stamps["feedback"] + closes_s)))
        if course.state in {State.SIGNED, State.HANDLING}:
            for kind, before, span_s, by in after:
                if kind not in stamps and before in stamps:
                    return Act(kind, round(1000 * (stamps[before] + span_s)), by)  # type: ignore[arg-type]
        return None


_SPANS = (_SIGNS_S, _DEPARTS_S, _WAY, _CONTAINS_S, _REPORTS_S, _CLOSES_S)


def _between(drawn: random.Random, span: tuple[float, float, float]) -> float:
    least, likely, greatest = span
    return drawn.triangular(least, greatest, likely)

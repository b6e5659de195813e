"""How many incidents of what kind, by area; a level's numbers are the sums of those below.  Pure.

An incident counts once, where it was placed, and so in every area above.  Drills do not count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from alerts.incident import Incident
from alerts.jurisdiction.tree import Tree

Counts = Mapping[str, int]
"""By name: `all`, `open`, `open.red` (a level), `state.signed` (a state), `closed.recovered` (an
outcome; `closed.untold` where nobody said), `supervised`, `overdue` (open, a deadline is over)."""


class Tally(NamedTuple):
    """`own` are those placed in the area itself and in none below it, `total` all."""

    own: Counts
    total: Counts


def tally(placed: Iterable[tuple[Incident, str]], tree: Tree) -> dict[str, Tally]:
    """The counts of every area, given each incident and the code it was placed at."""
    own: dict[str, Counter[str]] = {code: Counter() for code in tree.areas}
    for incident, code in placed:
        if not incident.drill:
            own[code].update(_marks(incident))
    total = {code: Counter(counts) for code, counts in own.items()}
    for code in tree.bottom_up():
        if parent := tree.areas[code].parent:
            total[parent].update(total[code])
    return {code: Tally(dict(own[code]), dict(total[code])) for code in tree.areas}


def _marks(incident: Incident) -> list[str]:
    marks = ["all", f"state.{incident.state}"]
    if incident.course.supervised:
        marks.append("supervised")
    if not incident.is_open:
        return [*marks, f"closed.{incident.outcome or 'untold'}"]
    marks += ["open", f"open.{incident.level.label}"]
    if incident.clock and any(mark.endswith(":breach") for mark in incident.clock.told):
        marks.append("overdue")
    return marks

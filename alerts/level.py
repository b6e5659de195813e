"""Blue, yellow, red: what a report amounts to.

What evidence amounts to is worked out where it is fused (`streams`), by a table that operators
tune; a report says the level of its vehicle's episode so far.  A rule about zones says itself how
severe it is, and is no evidence of a theft.
"""

from __future__ import annotations

from enum import IntEnum

from alerts.report import Report


class Level(IntEnum):
    """The three colours; a higher one is worse."""

    BLUE = 1
    YELLOW = 2
    RED = 3

    @property
    def label(self) -> str:
        """The spelling of the API and of replay files."""
        return self.name.lower()


_LEVELS = {level.label: level for level in Level}


def level_of(report: Report) -> Level | None:
    """The level that a report justifies; None for one that is too weak to open an incident."""
    evidence = report.evidence
    return _LEVELS.get(str(evidence.get("level") or evidence.get("severity")))

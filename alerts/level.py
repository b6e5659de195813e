"""Blue, yellow, red: what a set of reports amounts to (DOMAIN §3).

Red needs two kinds of evidence of a theft or a person's word.  A vehicle that moves with its key
on shows what a forgetful owner shows, so it stays blue; one that armed itself and never says how
its key stands cannot be told from its owner driving off, so it stays yellow.
"""

from __future__ import annotations

from collections.abc import Iterable
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


def level_of(reports: Iterable[Report]) -> Level:
    """The level that all reports of one incident justify together.

    A rule about zones says itself how severe it is, and is no evidence of a theft.
    """
    reports = list(reports)
    told = max(_LEVELS.get(str(r.evidence.get("severity")), Level.BLUE) for r in reports)
    return max(told, _of_theft([r for r in reports if "severity" not in r.evidence]))


def _of_theft(reports: list[Report]) -> Level:
    kinds = frozenset[str]().union(*(r.kinds for r in reports))
    ignition = {r.evidence.get("ignition") for r in reports}
    if "on" in ignition:
        return Level.BLUE
    if len(kinds) < 2:
        return Level.BLUE
    by_itself = any(r.evidence.get("armed") == "by_itself" for r in reports)
    if "motion" not in kinds or (by_itself and "off" not in ignition):
        return Level.YELLOW
    return Level.RED


def reason_of(report: Report) -> str:
    """One line of plain words for the history: what this report adds."""
    evidence = report.evidence
    parts = []
    if "rule" in evidence:
        where = f" {evidence['zone_name']}" if "zone_name" in evidence else ""
        parts += [str(evidence.get("rule_name")), f"{evidence.get('when')}{where}"]
    if isinstance(stayed := evidence.get("stayed_s"), int | float):
        parts.append(f"stayed {stayed / 60:.0f} min")
    if isinstance(fastest := evidence.get("speed_kmh"), int | float):
        parts.append(f"{fastest:.0f} km/h")
    if isinstance(distance := evidence.get("distance_m"), int | float):
        parts.append(f"{distance:.0f} m from where it was parked")
    if isinstance(speed := evidence.get("speed_mps"), int | float):
        parts.append(f"{speed * 3.6:.0f} km/h")
    if (fence := evidence.get("fence")) not in (None, "parking"):
        parts.append(f"out of zone {fence}")
    if (ignition := evidence.get("ignition")) in ("on", "off"):
        parts.append(f"ignition {ignition}")
    if evidence.get("armed") == "by_itself":
        parts.append("armed by itself")
    return f"{report.kind}: " + ", ".join(parts) if parts else report.kind

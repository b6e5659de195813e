"""Blue, yellow, red: what a report amounts to, and why it was raised.

What evidence amounts to is worked out where it is fused (`streams`), by a table that operators tune;
a report says the level of its vehicle's episode so far.  A rule about zones says itself how severe
it is, and is no evidence of a theft.
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

"""What reaches this room: one signal about one vehicle, as it travels (`vg.signals.v1`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Report:
    """A signal read from its wire mapping; times in epoch seconds, WGS-84 degrees.

    `body` is the mapping itself, kept whole for the file of the incident.
    """

    id: str
    vehicle_id: str
    kind: str
    t: float
    t_detected: float
    lon: float
    lat: float
    evidence: Mapping[str, object]
    body: Mapping[str, object]

    @classmethod
    def from_wire(cls, body: Mapping[str, object]) -> Self:
        """Read the mapping of DESIGN §3 (`signals.jsonl`).

        Raises `ValueError` naming the key that is missing or of the wrong type.
        """

        def text(key: str) -> str:
            value = body.get(key)
            if not isinstance(value, str) or not value:
                msg = f"signal: {key}: expected a text, found {value!r}"
                raise ValueError(msg)
            return value

        def number(key: str) -> float:
            value = body.get(key)
            if isinstance(value, bool) or not isinstance(value, int | float):
                msg = f"signal: {key}: expected a number, found {value!r}"
                raise ValueError(msg)
            return float(value)

        evidence = body.get("evidence", {})
        if not isinstance(evidence, Mapping):
            msg = f"signal: evidence: expected an object, found {evidence!r}"
            raise ValueError(msg)
        return cls(
            id=text("id"),
            vehicle_id=text("vehicle_id"),
            kind=text("kind"),
            t=number("t"),
            t_detected=number("t_detected"),
            lon=number("lon"),
            lat=number("lat"),
            evidence=evidence,
            body=body,
        )

    @property
    def kinds(self) -> frozenset[str]:
        """The independent kinds of evidence that it brings."""
        kinds = self.evidence.get("kinds")
        return frozenset(str(k) for k in kinds) if isinstance(kinds, list) else frozenset()

    @property
    def is_drill(self) -> bool:
        """Whether it is of an exercise: nothing was stolen."""
        return self.evidence.get("drill") is True

    @property
    def episode(self) -> float:
        """First sign of the theft that it belongs to, epoch seconds."""
        episode = self.evidence.get("episode", self.t)
        return float(episode) if isinstance(episode, int | float) else self.t

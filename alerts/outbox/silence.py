"""A silence: somebody does not want to hear of something for a while.  It never covers red."""

from __future__ import annotations

from dataclasses import dataclass

from alerts.incident import Incident


@dataclass(frozen=True, slots=True)
class Silence:
    """Who asked for it, why, and until when (epoch ms).

    It is about one destination, one vehicle, or both; an empty name stands for all.
    """

    author: str
    reason: str
    until_ms: int
    destination: str = ""
    vehicle_id: str = ""

    def covers(self, destination: str, incident: Incident, at_ms: int) -> bool:
        """Whether it is meant for this one, at that time."""
        return (
            at_ms < self.until_ms
            and self.destination in {"", destination}
            and (not self.vehicle_id or {self.vehicle_id} == set(incident.vehicles))
        )

"""What one simulated fleet is made from."""

from __future__ import annotations

from dataclasses import dataclass, field

from vehicleguard.simulator.receiver import Nuisances


@dataclass(frozen=True, slots=True)
class FleetSettings:
    """What makes one fleet differ from another.

    `period_s`: seconds between two reports of a vehicle; `theft_every_s`: mean seconds between two
    thefts, 0 = none.
    """

    seed: int = 1
    n: int = 30_000
    period_s: float = 30.0
    theft_every_s: float = 50.0
    nuisances: Nuisances = field(default_factory=Nuisances)

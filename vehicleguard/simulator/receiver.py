"""What a receiver makes of a true position, and how often things go wrong.

Every rate is a parameter; `docs/simulator.md` lists them with the recordings they were taken from,
and a test holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vehicleguard.simulator import draw

Float64 = NDArray[np.float64]
Bool = NDArray[np.bool_]

WANDER_S = 200.0
"""Time after which a standing receiver's error has forgotten where it was, seconds."""
JUMP_M = (50.0, 300.0)
JUMP_ACC_M = 2.0
"""A jump claims to be exact, which is what makes it a trap."""


@dataclass(frozen=True, slots=True)
class Nuisances:
    """How often what goes wrong.

    Rates named `*_per_day` are per vehicle and day of standing, the others a share of all reports
    (`forget_disarm`: of all trips; `jump_repeat`: of all jumps).
    """

    jumps_per_day: float = 0.02
    jump_repeat: float = 0.2
    vibration_per_day: float = 0.02
    duplicate: float = 0.005
    duplicate_s: tuple[float, float] = (0.2, 3.0)
    late: float = 0.001
    late_s: tuple[float, float] = (20.0, 90.0)
    unlocated: float = 0.0003
    forget_disarm: float = 0.0003


NONE = Nuisances(
    jumps_per_day=0.0,
    vibration_per_day=0.0,
    duplicate=0.0,
    late=0.0,
    unlocated=0.0,
    forget_disarm=0.0,
)
"""A fleet in which nothing goes wrong, for tests that look at something else."""


def wander(
    error: tuple[Float64, Float64], since_s: Float64, sigma_m: Float64, u: Float64
) -> tuple[Float64, Float64]:
    """The error east and north in metres, `since_s` seconds after `error`.

    A first-order autoregressive process with standard deviation `sigma_m`; `u` is float64[n, 4].
    """
    kept = np.exp(-since_s / WANDER_S)
    fresh = sigma_m * np.sqrt(1.0 - kept**2)
    z = draw.normals(u)
    return kept * error[0] + fresh * z[:, 0], kept * error[1] + fresh * z[:, 1]


def between(bounds: tuple[float, float], u: Float64) -> Float64:
    """Uniforms stretched to `bounds`."""
    low, high = bounds
    return low + (high - low) * u

"""How far counts can be trusted: intervals of a share, and of a rate of rare events."""

from __future__ import annotations

import math

_Z = 1.959963984540054  # of 95 %, two sides


def wilson(hits: int, trials: int) -> tuple[float, float]:
    """Bounds of a share at 95 % by Wilson's score (JASA 22, 1927); (0, 1) of no trials."""
    if trials == 0:
        return 0.0, 1.0
    share, z2 = hits / trials, _Z**2 / trials
    middle = share + z2 / 2
    width = _Z * math.sqrt(share * (1 - share) / trials + z2 / (4 * trials))
    return max(0.0, (middle - width) / (1 + z2)), min(1.0, (middle + width) / (1 + z2))


def poisson_upper(count: int, confidence: float = 0.95) -> float:
    """The largest mean at which `count` events or fewer are not yet a surprise.

    Exact and one-sided (Garwood, Biometrika 28, 1936): with no event at all it is 3.0 at 95 %.
    """
    low, high = float(count), count + 10 * math.sqrt(count + 1.0) + 10
    for _ in range(80):
        mean = (low + high) / 2
        if _at_most(count, mean) > 1 - confidence:
            low = mean
        else:
            high = mean
    return (low + high) / 2


def _at_most(count: int, mean: float) -> float:
    """Probability of `count` events or fewer."""
    if mean <= 0:
        return 1.0
    return math.fsum(
        math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(count + 1)
    )

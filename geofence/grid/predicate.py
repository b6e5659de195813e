"""On which side of an edge a point lies, without rounding.

The floating filter and its bound are those of J. R. Shewchuk, "Adaptive Precision Floating-Point
Arithmetic and Fast Robust Geometric Predicates" (1997); the exact value is summed from its
two-products when the filter cannot tell, which for points off the edge is about one in 10^9.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np

FILTER = (3.0 + 16.0 * 2.0**-53) * 2.0**-53
"""|det| above this share of its two products' magnitude has the right sign."""
_SPLITTER = 134217729.0  # 2**27 + 1


def compiled(function: Callable[..., Any]) -> Any:
    """Numba without the interpreter's lock, kept on disk; strict IEEE arithmetic."""
    return numba.njit(cache=True, nogil=True)(function)


def inlined(function: Callable[..., Any]) -> Any:
    """As `compiled`, for the few lines that an inner loop cannot afford to call."""
    return numba.njit(cache=True, nogil=True, inline="always")(function)


@compiled
def orientation(ax, ay, bx, by, px, py):
    """Sign of (b - a) x (p - a): 1 when p lies left of the edge a to b, -1 right, 0 on its line.

    Exact for all finite degrees whose products do not underflow (0, or 1e-140 and more).
    """
    left = (bx - ax) * (py - ay)
    right = (by - ay) * (px - ax)
    det = left - right
    bound = FILTER * (abs(left) + abs(right))
    if det > bound:
        return 1
    if -det > bound:
        return -1
    return _exact(ax, ay, bx, by, px, py)


@compiled
def _exact(ax, ay, bx, by, px, py):
    """Sign of ax by - ay bx + bx py - by px + px ay - py ax, from an expansion without rounding."""
    sums = np.zeros(12)
    n = 0
    n = _add_product(sums, n, ax, by, 1.0)
    n = _add_product(sums, n, ay, bx, -1.0)
    n = _add_product(sums, n, bx, py, 1.0)
    n = _add_product(sums, n, by, px, -1.0)
    n = _add_product(sums, n, px, ay, 1.0)
    n = _add_product(sums, n, py, ax, -1.0)
    # the parts do not overlap and grow in magnitude: the last one that is not zero has the sign
    for i in range(n - 1, -1, -1):
        if sums[i] > 0.0:
            return 1
        if sums[i] < 0.0:
            return -1
    return 0


@compiled
def _add_product(sums, n, a, b, sign):
    high = a * b
    a_high = _SPLITTER * a - (_SPLITTER * a - a)
    a_low = a - a_high
    b_high = _SPLITTER * b - (_SPLITTER * b - b)
    b_low = b - b_high
    low = a_low * b_low - (((high - a_high * b_high) - a_low * b_high) - a_high * b_low)
    _grow(sums, n, sign * low)
    _grow(sums, n + 1, sign * high)
    return n + 2


@compiled
def _grow(sums, n, value):
    """Shewchuk's GROW-EXPANSION: add `value` to the `n` parts, which become n + 1."""
    for i in range(n):
        whole = value + sums[i]
        of_sum = whole - value
        rest = (value - (whole - of_sum)) + (sums[i] - of_sum)
        sums[i] = rest
        value = whole
    sums[n] = value

"""Sets of rules as bits: rule r is bit r % 64 of word r // 64.

Zones, vehicles and kinds each have such a set; what an event concerns is their intersection, so a
thousand rules cost sixteen words and not a thousand questions.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geofence.grid.predicate import compiled

UInt64 = NDArray[np.uint64]
Bool = NDArray[np.bool_]


def words(rules: int) -> int:
    """Words that a set of so many rules takes, at least one."""
    return max(1, -(-rules // 64))


def packed(members: Bool) -> UInt64:
    """Rows of bool[n, rules] as uint64[n, words]."""
    n, rules = members.shape
    wide = np.zeros((n, 64 * words(rules)), np.bool_)
    wide[:, :rules] = members
    return np.packbits(wide, axis=1, bitorder="little").view(np.uint64)


@compiled
def lowest(bits):
    """Position of the lowest bit of a word that is not 0."""
    n = 0
    for width in (32, 16, 8, 4, 2, 1):
        if bits & ((np.uint64(1) << np.uint64(width)) - np.uint64(1)) == np.uint64(0):
            bits >>= np.uint64(width)
            n += width
    return n

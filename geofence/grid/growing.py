"""Arrays that grow by half, for kernels that cannot know how much they will write."""

from __future__ import annotations

import numpy as np

from geofence.grid.predicate import compiled


@compiled
def roomy(array, used, wanted):
    """`array`, or a longer one that begins with its first `used`, if it has not `wanted`."""
    if wanted <= array.shape[0]:
        return array
    out = np.empty(max(wanted, array.shape[0] + array.shape[0] // 2), array.dtype)
    out[:used] = array[:used]
    return out


@compiled
def roomy_rows(array, used, wanted):
    """As `roomy`, of rows."""
    if wanted <= array.shape[0]:
        return array
    out = np.empty((max(wanted, array.shape[0] + array.shape[0] // 2), array.shape[1]), array.dtype)
    out[:used] = array[:used]
    return out

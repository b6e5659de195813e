"""A vehicle's habits: at which hours it sets off, and in which neighbourhoods it parks.

Two words of bits.  They are soft evidence: they say something only of a vehicle that was seen to
set off often, and always in the same few hours or places.
"""

from __future__ import annotations

import numpy as np

from geofence.grid.predicate import compiled

_LOCAL_MS = 8 * 3_600_000  # China has one time zone, and no summer time
_HOUR_MS = 3_600_000
_CELL_DEG = 0.01  # about a kilometre
_ENOUGH = 10  # trips that make a habit
_FEW_HOURS, _FEW_PLACES = 10, 16


@compiled
def _hour(t_ms):
    return ((t_ms + _LOCAL_MS) // _HOUR_MS) % 24


@compiled
def _bit_of_place(lon, lat):
    """One of 64 bits, for the cell of a place."""
    cell = int((lon + 180.0) / _CELL_DEG) * 36_007 + int((lat + 90.0) / _CELL_DEG)
    # a multiplicative hash (Knuth): neighbours get bits of their own
    return np.uint64(1) << np.uint64((cell * 2_654_435_761 >> 26) & 63)


@compiled
def _count(bits):
    bits, count = np.uint64(bits), 0
    while bits != np.uint64(0):
        bits &= bits - np.uint64(1)
        count += 1
    return count


@compiled
def learn(row):
    """It came to stay somewhere new, and nobody asked why."""
    row.trips = min(row.trips + 1, 255)
    row.hours |= np.uint32(1 << _hour(row.away_ms if row.away_ms > 0 else row.dwell_ms))
    row.places |= _bit_of_place(row.dwell_lon, row.dwell_lat)


@compiled
def is_strange(row, began_ms, place):
    """Whether it sets off at an hour, or is at a place, unlike those it is known for."""
    if row.trips < _ENOUGH:
        return False
    hour = _hour(began_ms)
    near = 1 << hour | 1 << (hour + 1) % 24 | 1 << (hour + 23) % 24
    if row.hours & near == 0 and _count(row.hours) <= _FEW_HOURS:
        return True
    known = row.places & _bit_of_place(place[0], place[1]) != np.uint64(0)
    return not known and _count(row.places) <= _FEW_PLACES

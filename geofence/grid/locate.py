"""The kernel that finds the leaf of each fix of a chunk."""

from __future__ import annotations

import math

import numpy as np

from geofence.grid.cut import BLOCK
from geofence.grid.predicate import compiled
from geofence.grid.prefetch import prefetch

FINE = 32
"""Fixes are placed on a grid of 2**-32 degrees; all cells and their steps are on it."""
CHUNK = 1024
"""Fixes that go through the stages together: what is kept of them fits the near caches."""
_PER_DEGREE = 2.0**FINE
_INNER = (1 << FINE) - 1
_BLOCK_BITS = 2


@compiled
def scratch():
    """Room for `locate` to work on a chunk."""
    return (
        np.empty(CHUNK, np.int64), np.empty(CHUNK, np.int64), np.empty(CHUNK, np.int32),
        np.empty(CHUNK, np.int64), np.empty(CHUNK, np.int64), np.empty(CHUNK, np.int64),
    )  # fmt: skip


@compiled
def locate(lon, lat, world, cells, blocks, column, row, leaf, at, todo, shifts):
    """Where each fix lies on the fine grid, and its leaf; 0, the empty one, off the earth."""
    waiting = np.uint64(0)
    for j in range(lon.shape[0]):
        x = lon[j]
        y = lat[j]
        on_earth = (abs(x) <= 180.0) & (abs(y) <= 90.0)
        # exact: the factor is a power of two
        c = np.int64(math.floor(x * _PER_DEGREE)) if on_earth else np.int64(0)
        r = np.int64(math.floor(y * _PER_DEGREE)) if on_earth else np.int64(0)
        column[j] = c
        row[j] = r
        tile_row = np.uint64((r >> FINE) + 90)
        tile_column = np.uint64((c >> FINE) + 180)
        begin = np.int64(world[tile_row, tile_column, 0])
        halvings = np.int64(world[tile_row, tile_column, 1])
        is_grid = on_earth & (halvings >= 0)
        leaf[j] = begin if on_earth else 0
        shift = FINE - halvings
        cell = begin + ((r & _INNER) >> shift << halvings) + ((c & _INNER) >> shift)
        at[waiting] = cell if is_grid else 0
        shifts[waiting] = shift
        todo[waiting] = j
        prefetch(cells, at[waiting])
        waiting += np.uint64(is_grid)
    source = cells
    while waiting > 0:
        left = np.uint64(0)
        for k in range(waiting):
            ref = source[np.uint64(at[k])]
            j = todo[k]
            mine = np.uint64(j)
            leaf[mine] = ref
            shift = shifts[k] - _BLOCK_BITS
            inner = ((row[mine] >> shift) & (BLOCK - 1)) * BLOCK
            inner += (column[mine] >> shift) & (BLOCK - 1)
            todo[left] = j
            shifts[left] = shift
            # no branch: which fixes go deeper cannot be foreseen
            goes_on = ref < 0
            at[left] = (-1 - np.int64(ref)) * (BLOCK * BLOCK) + inner if goes_on else 0
            prefetch(blocks, at[left])
            left += np.uint64(goes_on)
        waiting = left
        source = blocks

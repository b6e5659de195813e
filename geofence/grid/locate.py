"""Which leaf each fix of a chunk falls in, and where in its tile."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from geofence.grid.cut import BLOCK, WORLD_COLUMNS
from geofence.grid.leaf import MIXED
from geofence.grid.predicate import compiled
from geofence.grid.prefetch import prefetch

FINE = 30
"""Fixes are placed on a grid of 2**-30 degrees; all cells and their steps are on it."""
_PER_DEGREE = 2.0**FINE
_DEGREES = 2.0**-FINE
_BLOCK_BITS = 2
CHUNK = 1024


class Scratch(NamedTuple):
    """Room to work on a chunk of fixes; each array has CHUNK elements.

    * `column`, `row` int32: where a fix lies in its tile, in 2**-FINE degrees.
    * `leaf` int32: its leaf, as in `Grid.cells`; 0, the one without zones, off the earth.
    * `busy` int64: the fixes with another leaf than 0, in order.
    * `held` uint64: of the mixed leaf of each of those, which places hold it; a bit a place.
    """

    column: Any
    row: Any
    leaf: Any
    busy: Any
    held: Any
    tile: Any
    at: Any
    todo: Any
    shifts: Any


@compiled
def scratch():
    """Room for a chunk."""
    return Scratch(
        np.empty(CHUNK, np.int32), np.empty(CHUNK, np.int32), np.empty(CHUNK, np.int32),
        np.empty(CHUNK + 1, np.int64), np.empty(CHUNK, np.uint64), np.empty(CHUNK, np.int32),
        np.empty(CHUNK + 1, np.int64), np.empty(CHUNK + 1, np.int64), np.empty(CHUNK + 1, np.int64),
    )  # fmt: skip


@compiled
def locate(lon, lat, world, cells, blocks, words, room):
    """Fill `column`, `row`, `leaf` and `busy` of `room` for a chunk; how many are busy.

    The lines of mixed leaves are asked for.
    """
    column, row, leaf, busy, _, tile, at, todo, shifts = room
    for j in range(lon.shape[0]):
        on_earth = (abs(lon[j]) <= 180.0) & (abs(lat[j]) <= 90.0)
        # every step is exact: the factors are powers of two, and floors are of few bits
        x = np.floor((lon[j] if on_earth else 0.0) * _PER_DEGREE)
        y = np.floor((lat[j] if on_earth else 0.0) * _PER_DEGREE)
        tile_column = np.floor(x * _DEGREES)
        tile_row = np.floor(y * _DEGREES)
        column[j] = np.int32(x - tile_column * _PER_DEGREE)
        row[j] = np.int32(y - tile_row * _PER_DEGREE)
        here = np.int32(tile_row + 90.0) * np.int32(WORLD_COLUMNS) + np.int32(tile_column + 180.0)
        tile[j] = here if on_earth else np.int32(-1)
    tiles = world.reshape(-1, 2)
    waiting = np.uint64(0)
    for j in range(lon.shape[0]):
        on_earth = tile[j] >= 0
        here = np.uint64(tile[j] if on_earth else 0)
        begin = np.int64(tiles[here, 0])
        halvings = np.int64(tiles[here, 1])
        is_grid = on_earth & (halvings >= 0)
        leaf[j] = begin if on_earth else 0
        shift = FINE - halvings
        cell = begin + (np.int64(row[j]) >> shift << halvings) + (np.int64(column[j]) >> shift)
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
            at[left] = (-1 - np.int64(ref)) * (BLOCK * BLOCK) + inner
            if ref < 0:
                prefetch(blocks, at[left])
            left += np.uint64(ref < 0)
        waiting = left
        source = blocks
    count = np.uint64(0)
    for j in range(lon.shape[0]):
        busy[count] = j
        count += np.uint64(leaf[j] != 0)
        if leaf[j] >= MIXED:
            line = line_of(leaf[j])
            prefetch(words, line)
            prefetch(words, line + 16)
    return np.int64(count)


@compiled
def line_of(leaf):
    """Where a mixed leaf begins in `words`."""
    return np.int64(leaf ^ MIXED) << 4

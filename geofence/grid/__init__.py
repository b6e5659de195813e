"""Cells that know what they lie in, and the few edges that still matter.

`Grid.over` cuts the earth into them, `Grid.match` asks which zones hold a fix.  Knows zones as
positions only; `geofence.index` lays zones in.
"""

from geofence.grid.cells import UNCHANGED, Changes, Grid

__all__ = ["UNCHANGED", "Changes", "Grid"]

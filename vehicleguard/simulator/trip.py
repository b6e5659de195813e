"""Trips: a street-like path driven with a bounded acceleration, as columns over vehicles.

A path is eight straight legs that alternate between the two directions of a street grid.  Every leg
starts and ends at rest (a corner, a crossing), accelerates evenly, cruises and brakes: the
trapezoidal profile of any textbook on motion control.  Where a vehicle is at any moment follows in
closed form, so nothing is stepped between two reports.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]

LEGS = 8
M_PER_DEG = 111_320.0
"""Metres in a degree of latitude; of longitude it is this times the cosine of the latitude."""


@dataclass(frozen=True, slots=True)
class Paths:
    """Planned trips of n vehicles.

    `length`: float64[n, LEGS], metres, negative = against the grid's direction; `ends`:
    float64[n, LEGS], seconds after the start at which a leg and the halt after it are over;
    `cruise` m/s, `accel` m/s², `grid` radians anticlockwise from east: float64[n].
    """

    length: Float64
    ends: Float64
    cruise: Float64
    accel: Float64
    grid: Float64


@dataclass(frozen=True, slots=True)
class Motion:
    """Where n vehicles are on their paths.

    `east`, `north`: metres from the start; `speed` m/s; `heading` degrees, 0 = north, clockwise;
    `done`: the path is finished.  All of shape [n].
    """

    east: Float64
    north: Float64
    speed: Float64
    heading: Float64
    done: Bool


def leg_seconds(length: Float64, cruise: Float64, accel: Float64) -> Float64:
    """Time for |length| metres from rest to rest; the arrays broadcast."""
    way = np.abs(length)
    full = way >= cruise**2 / accel
    out: Float64 = np.where(full, way / cruise + cruise / accel, 2.0 * np.sqrt(way / accel))
    return out


def plan(
    way: tuple[Float64, Float64],
    *,
    grid: Float64,
    cruise: Float64,
    accel: Float64,
    share: Float64,
    halt: Float64,
) -> Paths:
    """Paths to the point `way` = (east, north), metres from the start, float64[n] each.

    `share`: float64[n, LEGS] in (0, 1), how the way is split over the legs; `halt`: float64[n,
    LEGS], seconds of rest after each leg.
    """
    east, north = way
    along = east * np.cos(grid) + north * np.sin(grid)
    across = north * np.cos(grid) - east * np.sin(grid)
    weight = 0.35 + share
    length = np.empty_like(share)
    for axis, metres in ((0, along), (1, across)):
        part = weight[:, axis::2]
        length[:, axis::2] = metres[:, None] * part / part.sum(axis=1, keepdims=True)
    seconds = leg_seconds(length, cruise[:, None], accel[:, None])
    ends = np.cumsum(seconds + halt, axis=1)
    return Paths(length, ends, cruise, accel, grid)


def motion(paths: Paths, elapsed: Float64) -> Motion:
    """Where each vehicle is `elapsed` seconds (float64[n]) after it set out; before that, there."""
    leg_number = np.minimum((elapsed[:, None] >= paths.ends).sum(axis=1), LEGS - 1)
    rows = np.arange(len(elapsed))
    begun = np.where(leg_number > 0, paths.ends[rows, leg_number - 1], 0.0)
    signed = paths.length[rows, leg_number]
    way = np.abs(signed)
    peak = np.minimum(paths.cruise, np.sqrt(paths.accel * way))
    ramp = peak / paths.accel
    total = leg_seconds(way, paths.cruise, paths.accel)
    into = np.clip(elapsed - begun, 0.0, total)
    left = total - into
    up, down = into < ramp, left < ramp
    gone = np.where(
        up,
        0.5 * paths.accel * into**2,
        np.where(
            down,
            way - 0.5 * paths.accel * left**2,
            0.5 * peak * ramp + peak * (into - ramp),
        ),
    )
    speed = np.where(up, paths.accel * into, np.where(down, paths.accel * left, peak))
    before = np.where(np.arange(LEGS) < leg_number[:, None], paths.length, 0.0)
    before[rows, leg_number] = np.sign(signed) * gone
    along, across = before[:, 0::2].sum(axis=1), before[:, 1::2].sum(axis=1)
    cos, sin = np.cos(paths.grid), np.sin(paths.grid)
    turned = np.where(leg_number % 2 == 0, paths.grid, paths.grid + np.pi / 2)
    turned = np.where(signed < 0, turned + np.pi, turned)
    return Motion(
        east=along * cos - across * sin,
        north=along * sin + across * cos,
        speed=speed,
        heading=np.mod(90.0 - np.degrees(turned), 360.0),
        done=elapsed >= paths.ends[:, -1],
    )

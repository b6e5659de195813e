"""Who drives what, from where to where, and when: the daily life of a town's vehicles."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from vehicleguard.simulator import draw, trip
from vehicleguard.simulator.trip import LEGS, M_PER_DEG, Paths

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]


class Kind(IntEnum):
    """Kinds of vehicle."""

    EBIKE = 0
    MOTORCYCLE = 1
    CAR = 2


SHARE = (0.70, 0.20, 0.10)
"""Share of each `Kind` in the fleet."""
CRUISE_MPS = (6.0, 10.0, 13.0)
ACCEL_MPS2 = (1.0, 1.6, 1.8)
COMMUTE_M = ((600.0, 4_000.0), (1_000.0, 8_000.0), (1_500.0, 14_000.0))
"""Shortest and longest way from home to work by `Kind`, metres (drawn log-uniformly)."""

UTC_OFFSET_S = 8 * 3600
MOVING_SHARE = (
    *(0.095, 0.09, 0.09, 0.09, 0.095, 0.11),  # 0-5 h
    *(0.17, 0.25, 0.26, 0.19, 0.16, 0.18),  # 6-11 h
    *(0.19, 0.16, 0.15, 0.15, 0.18, 0.25),  # 12-17 h
    *(0.26, 0.21, 0.17, 0.14, 0.12, 0.105),  # 18-23 h
)
"""Share of the fleet under way at each local hour.

The night is livelier than a real one on purpose: a map that somebody opens at three o'clock must
still show traffic.
"""


@dataclass(frozen=True, slots=True)
class Towns:
    """Where people live: `lon`, `lat` (WGS-84 degrees) and `weight` (> 0), float64[k], k >= 1."""

    lon: Float64
    lat: Float64
    weight: Float64


@dataclass(frozen=True, slots=True)
class People:
    """What stays the same for each vehicle; every column is of length n.

    `home_*`, `work_*`: WGS-84 degrees; `grid`: direction of the town's streets, radians; `cruise`
    m/s; `accel` m/s²; `usual_s`: duration of the way to work; `sigma_m`: the receiver's wander;
    `phase`: where in its period a terminal reports, 0-1.
    """

    kind: Int64
    home_lon: Float64
    home_lat: Float64
    work_lon: Float64
    work_lat: Float64
    grid: Float64
    cruise: Float64
    accel: Float64
    usual_s: Float64
    sigma_m: Float64
    phase: Float64


def settle(seed: int, n: int, towns: Towns) -> People:
    """The people of `n` vehicles, spread over `towns` by weight."""
    vehicle = np.arange(n, dtype=np.int64)
    u = draw.uniforms(seed, 1, vehicle, np.zeros(n, np.int64), 14)
    z = draw.normals(u[:, :4])
    kind = np.searchsorted(np.cumsum(SHARE)[:-1], u[:, 4]).astype(np.int64)
    heaviness = towns.weight / towns.weight.sum()
    town = np.searchsorted(np.cumsum(heaviness)[:-1], u[:, 5])
    # a town with four times the people is twice as wide
    radius = np.clip(350.0 * np.sqrt(heaviness[town] * n / 30.0), 250.0, 4_000.0)
    home_lat = towns.lat[town] + radius * z[:, 0] / M_PER_DEG
    per_lon = M_PER_DEG * np.cos(np.radians(home_lat))
    home_lon = towns.lon[town] + radius * z[:, 1] / per_lon
    nearest, farthest = (np.array(c)[kind] for c in zip(*COMMUTE_M, strict=True))
    way = nearest * (farthest / nearest) ** u[:, 6]
    bearing = 2.0 * np.pi * u[:, 7]
    east, north = way * np.cos(bearing), way * np.sin(bearing)
    # the same grid for a whole town, so that its streets line up on the map
    grid = np.mod(towns.lon * 1_000.0 + towns.lat * 700.0, np.pi / 2)[town]
    cruise = np.array(CRUISE_MPS)[kind] * (0.85 + 0.3 * u[:, 8])
    accel = np.array(ACCEL_MPS2)[kind] * (0.8 + 0.4 * u[:, 9])
    driven = np.abs(east * np.cos(grid) + north * np.sin(grid)) + np.abs(
        north * np.cos(grid) - east * np.sin(grid)
    )
    usual = driven / cruise + LEGS * (cruise / accel + HALT_MEAN_S)
    return People(
        kind=kind,
        home_lon=home_lon,
        home_lat=home_lat,
        work_lon=home_lon + east / per_lon,
        work_lat=home_lat + north / M_PER_DEG,
        grid=grid,
        cruise=cruise,
        accel=accel,
        usual_s=usual,
        sigma_m=4.0 + 4.0 * u[:, 10],
        phase=(_rank(u[:, 11]) + u[:, 12]) / n,
    )


def _rank(key: Float64) -> Float64:
    """Each vehicle's rank by `key`: phases drawn freely would bunch, ranks are spread evenly."""
    rank = np.empty(len(key))
    rank[np.argsort(key)] = np.arange(len(key))
    return rank


HALT_SHARE = 0.35
HALT_S = (5.0, 45.0)
HALT_MEAN_S = HALT_SHARE * sum(HALT_S) / 2
"""Mean rest at the end of a leg: a third of the corners have a light or a queue."""


def halts(u: Float64) -> Float64:
    """Seconds of rest after each leg, from uniforms of the same shape."""
    low, high = HALT_S
    out: Float64 = np.where(u < HALT_SHARE, low + (high - low) * u / HALT_SHARE, 0.0)
    return out


def moving_share(t: Float64) -> Float64:
    """Share of the fleet that should be under way at epoch seconds `t`, between hours linearly."""
    hour = np.mod(t + UTC_OFFSET_S, 86_400.0) / 3600.0
    whole = hour.astype(np.int64)
    table = np.array(MOVING_SHARE)
    part = hour - whole
    out: Float64 = table[whole] * (1.0 - part) + table[(whole + 1) % 24] * part
    return out


LINGER_S = 180.0
"""Nobody sets out again sooner than this after parking."""


def departs(t: Float64, since_s: Float64, usual_s: Float64, u: Float64) -> NDArray[np.bool_]:
    """Which parked vehicles set out within `since_s` seconds before `t`.

    A vehicle that is under way a share m of its time in trips of D seconds starts at the rate
    m / ((1 - m) D) while it is parked (the balance of a two-state process); the rest that everybody
    takes first comes off the waiting time.
    """
    share = moving_share(t)
    rate = 1.0 / np.maximum((1.0 - share) / share * usual_s - LINGER_S, since_s)
    out: NDArray[np.bool_] = u < -np.expm1(-rate * since_s)
    return out


def destinations(
    people: People, who: Int64, here: tuple[Float64, Float64], t: Float64, u: Float64
) -> tuple[Float64, Float64]:
    """Where vehicles `who` (int64[m]) go from `here`: lon, lat, degrees; `u` is float64[m, 3].

    From home mostly to work, from elsewhere mostly home; in the evening home draws more.
    """
    lon, lat = here
    home_lon, home_lat = people.home_lon[who], people.home_lat[who]
    per_lon = M_PER_DEG * np.cos(np.radians(home_lat))
    off = np.hypot((lon - home_lon) * per_lon, (lat - home_lat) * M_PER_DEG)
    at_home = off < 150.0
    hour = np.mod(t + UTC_OFFSET_S, 86_400.0) / 3600.0
    homeward = np.where((hour >= 16.0) | (hour < 5.0), 0.9, 0.75)
    to_work = at_home & (u[:, 0] < 0.6)
    to_home = ~at_home & (u[:, 0] < homeward)
    # errands lie about as far from home as work does
    turn = 2.0 * np.pi * u[:, 1]
    reach = 0.5 + 0.7 * u[:, 2]
    east = (people.work_lon[who] - home_lon) * per_lon * reach
    north = (people.work_lat[who] - home_lat) * M_PER_DEG * reach
    errand_lon = home_lon + (east * np.cos(turn) - north * np.sin(turn)) / per_lon
    errand_lat = home_lat + (east * np.sin(turn) + north * np.cos(turn)) / M_PER_DEG
    return (
        np.where(to_work, people.work_lon[who], np.where(to_home, home_lon, errand_lon)),
        np.where(to_work, people.work_lat[who], np.where(to_home, home_lat, errand_lat)),
    )


def way(
    people: People,
    who: Int64,
    here: tuple[Float64, Float64],
    there: tuple[Float64, Float64],
    u: Float64,
) -> Paths:
    """The paths of `who` (int64[m]) from `here` to `there`: lon, lat, degrees, float64[m] each.

    `u` is float64[m, 2 * LEGS].
    """
    return trip.plan(
        (
            (there[0] - here[0]) * M_PER_DEG * np.cos(np.radians(here[1])),
            (there[1] - here[1]) * M_PER_DEG,
        ),
        grid=people.grid[who],
        cruise=people.cruise[who],
        accel=people.accel[who],
        share=u[:, :LEGS],
        halt=halts(u[:, LEGS:]),
    )

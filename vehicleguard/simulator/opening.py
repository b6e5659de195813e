"""The fleet's first moment: a day that has long begun."""

from __future__ import annotations

import numpy as np

from vehicleguard.simulator import draw, habits, receiver
from vehicleguard.simulator.habits import People
from vehicleguard.simulator.settings import FleetSettings
from vehicleguard.simulator.state import Columns, Mode
from vehicleguard.simulator.trip import LEGS


def begin(settings: FleetSettings, people: People, now_s: float) -> Columns:
    """A fleet in the middle of its day: some under way, the others at home, at work or about."""
    n = settings.n
    every = np.arange(n, dtype=np.int64)
    zero = np.zeros(n)
    u = draw.uniforms(settings.seed, 7, every, np.zeros(n, np.int64), 14)
    ways = draw.uniforms(settings.seed, 8, every, np.zeros(n, np.int64), 2 * LEGS + 2)
    now = np.full(n, now_s)
    away = habits.destinations(people, every, (people.home_lon, people.home_lat), now, u[:, :3])
    at_home = u[:, 3] < 0.6
    lon = np.where(at_home, people.home_lon, away[0])
    lat = np.where(at_home, people.home_lat, away[1])
    goal = habits.destinations(people, every, (lon, lat), now, u[:, 4:7])
    paths = habits.way(people, every, (lon, lat), goal, ways[:, : 2 * LEGS])
    travelling = u[:, 7] < habits.moving_share(now)
    wander = receiver.wander((zero, zero), np.full(n, np.inf), people.sigma_m, u[:, 8:12])
    following = now_s + people.phase * settings.period_s
    return Columns(
        mode=np.where(travelling, Mode.TRIP, Mode.PARKED).astype(np.int8),
        theft=np.zeros(n, np.int8),
        lon=lon,
        lat=lat,
        start=now_s - u[:, 12] * paths.ends[:, -1],
        arrived=np.full(n, now_s - 3600.0),
        length=paths.length,
        ends=paths.ends,
        cruise=paths.cruise.copy(),
        accel=paths.accel.copy(),
        grid=paths.grid.copy(),
        error_e=wander[0],
        error_n=wander[1],
        jump_e=zero.copy(),
        jump_n=zero.copy(),
        jump_left=np.zeros(n, np.int8),
        last=following - settings.period_s,
        next=following,
        seq=np.zeros(n, np.int64),
        armed=~travelling,
        ign=travelling.copy(),
        heading=360.0 * u[:, 13],
        eager=np.zeros(n, np.bool_),
        batt=60.0 + 40.0 * ways[:, -1],
    )

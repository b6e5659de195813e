"""Paths: the closed form against a slow walk along the legs, and draws that are what they say."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vehicleguard.simulator import draw, trip
from vehicleguard.simulator.trip import LEGS

metres = st.floats(-8000.0, 8000.0)
unit = st.floats(0.0, 1.0)


def walk(paths: trip.Paths, elapsed: float) -> tuple[float, float, float]:
    """East, north, speed of the first path after `elapsed` seconds, leg by leg."""
    along = across = speed = begun = 0.0
    accel, cruise = float(paths.accel[0]), float(paths.cruise[0])
    for leg in range(LEGS):
        way = abs(float(paths.length[0, leg]))
        peak = min(cruise, math.sqrt(accel * way))
        ramp = peak / accel
        flat = (way - peak * ramp) / peak if peak else 0.0
        into = min(max(0.0, elapsed - begun), 2 * ramp + flat)
        up, level = min(into, ramp), min(max(0.0, into - ramp), flat)
        down = max(0.0, into - ramp - flat)
        gone = accel * up**2 / 2 + peak * level + peak * down - accel * down**2 / 2
        if begun <= elapsed:
            speed = accel * up - accel * down
        gone = math.copysign(gone, paths.length[0, leg])
        along, across = (along + gone, across) if leg % 2 == 0 else (along, across + gone)
        begun = float(paths.ends[0, leg])
        if elapsed < begun:
            break
    cos, sin = math.cos(paths.grid[0]), math.sin(paths.grid[0])
    return along * cos - across * sin, along * sin + across * cos, speed


@st.composite
def one_path(draws: st.DrawFn) -> trip.Paths:
    legs = st.lists(unit, min_size=LEGS, max_size=LEGS)
    return trip.plan(
        (np.array([draws(metres)]), np.array([draws(metres)])),
        grid=np.array([draws(st.floats(0.0, 1.57))]),
        cruise=np.array([draws(st.floats(1.0, 15.0))]),
        accel=np.array([draws(st.floats(0.5, 2.5))]),
        share=np.array([draws(legs)]),
        halt=45.0 * np.array([draws(legs)]),
    )


@given(paths=one_path(), part=st.floats(-0.1, 1.2))
def test_the_closed_form_agrees_with_a_walk_along_the_legs(paths: trip.Paths, part: float) -> None:
    elapsed = part * float(paths.ends[0, -1])
    fast = trip.motion(paths, np.array([elapsed]))
    east, north, speed = walk(paths, elapsed)
    assert fast.east[0] == pytest.approx(east, abs=1e-4)
    assert fast.north[0] == pytest.approx(north, abs=1e-4)
    assert fast.speed[0] == pytest.approx(speed, abs=1e-3)
    assert fast.done[0] == (elapsed >= paths.ends[0, -1])


@given(east=metres, north=metres, grid=st.floats(0.0, 1.57))
def test_a_path_ends_at_its_destination(east: float, north: float, grid: float) -> None:
    row = np.full((1, LEGS), 0.5)
    paths = trip.plan(
        (np.array([east]), np.array([north])),
        grid=np.array([grid]),
        cruise=np.array([6.0]),
        accel=np.array([1.0]),
        share=row,
        halt=row,
    )
    end = trip.motion(paths, paths.ends[:, -1])
    assert end.done[0]
    assert end.speed[0] == pytest.approx(0.0, abs=1e-6)
    assert (end.east[0], end.north[0]) == pytest.approx((east, north), abs=1e-6)


@given(paths=one_path())
def test_nothing_moves_by_leaps(paths: trip.Paths) -> None:
    t = np.linspace(0.0, float(paths.ends[0, -1]), 400)
    rows = np.zeros(len(t), np.int64)
    many = trip.Paths(
        paths.length[rows],
        paths.ends[rows],
        paths.cruise[rows],
        paths.accel[rows],
        paths.grid[rows],
    )
    motion = trip.motion(many, t)
    since = np.diff(t)
    gone = np.hypot(np.diff(motion.east), np.diff(motion.north))
    assert (gone <= paths.cruise[0] * since + 1e-6).all()
    assert (np.abs(np.diff(motion.speed)) <= paths.accel[0] * since + 1e-4).all()
    assert ((motion.heading >= 0.0) & (motion.heading <= 360.0)).all()


def test_draws_are_even_and_do_not_depend_on_their_neighbours() -> None:
    who, counter = np.arange(20_000), np.full(20_000, 3)
    u = draw.uniforms(5, 1, who, counter, 4)
    assert ((u > 0.0) & (u < 1.0)).all()
    assert np.abs(u.mean(axis=0) - 0.5).max() < 0.01
    assert np.abs(np.corrcoef(u.T) - np.eye(4)).max() < 0.03
    assert np.abs(np.corrcoef(u[:-1, 0], u[1:, 0])[0, 1]) < 0.03
    some = np.array([17, 4, 19_999])
    assert np.array_equal(draw.uniforms(5, 1, some, counter[some], 2), u[some, :2])
    z = draw.normals(u)
    assert np.abs(z.mean(axis=0)).max() < 0.03
    assert np.abs(z.std(axis=0) - 1.0).max() < 0.03

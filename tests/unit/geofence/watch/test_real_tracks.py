"""Receivers as they are: what parked ones must not tell, and driving ones must."""

from itertools import pairwise

import numpy as np
import pytest

from geofence import ZoneSet
from geofence.watch import Kind
from tests.timeline import offset
from tests.unit.geofence.make import circle, collection, polygon
from tests.unit.geofence.test_real_outlines import SAMPLE, SHARED
from tests.unit.geofence.watch import recorded

STILL = [
    (SHARED / name, key)
    for name, key in [
        ("parked_sf_cabs.parquet", "segment"),
        ("stationary_receivers.parquet", "vehicle_id"),
    ]
    if (SHARED / name).exists()
]
MOVING = [
    (SHARED / trace, SHARED / outlines)
    for trace, outlines in [
        ("traj_austin_bus.parquet", "poly_austin_neighborhoods.geojson"),
        ("traj_sf_cabs.parquet", "poly_sf_neighborhoods.geojson"),
    ]
    if (SHARED / trace).exists()
]
MOST = 250_000
"""Fixes of a trace that are read, so that the test takes seconds."""


def fence(kind: str, lon: float, lat: float) -> dict:
    """A fence right at a place: a circle around it, or a yard whose one side is 5 m from it."""
    if kind.startswith("circle"):
        return circle(lon, lat, float(kind.split()[1]))
    turned = {"east": (1, 0), "west": (-1, 0), "north": (0, 1), "south": (0, -1)}[kind]
    corners = [(5, -400), (5, 400), (-795, 400), (-795, -400), (5, -400)]
    east, north = turned
    return polygon(
        [offset((lon, lat), x * east - y * north, x * north + y * east) for x, y in corners]
    )


@pytest.mark.parametrize(("path", "key"), STILL, ids=[path.name for path, _ in STILL])
@pytest.mark.parametrize("kind", ["circle 50", "circle 100", "east", "west", "north", "south"])
def test_a_receiver_at_rest_leaves_no_fence_drawn_at_its_place(path, key, kind) -> None:
    batch = recorded.read(path, key)
    at = recorded.starts(batch)
    places = [(np.median(batch.lon[a:b]), np.median(batch.lat[a:b])) for a, b in pairwise(at)]
    zones = ZoneSet.from_geojson(collection(*(fence(kind, *place) for place in places)))
    fix, zone = zones.match(batch.lon, batch.lat)
    inside = np.zeros(len(batch), bool)
    inside[fix[zone == batch.vehicle[fix]]] = True
    naive = len(recorded.flips(batch, inside) if inside.any() else []) // 2
    found = recorded.transitions(batch, zones)
    own = found[found["zone"] == found["vehicle"]]
    exits = own[own["kind"] == Kind.EXIT]
    print(f"{path.name}, {kind}: {len(exits)} false exits, about {naive} by the naive rule")
    assert [batch.ids[v] for v in exits["vehicle"]] == []


def grid_of_yards() -> ZoneSet:
    """Squares of 600 m over the middle of Austin."""
    middle = (-97.74, 30.27)
    cells = [(x, y) for x in range(-3000, 3000, 600) for y in range(-3000, 3000, 600)]
    corners = [(0, 0), (600, 0), (600, 600), (0, 600), (0, 0)]
    return ZoneSet.from_geojson(
        collection(*(polygon([offset(middle, x + a, y + b) for a, b in corners]) for x, y in cells))
    )


SCENES = [
    pytest.param(SAMPLE / "austin_bus.parquet", None, id="sample"),
    *(pytest.param(*scene, id=scene[0].name) for scene in MOVING),
]


@pytest.mark.parametrize(("trace", "outlines"), SCENES)
def test_drivers_through_neighbourhoods_are_told_once_and_none_is_missed(trace, outlines) -> None:
    batch = recorded.believed(recorded.read(trace, most=MOST))
    zones = ZoneSet.from_geojson(outlines, strict=False) if outlines else grid_of_yards()
    found = recorded.transitions(batch, zones)
    held = recorded.holds(batch, zones)
    at = recorded.starts(batch)
    naive = ours = visits = 0
    missed = []
    for zone in np.flatnonzero(held.any(axis=1)):
        margin = recorded.margins_of(batch, zones, zone)
        told = recorded.positions(batch, of_zone := found[found["zone"] == zone])
        naive += recorded.undone(batch, recorded.flips(batch, held[zone]), margin)
        ours += recorded.undone(batch, told, margin)
        # inside or not after every fix, by what was told
        change = np.zeros(len(batch), np.int64)
        change[at[:-1]] = held[zone][at[:-1]]
        np.add.at(change, told, np.where(of_zone["kind"] == Kind.ENTER, 1, -1))
        total = np.cumsum(change)
        before = np.repeat(total[at[:-1]] - change[at[:-1]], np.diff(at))
        inside = total - before
        reference = recorded.smoothed(batch, margin, switch=1.0)
        changes = (reference[1:] != reference[:-1]) | (batch.vehicle[1:] != batch.vehicle[:-1])
        stays = np.flatnonzero(np.concatenate([[True], changes]))
        agreed = np.add.reduceat((inside == reference).astype(np.int64), stays) > 0
        own = batch.vehicle[stays]
        between = np.zeros(len(stays), bool)
        between[1:-1] = (own[1:-1] == own[:-2]) & (own[1:-1] == own[2:])
        visits += int(between.sum())
        missed += [(int(zone), int(s)) for s in stays[between & ~agreed]]
    print(
        f"{trace.name}: {len(batch)} fixes; of {visits} stays {len(missed)} missed; "
        f"{ours} flaps, {naive} by the naive rule"
    )
    assert naive >= 20 * ours
    assert len(missed) <= visits // 5000

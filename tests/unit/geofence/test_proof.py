"""Matching against shapely, exact rationals and geodesics; `make prove POINTS=…` asks for more.

Shapely decides by floats of twice the precision, which is not always enough on a line: where the
two differ, rationals decide, and they are asked for some of the points on lines besides.
"""

from collections import Counter
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import shapely
from numpy.random import Generator
from numpy.typing import NDArray

from geofence import ZoneSet
from geofence.zone import Zone
from tests.unit.geofence import oracle, scenes

SCENE = 4_000  # points
LINES_OF = 0.3  # share of the polygons of which rationals decide, too, and how many points
EXACTLY = 5
NEAR_DEG = 1e-12
WRONG = "pairs with polygons where shapely is wrong, by rationals"
RIM = 40  # points around a corridor: a geodesic search for each takes a millisecond
RIM_M = 1e-7  # of a circle; geodesics there and back differ by less
FOOT_M = 0.003  # of a corridor; see `metric.nearest_on_segment`

Float64 = NDArray[np.float64]
Bool = NDArray[np.bool_]


def rings_of(zone: Zone) -> list[list[Any]]:
    return [
        [shapely.get_coordinates(ring).tolist() for ring in (part.exterior, *part.interiors)]
        for part in shapely.get_parts(zone.geometry)
    ]


def held_by(zones: ZoneSet, at: Float64) -> Bool:
    """bool[points, zones] of what `match` answers; its order and `signatures` are checked, too."""
    fix, zone = zones.match(at[:, 0], at[:, 1])
    assert (np.diff(fix * len(zones) + zone) > 0).all()
    held = np.zeros((len(at), len(zones)), np.bool_)
    held[fix, zone] = True
    folded = np.zeros(len(at), np.uint64)
    np.bitwise_xor.at(folded, fix, zones.keys[zone])
    assert (zones.signatures(at[:, 0], at[:, 1]) == folded).all()
    return held


def prove_polygon(zone: Zone, at: Float64, held: Bool, tally: Counter[str]) -> None:
    theirs = np.asarray(shapely.intersects_xy(zone.geometry, at[:, 0], at[:, 1]))
    for n in np.flatnonzero(theirs != held).tolist():
        assert held[n] == oracle.in_multipolygon(*at[n], rings_of(zone)), told(zone, at[n])
        tally[WRONG] += 1
    tally["points in polygons"] += int(held.sum())
    tally["pairs with polygons"] += len(at)


def prove_lines(zone: Zone, at: Float64, held: Bool, tally: Counter[str], rng: Generator) -> None:
    """Points on a line or some floats beside it, whatever shapely says."""
    near = np.flatnonzero(shapely.dwithin(zone.geometry.boundary, shapely.points(at), NEAR_DEG))
    polygons = rings_of(zone)
    for n in rng.permutation(near)[:EXACTLY].tolist():
        assert held[n] == oracle.in_multipolygon(*at[n], polygons), told(zone, at[n])
        places = [oracle.in_ring(*at[n], ring) for rings in polygons for ring in rings]
        tally["within floats of a line, by rationals"] += 1
        tally["within floats of a line, exactly on it"] += None in places


def prove_circle(zone: Zone, at: Float64, held: Bool, tally: Counter[str]) -> None:
    centre = shapely.get_coordinates(zone.geometry)
    away = oracle.GEOD.inv(*np.broadcast_to(centre, at.shape).T, at[:, 0], at[:, 1])[2]
    clear = np.abs(away - zone.reach_m) > RIM_M
    wrong = np.flatnonzero(clear & (held != (away <= zone.reach_m)))
    assert wrong.size == 0, told(zone, at[wrong[0]])
    tally["pairs with circles"] += int(clear.sum())


def prove_corridor(zone: Zone, at: Float64, held: Bool, tally: Counter[str]) -> None:
    line = shapely.get_coordinates(zone.geometry)
    away = np.min([segment_m(at, a, b) for a, b in pairwise(line)], axis=0)
    clear = np.abs(away - zone.reach_m) > FOOT_M
    wrong = np.flatnonzero(clear & (held != (away <= zone.reach_m)))
    assert wrong.size == 0, told(zone, at[wrong[0]])
    tally["pairs with corridors"] += int(clear.sum())


def segment_m(at: Float64, a: Float64, b: Float64) -> Float64:
    """`oracle.segment_distance_m` for all points at once."""

    def to(share: Float64) -> Float64:
        on = a + share[:, None] * (b - a)
        return np.asarray(oracle.GEOD.inv(on[:, 0], on[:, 1], at[:, 0], at[:, 1])[2])

    low, high = np.zeros(len(at)), np.ones(len(at))
    for _ in range(40):
        left, right = low + 0.382 * (high - low), low + 0.618 * (high - low)
        nearer = to(left) < to(right)
        low, high = np.where(nearer, low, left), np.where(nearer, right, high)
    return np.minimum(np.minimum(to(np.zeros(len(at))), to(np.ones(len(at)))), to(low))


def around(rng: Generator, zone: Zone) -> Float64:
    """Points near the rim of a circle or corridor, from a tenth of a millimetre off it."""
    line = shapely.get_coordinates(zone.geometry)
    first = rng.integers(max(1, len(line) - 1), size=RIM)
    after = np.minimum(first + 1, len(line) - 1)
    on = line[first] + rng.random((RIM, 1)) * (line[after] - line[first])
    off = 10.0 ** rng.uniform(-4, np.log10(zone.reach_m), RIM) * rng.choice([-1, 1], RIM)
    way = rng.uniform(-180, 180, RIM)
    lon, lat, _ = oracle.GEOD.fwd(on[:, 0], on[:, 1], way, zone.reach_m + off)
    return np.column_stack([lon, lat])


def told(zone: Zone, point: Any) -> str:
    return f"{tuple(map(float.hex, point.tolist()))} in {zone.kind} {zone.geometry.wkb_hex}"


@pytest.mark.timeout(0)
def test_random_shapes_hold_what_shapely_rationals_and_geodesics_say(
    points: int, seed: int
) -> None:
    rng, tally = np.random.default_rng(seed), Counter({WRONG: 0})
    while tally["points"] < points:
        zones = ZoneSet.from_geojson(scenes.zones(rng), strict=False)
        polygons = [zone for zone in zones.zones if zone.kind == "polygon"]
        outlines = [zone.geometry for zone in polygons]
        shapely.prepare(outlines)
        free, at = scenes.points(rng, outlines, SCENE)
        held = held_by(zones, at)
        for n, zone in enumerate(zones.zones):
            if zone.kind == "polygon":
                prove_polygon(zone, at, held[:, n], tally)
                if rng.random() < LINES_OF:
                    prove_lines(zone, at[free:], held[free:, n], tally, rng)
            elif zone.kind == "circle":
                prove_circle(zone, at, held[:, n], tally)
            if zone.kind in {"circle", "corridor"}:
                rim = around(rng, zone)
                prove = prove_circle if zone.kind == "circle" else prove_corridor
                prove(zone, rim, held_by(zones, rim)[:, n], tally)
        tally["points"] += SCENE
        tally["shapes"] += len(zones)
    print("\n" + "\n".join(f"{count:14,} {what}" for what, count in sorted(tally.items())))
    assert tally["points in polygons"] > points
    assert tally["within floats of a line, exactly on it"] > 0

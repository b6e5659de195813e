"""The ring: points before the vehicle, units that are there in time, and what stays open."""

from __future__ import annotations

import math
from typing import Any

import pytest

from alerts.dispatch.choosing import straight
from alerts.dispatch.fitness import Fitness
from alerts.dispatch.ring import MOST_POINTS, best, rings
from alerts.dispatch_settings import DispatchSettings
from alerts.force import Status
from geofence.metric import GEOD
from tests.unit.alerts.dispatch.force import NOW, duty_of, unit

SEEN = (112.36, 28.57)
ROUTER = straight(DispatchSettings(road_factor=1, car_kmh=36))  # 10 m/s


def sector(horizon_s: float, outer_m: float, **more: Any) -> dict[str, Any]:
    return {
        "horizon_s": horizon_s, "probability": 0.9, "bearing_deg": 90.0, "half_width_deg": 45.0,
        "inner_m": 0.0, "outer_m": outer_m, "near_m": 0.0, "ring": [], **more,
    }  # fmt: skip


def pursuit(**more: Any) -> dict[str, Any]:
    sectors = [sector(60, 600), sector(60, 300, probability=0.5), sector(300, 3000)]
    seen = {"lon": SEEN[0], "lat": SEEN[1]}
    return {"last_seen": seen, "sectors": sectors, "roads": [], **more}


def force(*away: tuple[float, float], **status: Status) -> list[Fitness]:
    """Units (bearing, metres) from where the vehicle was seen last."""
    places = [GEOD.fwd(*SEEN, bearing, metres)[:2] for bearing, metres in away]
    units = [unit(f"u{n}", 0, home=place) for n, place in enumerate(places)]
    duty = duty_of(*units, **status)
    return [Fitness.of(one, duty, 0, NOW) for one in units]


def test_points_lie_on_the_outer_edge_of_where_nine_in_ten_are_by_then() -> None:
    first, last = rings(pursuit(), [], ROUTER)
    assert [(ring.horizon_s, ring.by, len(ring.points)) for ring in (first, last)] == [
        (60, "arc", 4),
        (300, "arc", 4),
    ]
    for ring, metres in [(first, 600), (last, 3000)]:
        ways = [GEOD.inv(*SEEN, point.lon, point.lat) for point in ring.points]
        assert [round(way[2]) for way in ways] == [metres] * 4
        assert [round(way[0]) for way in ways] == [45, 75, 105, 135]


def test_without_a_direction_the_points_lie_all_around() -> None:
    round_ = sector(60, 600, bearing_deg=None, half_width_deg=180.0)
    (ring,) = rings(pursuit(sectors=[round_]), [], ROUTER)
    bearings = [GEOD.inv(*SEEN, point.lon, point.lat)[0] % 360 for point in ring.points]
    assert [round(one) % 360 for one in bearings] == [n * 45 for n in range(MOST_POINTS)]


def test_a_unit_closes_a_point_only_if_it_is_there_before_the_vehicle() -> None:
    ring = rings(pursuit(), force((45, 600), (75, 1100), (105, 1300)), ROUTER)[0]
    assert [point.unit for point in ring.points] == ["u0", "u1", None, None]
    assert ring.said == ("in 1 min: 2 of 4 points closed", "1 分内：4 个点位可控 2 个")
    assert ring.points[1].said.en == ("u1: there in 50 s, 10 s before the vehicle can be beyond")
    assert ring.points[2].said.en.startswith("no unit left in time; the nearest takes ")


def test_units_are_shared_out_so_that_most_points_are_closed() -> None:
    # u0 reaches both, u1 only the first: the nearest of each point would leave one open
    ring = rings(pursuit(), force((60, 600), (45, 900)), ROUTER)[0]
    assert [point.unit for point in ring.points[:2]] == ["u1", "u0"]


def test_the_ring_to_close_is_the_first_that_can_be_closed_wholly() -> None:
    units = force(*((bearing, 3000) for bearing in (45, 75, 105, 135)))
    found = rings(pursuit(), units, ROUTER)
    assert [ring.closed for ring in found] == [0, 4]
    assert best(found) is found[1]
    assert best([]) is None
    near = force(*((bearing, 600) for bearing in (45, 75, 105, 135)))
    both = rings(pursuit(), near, ROUTER)
    assert [ring.closed for ring in both] == [4, 4]
    assert best(both) is both[0]


def test_where_roads_are_known_their_gates_are_closed_the_widest_of_each_side_first() -> None:
    gates = [GEOD.fwd(*SEEN, 1 + n, 600)[:2] for n in range(20)]  # all to the north
    gates.append(GEOD.fwd(*SEEN, 181, 600)[:2])
    roads = [{"horizon_s": 60, "gates": [list(gate) for gate in gates]}]
    first, last = rings(pursuit(roads=roads), [], ROUTER)
    assert (first.by, last.by) == ("gates", "arc")
    points = [(point.lon, point.lat) for point in first.points]
    assert len(points) == MOST_POINTS
    assert points[:2] == [gates[0], gates[20]]
    assert set(points) <= set(gates)


def test_who_is_busy_closes_nothing_and_without_anybody_it_says_so() -> None:
    units = force((45, 600), u0=Status.BUSY)
    ring = rings(pursuit(), units, ROUTER)[0]
    assert ring.closed == 0
    assert ring.points[0].said == ("no unit can go there", "无警力可到")


@pytest.mark.parametrize(
    "wrong",
    [
        {"last_seen": None},
        {"last_seen": {"lon": 28.5, "lat": 112.3}},
        {"last_seen": {"lon": "x", "lat": 1}},
        {"sectors": None},
        {"sectors": [1]},
        {"sectors": [sector(60, math.nan)]},
        {"sectors": [sector(60, 600)] * 65},
        {"roads": [{"horizon_s": 60, "gates": [[1]]}]},
        {"roads": [{"horizon_s": 60, "gates": [["a", "b"]]}]},
        {"roads": [{"horizon_s": 60, "gates": [[28.5, 112.3]]}]},
    ],
)
def test_what_is_no_pursuit_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="pursuit: "):
        rings(pursuit(**wrong), force((45, 600)), ROUTER)

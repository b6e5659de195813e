"""Roads within reach, against a slow oracle that asks for every road again and again."""

import gzip
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.pursuit import RoadNetwork
from streams.pursuit.reach import HURRY, Spread, lines
from streams.pursuit.roads import RoadsError
from tests.timeline import HOME, offset
from tests.unit.geofence.test_real_outlines import SHARED
from tests.unit.streams.pursuit.making import network

V = 10.0 * HURRY
REAL = SHARED / "osm_liechtenstein"

roads_of = st.lists(
    st.tuples(st.integers(0, 8), st.integers(0, 8), st.sampled_from([-1, 0, 1])).filter(
        lambda road: road[0] != road[1]
    ),
    min_size=1,
    max_size=16,
    unique_by=lambda road: (min(road[:2]), max(road[:2])),
)
GRID = [(x * 170.0 + y * 13, y * 140.0 + x * 11) for y in range(3) for x in range(3)]


def oracle(roads: RoadNetwork, starts: tuple[tuple[int, float], ...]) -> np.ndarray:
    """Seconds to every node, by relaxing every piece as often as there are nodes."""
    cost = roads.length_m / roads.speed_mps / HURRY
    node_s = np.full(len(roads.lon), np.inf)
    for edge, part in starts:
        node_s[roads.end[edge]] = min(node_s[roads.end[edge]], (1 - part) * cost[edge])
    for _ in range(len(roads.lon)):
        np.minimum.at(node_s, roads.end, node_s[roads.start] + cost)
    return node_s


@settings(deadline=None)
@given(roads_of, st.integers(0, 8), st.floats(0, 120))
def test_every_node_is_reached_as_soon_as_can_be(roads, at, seconds) -> None:
    net = network(GRID, roads)
    spread = Spread.of(net, *offset(HOME, *GRID[at]), limit_s=120)
    if spread is None:
        return
    expected = oracle(net, spread.starts)
    within = expected <= 120
    np.testing.assert_allclose(spread.node_s[within], expected[within])
    assert np.isinf(spread.node_s[~within]).all()

    reach = spread.within(seconds)
    # a walk over the parts reached never crosses a gate, and every way out has one
    inside = expected <= seconds
    out = set(np.flatnonzero(inside[net.start] & ~inside[net.end]).tolist())
    first = {e for e, _ in spread.starts if expected[net.end[e]] > seconds}
    assert set(reach.gate.tolist()) == out | first
    assert (reach.gate_part < 1).all()
    assert (reach.until >= reach.begin).all()


def test_a_one_way_road_is_not_driven_against() -> None:
    net = network([(0, 0), (200, 0), (400, 0)], [(0, 1, 1), (1, 2, -1)])
    spread = Spread.of(net, *offset(HOME, 100, 2), limit_s=60)
    assert spread.node_s[1] == pytest.approx(100 / V, rel=0.01)
    assert np.isinf(spread.node_s[[0, 2]]).all()
    assert spread.within(60).gate.tolist() == []


def test_the_ring_is_closed_where_the_roads_are_crossed_just_then() -> None:
    net = network([(0, 0), (300, 0), (300, 300)], [(0, 1, 0), (1, 2, 0)])
    spread = Spread.of(net, *offset(HOME, 200, 0), limit_s=100)
    soon, late = spread.within(50 / V), spread.within(150 / V)
    places = np.column_stack(net.along(soon.gate, soon.gate_part))
    wanted = [offset(HOME, 250, 0), offset(HOME, 150, 0)]
    np.testing.assert_allclose(np.sort(places, axis=0), np.sort(wanted, axis=0), atol=1e-5)
    (east, north), *_ = np.column_stack(net.along(late.gate, late.gate_part))[
        np.argsort(-net.lat[net.end[late.gate]])
    ]
    assert (east, north) == pytest.approx(offset(HOME, 300, 50), abs=1e-5)
    assert late.length_m(net) == pytest.approx(100 + 150 + 2 * 50, rel=0.01)


def test_each_reach_draws_only_what_those_before_it_lack() -> None:
    net = network([(0, 0), (100, 0), (200, 0)], [(0, 1, 0), (1, 2, 0)])
    spread = Spread.of(net, *offset(HOME, 50, 0), limit_s=100)
    soon, late = lines(net, [spread.within(60 / V), spread.within(200 / V)])
    assert len(soon) > 0
    assert len(late) > 0
    assert late[:, :, 0].max() == pytest.approx(net.lon[2])


def test_a_place_off_every_road_is_on_none() -> None:
    net = network([(0, 0), (100, 0)], [(0, 1, 0)])
    assert Spread.of(net, *offset(HOME, 50, 400), 60) is None
    assert Spread.of(net, 10.0, 10.0, 60) is None


def test_a_camera_is_reached_from_the_nearer_end() -> None:
    net = network([(0, 0), (100, 0), (1100, 0)], [(0, 1, 0), (1, 2, 0)])
    spread = Spread.of(net, *offset(HOME, 50, 0), limit_s=200)
    for edge in (1, 3):  # the second road, there and back
        part = 0.1 if net.start[edge] == 1 else 0.9
        (arrival,) = spread.arrival_s(np.array([edge], np.int32), np.array([part]))
        assert arrival == pytest.approx(150 / V, rel=0.01)


@pytest.fixture(params=["", ".gz"])
def files(request, tmp_path):
    def write(nodes: str, edges: str):
        paths = []
        for name, text in (("nodes", nodes), ("edges", edges)):
            path = tmp_path / f"{name}.csv{request.param}"
            body = text.encode()
            path.write_bytes(gzip.compress(body) if request.param else body)
            paths.append(path)
        return paths

    return write


NODES = "node_id,lon,lat\n7,112.0,28.0\n9,112.01,28.0\n"


def test_a_network_is_read_from_two_files(files) -> None:
    edges = (
        "way_id,from_node,to_node,length_m,highway,oneway,maxspeed,name\n"
        "1,7,9,980,residential,0,,a\n1,9,7,980,primary,1,60,b\n1,7,9,980,goat_path,-1,,c\n"
    )
    net = RoadNetwork.from_csv(*files(NODES, edges))
    assert list(zip(net.start.tolist(), net.end.tolist(), strict=True)) == [
        (0, 1), (1, 0), (1, 0), (1, 0),
    ]  # fmt: skip
    np.testing.assert_allclose(net.speed_mps * 3.6, [40, 60, 40, 30])


@pytest.mark.parametrize(
    ("nodes", "edges", "said"),
    [
        ("id,lon\n1,2\n", "", "nodes.csv.*missing node_id, lat"),
        (NODES, "from_node,to_node\n1,2\n", "edges.csv.*missing length_m, highway"),
        (NODES, "from_node,to_node,length_m,highway\n7,8,1,road\n", "1 of its nodes are not in"),
        (NODES, "from_node,to_node,length_m,highway\n7,9,x,road\n", "length_m: expected numbers"),
    ],
)
def test_a_network_that_cannot_be_read_says_why(files, nodes, edges, said) -> None:
    with pytest.raises(RoadsError, match=said):
        RoadNetwork.from_csv(*files(nodes, edges))


NETWORKS = [REAL] if REAL.exists() else []


@pytest.mark.parametrize("folder", NETWORKS, ids=lambda p: p.name)
def test_a_real_network_is_searched_as_the_oracle_does(folder) -> None:
    net = RoadNetwork.from_csv(folder / "nodes.csv.gz", folder / "edges.csv.gz")
    spread = Spread.of(net, 9.5215, 47.1410, 300)  # Vaduz
    cost = net.length_m / net.speed_mps / HURRY
    # no piece gets anywhere sooner, and every node reached has a piece by which it was
    reached = np.isfinite(spread.node_s[net.end])
    slack = np.full(len(net.end), np.inf)
    begun = spread.node_s[net.start[reached]] + cost[reached]
    slack[reached] = begun - spread.node_s[net.end[reached]]
    assert slack[reached].min() > -1e-6
    by = np.full(len(net.lon), math.inf)
    np.minimum.at(by, net.end[reached], slack[reached])
    firsts = {int(net.end[e]) for e, _ in spread.starts}
    tight = np.isfinite(spread.node_s) & (by > 1e-6)
    assert set(np.flatnonzero(tight).tolist()) <= firsts


def test_a_place_in_the_middle_of_a_long_road_is_on_it() -> None:
    net = network([(-20_000, 0), (20_000, 0)], [(0, 1, 0)])
    edge, part, off_m = net.nearest(*offset(HOME, 5000, 30), reach_m=100)
    assert net.start[edge] in {0, 1}
    assert sorted([part, 1 - part]) == pytest.approx([0.375, 0.625], abs=1e-3)
    assert off_m == pytest.approx(30, rel=0.01)

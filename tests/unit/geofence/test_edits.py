"""Zones edited beside others: the same answers as from a set built anew, and old sets unmoved."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geofence import ZoneSet, delta
from geofence.grid.merge import merge
from geofence.zone import Zone, ZoneKind
from tests.unit.geofence.make import PATIENT, PLACE, any_zone, box, circle, collection, polygon

IDS = st.sampled_from(["a", "b", "c", "d"])
EDIT = st.tuples(
    st.sampled_from(["replace", "add", "remove"]), st.integers(0, 10**6), any_zone(IDS)
)


def zones_of(*features: Any) -> tuple[Zone, ...]:
    return ZoneSet.from_geojson(collection(*features)).zones


def answer(zones: ZoneSet, at: Any) -> list[list[int]]:
    return np.column_stack(zones.match([p[0] for p in at], [p[1] for p in at])).tolist()


def edited(zones: ZoneSet, how: str, number: int, zone: Zone) -> ZoneSet:
    if how == "add" or len(zones) == 0:
        return zones.adding(zone)
    position = number % len(zones)
    return zones.removing(position) if how == "remove" else zones.replacing(position, zone)


@PATIENT
@given(
    st.lists(any_zone(IDS), max_size=6),
    st.lists(EDIT, min_size=1, max_size=8),
    st.lists(PLACE, min_size=1, max_size=60),
)
def test_any_edits_give_the_set_that_would_be_built_of_them(
    features: Any, edits: Any, at: Any
) -> None:
    sets = [ZoneSet([zone for feature in features for zone in zones_of(feature)])]
    for how, number, feature in edits:
        sets.append(edited(sets[-1], how, number, *zones_of(feature)))
    lon, lat = [p[0] for p in at], [p[1] for p in at]
    for one in sets:
        assert answer(one, at) == answer(ZoneSet(one.zones), at)
        live = one.keys[[zone.geometry is not None for zone in one.zones]]
        assert len(set(live.tolist())) == len(live)
        folded = np.zeros(len(at), np.uint64)
        fix, zone = one.match(lon, lat)
        np.bitwise_xor.at(folded, fix, one.keys[zone])
        assert one.signatures(lon, lat).tolist() == folded.tolist()
    assert answer(sets[-1].compacted(), at) == answer(sets[-1], at)


def test_an_edit_leaves_the_set_before_it_as_it_was() -> None:
    before = ZoneSet.from_geojson(
        collection(polygon(box(112, 28, 113, 29)), circle(112.5, 28.5, 900, id="round"))
    )
    (other,) = zones_of(polygon(box(112.4, 28.4, 112.6, 28.6), id="other"))
    removed = before.removing(0)
    moved = removed.replacing(1, other)
    added = moved.adding(before.zones[0])
    at = [(112.5, 28.5), (112.59, 28.59), (112.9, 28.9)]
    assert answer(before, at) == [[0, 0], [0, 1], [1, 0], [2, 0]]
    assert answer(removed, at) == [[0, 1]]
    assert answer(moved, at) == [[0, 1], [1, 1]]
    assert answer(added, at) == [[0, 1], [0, 2], [1, 1], [1, 2], [2, 2]]
    assert [zone.kind for zone in removed.zones] == [ZoneKind.REFUSED, ZoneKind.CIRCLE]
    assert len(before) == len(moved) == 2
    assert added.zones[2] is before.zones[0]
    # the id came back, and its key with it
    assert added.keys[2] == before.keys[0]
    assert before.signatures([112.9], [28.9]) == added.signatures([112.9], [28.9])


@PATIENT
@given(
    st.lists(st.tuples(EDIT, st.integers(0, 12)), min_size=12, max_size=30),
    st.lists(PLACE, min_size=1, max_size=40),
)
def test_edits_in_several_levels_give_the_set_that_would_be_built_of_them(
    edits: Any, at: Any
) -> None:
    lon, lat = [p[0] for p in at], [p[1] for p in at]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delta, "FEW", 3)
        patch.setattr(delta, "FULL", 5)
        zones = ZoneSet()
        for (how, _, feature), position in edits:
            zones = edited(zones, how, position, *zones_of(feature))
    assert answer(zones, at) == answer(ZoneSet(zones.zones), at)
    folded = np.zeros(len(at), np.uint64)
    fix, zone = zones.match(lon, lat)
    np.bitwise_xor.at(folded, fix, zones.keys[zone])
    assert zones.signatures(lon, lat).tolist() == folded.tolist()


def test_an_edit_indexes_few_others_however_many_went_before() -> None:
    (square,) = zones_of(polygon(box(112, 28, 112.001, 28.001)))
    sets = [ZoneSet()]
    for _ in range(600):
        sets.append(sets[-1].adding(square))
    levels = [[len(level.edits) for level in zones._delta.levels] for zones in sets if zones._delta]
    assert max(map(max, levels)) < delta.FULL + delta.FEW
    assert max(map(len, levels)) <= 600 // delta.FULL + 2
    assert [sum(sizes) for sizes in levels] == list(range(1, 601))
    assert answer(sets[600], [(112.0005, 28.0005)]) == [[0, zone] for zone in range(600)]
    assert answer(sets[40], [(112.0005, 28.0005)]) == [[0, zone] for zone in range(40)]


def test_an_edit_does_not_index_large_zones_beside_it_anew() -> None:
    (large,) = zones_of(circle(112, 28, 1e4))
    outline = large.geometry.buffer(0.1, 2000)
    large = replace(
        large, kind=ZoneKind.POLYGON, geometry=outline, reach_m=0.0, bounds=outline.bounds
    )
    zones = ZoneSet().adding(large).adding(large)
    held = zones._delta.levels
    assert zones.replacing(0, *zones_of(circle(112, 28, 100)))._delta.levels[:2] == held


@pytest.mark.parametrize("edge", [-180.0, -0.0, 112.0, 180.0])
def test_edits_are_seen_at_the_edges_of_their_bounds(edge: float) -> None:
    west = min(edge, 179.99)
    added = ZoneSet().adding(*zones_of(polygon(box(west, 28, west + 0.01, 28.01))))
    assert answer(added, [(edge, 28), (edge, 28.01), (np.nan, 28), (112, np.inf)]) == [
        [0, 0],
        [1, 0],
    ]


def test_an_edit_settles_the_problem_of_its_zone_alone() -> None:
    flat = polygon([(112, 28), (112, 28)])
    zones = ZoneSet.from_geojson(collection(flat, flat), strict=False)
    mended = zones.replacing(0, *zones_of(circle(112, 28, 100)))
    assert [problem.position for problem in mended.problems] == [1]
    assert answer(mended, [(112, 28)]) == [[0, 0]]


@pytest.mark.parametrize("position", [-1, 1])
def test_a_position_that_is_not_there_is_refused(position: int) -> None:
    zones = ZoneSet.from_geojson(collection(circle(112, 28, 100)))
    with pytest.raises(IndexError, match="the set has 1 zones"):
        zones.removing(position)
    with pytest.raises(IndexError, match="the set has 1 zones"):
        zones.replacing(position, zones.zones[0])


PAIR = st.tuples(st.integers(0, 8), st.integers(0, 8))


@PATIENT
@given(st.sets(PAIR), st.sets(PAIR), st.data())
def test_pairs_gone_and_new_are_merged_in_order(held: Any, after: Any, data: st.DataObject) -> None:
    # what is gone and new at once stays; what is gone may never have been, what is new already
    both = data.draw(st.sets(PAIR)) & after
    changes = sorted(
        [(*pair, 0) for pair in (held - after) | both | (data.draw(st.sets(PAIR)) - after)]
        + [(*pair, 1) for pair in (after - held) | both | (data.draw(st.sets(PAIR)) & after)]
    )
    fix, zone = np.array(sorted(held), np.int64).reshape(-1, 2).T.copy()
    at, which, new = np.array(changes, np.int64).reshape(-1, 3).T.copy()
    out = np.empty((2, len(held) + len(changes)), np.int64)
    count = merge(fix, zone, at, which, new == 0, out[0], out[1])
    assert out[:, :count].T.tolist() == [list(pair) for pair in sorted(after)]

"""Signatures: the XOR over what `match` lists, by a way of their own."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geofence import ZoneSet
from geofence.key import key_beside, keys
from tests.unit.geofence import oracle
from tests.unit.geofence.make import (
    PATIENT,
    PLACE,
    any_zone,
    box,
    circle,
    collection,
    corridor,
    polygon,
)


def folded(zones: ZoneSet, lon: Any, lat: Any) -> list[int]:
    out = [0] * len(lon)
    for fix, which in np.column_stack(zones.match(lon, lat)).tolist():
        out[fix] ^= int(zones.keys[which])
    return out


@PATIENT
@given(st.lists(any_zone(), max_size=12), st.lists(PLACE, max_size=60))
def test_a_signature_is_the_xor_over_the_zones_that_match_lists(features: Any, at: Any) -> None:
    zones = ZoneSet.from_geojson(collection(*features), strict=False)
    lon, lat = [p[0] for p in at], [p[1] for p in at]
    assert zones.signatures(lon, lat).tolist() == folded(zones, lon, lat)


@pytest.mark.parametrize("crowd", [1, 30, 90])
def test_crowds_and_rims_have_the_signature_of_their_lists(crowd: int) -> None:
    line = [(112.01, 28.0), (112.02, 28.0), (112.02, 28.01)]
    zones = ZoneSet.from_geojson(
        collection(
            *[polygon(box(112.0, 28.0, 112.01, 28.01))] * crowd,
            *[circle(112.01, 28.0, 300)] * crowd,
            *[corridor(line, 400)] * crowd,
        )
    )
    turn = np.linspace(0, 360, 1500)
    rim = oracle.GEOD.fwd(
        np.full(1500, 112.01), np.full(1500, 28.0), turn, np.tile([299.9999, 300.0001, 200.0], 500)
    )
    lon, lat = np.random.default_rng(crowd).uniform((111.99, 27.99), (112.03, 28.02), (1500, 2)).T
    lon, lat = np.r_[lon, rim[0], np.nan, 181.0], np.r_[lat, rim[1], 28.0, 28.0]
    assert zones.signatures(lon, lat).tolist() == folded(zones, lon, lat)


def test_lists_are_needed_only_where_a_signature_changed() -> None:
    zones = ZoneSet.from_geojson(
        collection(polygon(box(112, 28, 113, 29)), polygon(box(112.5, 28, 113, 29)))
    )
    last = zones.signatures([112.1, 112.1, 111.0], [28.5, 28.5, 28.5])
    now = zones.signatures([112.2, 112.6, 111.5], [28.5, 28.5, 28.5])
    assert (now != last).tolist() == [False, True, False]


@given(st.lists(st.text(max_size=5), max_size=30), st.randoms(use_true_random=False))
def test_keys_differ_and_follow_the_id(ids: list[str], shuffle: Any) -> None:
    found = keys(ids)
    assert len(set(found.tolist())) == len(ids)
    alone = list(dict.fromkeys(ids))
    by_id = dict(zip(alone, keys(alone).tolist(), strict=True))
    seen: set[str] = set()
    for id_, key in zip(ids, found.tolist(), strict=True):
        assert (key == by_id[id_]) == (id_ not in seen)
        seen.add(id_)
    shuffle.shuffle(alone)
    assert dict(zip(alone, keys(alone).tolist(), strict=True)) == by_id


@given(st.lists(st.sampled_from("ab"), max_size=24))
def test_one_more_zone_has_a_key_of_its_own(ids: list[str]) -> None:
    taken = keys(ids)
    beside = key_beside("a", taken)
    assert beside not in taken
    assert "a" in ids or beside == keys(["a"])[0]


def test_zones_of_one_id_are_numbered_on_without_gaps() -> None:
    taken = keys(["a"] * 1000)
    assert key_beside("a", taken[:999]) == taken[999]
    assert key_beside("a", np.delete(taken, np.arange(500, 1000))) == taken[500]


def test_keys_of_alike_ids_are_well_mixed() -> None:
    found = keys([str(n) for n in range(100_000)])
    assert np.unique(found).size == 100_000
    for bit in range(64):
        share = np.mean(found >> np.uint64(bit) & np.uint64(1))
        assert abs(share - 0.5) < 0.01

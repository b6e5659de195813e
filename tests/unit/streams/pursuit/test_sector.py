"""Sectors: what they hold is what is drawn."""

import dataclasses

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geofence.metric import GEOD
from streams.pursuit import HORIZONS_S, PROBABILITIES, Sector, law, pursue
from tests.timeline import HOME, T0_MS
from tests.unit.streams.pursuit.making import eastwards

PLAIN = Sector(*HOME, 60, 0.9, 40, 50, 0, 900, 50)


def at(sector: Sector, bearing: float, away_m: float) -> tuple[float, float]:
    lon, lat, _ = GEOD.fwd(sector.lon, sector.lat, bearing, away_m)
    return lon, lat


@settings(deadline=None)
@given(
    bearing=st.floats(-720, 720),
    width=st.one_of(st.floats(10, 179), st.just(180.0)),
    inner=st.sampled_from([0.0, 300.0]),
    off=st.floats(0, 360),
    away=st.floats(0, 1200),
)
def test_what_a_sector_holds_is_what_is_drawn(bearing, width, inner, off, away) -> None:
    near = 0.0 if inner else 60.0
    sector = dataclasses.replace(
        PLAIN, bearing_deg=bearing, half_width_deg=width, inner_m=inner, near_m=near
    )
    if sector.is_round and inner:
        return
    place = at(sector, off, away)
    outline = shapely.Polygon(sector.ring())
    assert outline.is_valid
    # the drawn line cuts the corners of arcs: 6 degrees of 900 m are 1.3 m
    if outline.exterior.distance(shapely.Point(place)) * 111_000 > 5:
        assert sector.contains(*place) == outline.contains(shapely.Point(place))


def test_a_ring_is_closed_and_goes_round_counter_clockwise() -> None:
    for sector in (PLAIN, dataclasses.replace(PLAIN, half_width_deg=180)):
        ring = sector.ring()
        assert ring[0].tolist() == ring[-1].tolist()
        assert shapely.LinearRing(ring).is_ccw


def test_a_vehicle_that_stopped_at_once_is_in_the_sector() -> None:
    assert PLAIN.contains(*at(PLAIN, 220, 30))
    assert not PLAIN.contains(*at(PLAIN, 220, 80))


def test_sectors_grow_with_horizon_with_silence_and_with_what_they_claim() -> None:
    def sizes(age_s: float) -> dict[tuple[float, float], float]:
        pursuit = pursue(eastwards(), T0_MS + int(age_s * 1000))
        keys = [(s.horizon_s, s.probability) for s in pursuit.sectors]
        assert keys == [(h, p) for h in HORIZONS_S for p in PROBABILITIES]
        areas = [abs(GEOD.polygon_area_perimeter(*s.ring().T)[0]) for s in pursuit.sectors]
        return dict(zip(keys, areas, strict=True))

    soon, late = sizes(0), sizes(240)
    assert soon == {key: area for key, area in soon.items() if late[key] > area}
    for one in (soon, late):
        assert one[60, 0.9] < one[180, 0.9] < one[300, 0.9]
        assert all(one[h, 0.5] < one[h, 0.9] for h in HORIZONS_S)


@settings(deadline=None)
@given(st.floats(60, 5000), st.floats(0, 60))
def test_the_law_gives_sense_everywhere(lag_s, pace) -> None:
    for p in PROBABILITIES:
        inner, outer, near, width = (
            float(x[0]) for x in law.spans(p, np.array([lag_s]), np.array([pace]))
        )
        assert 0 <= inner < outer < 60 * lag_s
        assert (near == 0) == (inner > 0)
        assert 5 <= width <= 180


def test_an_unknown_pace_is_given_the_widest_sector() -> None:
    lag = np.full(3, 60.0)
    _, outer, _, width = law.spans(0.9, lag, np.array([np.nan, 0.0, 27.0]))
    assert outer[0] >= outer[1:].max()
    assert width[0] == 180


def test_an_unfitted_probability_is_not_made_up() -> None:
    with pytest.raises(KeyError):
        law.spans(0.7, np.array([60.0]), np.array([1.0]))

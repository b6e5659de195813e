import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geofence import metric
from tests.unit.geofence import oracle
from tests.unit.geofence.make import PATIENT


@pytest.mark.parametrize("reach_m", [1.0, 1_000.0, 10_000.0, 50_000.0])
@pytest.mark.parametrize("lat", [0.0, 28.55, 60.0, 70.0])
def test_the_quick_distance_errs_by_less_than_half_the_band_of_doubt(
    reach_m: float, lat: float
) -> None:
    rng = np.random.default_rng(1)
    lon1, lat1 = rng.uniform(-180, 180, 2000), np.full(2000, lat)
    far = np.full(2000, reach_m)
    lon2, lat2, _ = metric.GEOD.fwd(lon1, lat1, rng.uniform(-180, 180, 2000), far)
    error = np.abs(metric.quick_distance_m(lon1, lat1, lon2, lat2) - reach_m)
    assert error.max() < 0.5 * (1e-4 * reach_m + 0.01)


def test_the_quick_distance_is_good_to_half_a_metre_across_a_city() -> None:
    rng = np.random.default_rng(2)
    a, b = rng.uniform((112.1, 28.4), (112.5, 28.8), (2, 2000, 2))
    exact = metric.GEOD.inv(*a.T, *b.T)[2]
    assert np.abs(metric.quick_distance_m(*a.T, *b.T) - exact).max() < 0.5


@PATIENT
@given(
    st.floats(-179, 179),
    st.floats(-90, 90),
    st.floats(0, 1_000_000),
    st.floats(-180, 180),
    st.floats(0, 1),
)
def test_a_grown_box_holds_everything_within_reach(
    lon: float, lat: float, reach_m: float, way: float, share: float
) -> None:
    grown = metric.grown(np.array([[lon, lat, lon, lat]]), np.array([reach_m]))
    west, south, east, north = grown[0].tolist()
    x, y, _ = oracle.GEOD.fwd(lon, lat, way, share * reach_m)
    assert west - 1e-9 <= x <= east + 1e-9
    assert south - 1e-9 <= y <= north + 1e-9


def test_a_grown_box_wastes_little() -> None:
    west, south, east, north = metric.grown(
        np.array([[112.0, 28.5, 112.0, 28.5]]), np.array([1_000.0])
    )[0].tolist()
    assert oracle.distance_m((112.0, 28.5), (east, 28.5)) < 1_020
    assert oracle.distance_m((112.0, 28.5), (112.0, south)) < 1_020
    assert (west + east) / 2 == pytest.approx(112.0)
    assert (south + north) / 2 == pytest.approx(28.5)


@PATIENT
@given(
    st.floats(28.0, 60.0),
    st.tuples(st.floats(-0.2, 0.2), st.floats(-0.2, 0.2)),
    st.floats(0, 1),
    st.floats(-180, 180),
    st.floats(0, 5_000),
)
def test_the_foot_on_a_segment_is_the_nearest_point_to_two_millimetres(
    lat: float, step: tuple[float, float], share: float, way: float, off_m: float
) -> None:
    a, b = (112.0, lat), (112.0 + step[0], lat + step[1])
    on = (a[0] + share * step[0], a[1] + share * step[1])
    at = oracle.GEOD.fwd(*on, way, off_m)[:2]
    foot = metric.nearest_on_segment(
        *(np.array([c]) for c in at),
        (np.array([a[0]]), np.array([a[1]])),
        (np.array([b[0]]), np.array([b[1]])),
    )
    found = oracle.distance_m(at, (float(foot[0][0]), float(foot[1][0])))
    assert found == pytest.approx(oracle.segment_distance_m(at, a, b), abs=0.002)

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geofence import ZoneSet
from geofence.datum import Datum, from_wgs84, to_wgs84
from tests.unit.geofence import oracle
from tests.unit.geofence.make import PATIENT, box, circle, collection, corridor, polygon

SHIFTED = [Datum.GCJ02, Datum.BD09]


def one(lon: float, lat: float) -> tuple[np.ndarray, np.ndarray]:
    return np.array([lon]), np.array([lat])


def scalar_gcj02(lon: float, lat: float) -> tuple[float, float]:
    """The published formula once more, a number at a time."""
    x, y, pi = lon - 105, lat - 35, math.pi
    common = (20 * math.sin(6 * x * pi) + 20 * math.sin(2 * x * pi)) * 2 / 3
    d_lat = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x)) + common
    d_lat += (20 * math.sin(y * pi) + 40 * math.sin(y / 3 * pi)) * 2 / 3
    d_lat += (160 * math.sin(y / 12 * pi) + 320 * math.sin(y * pi / 30)) * 2 / 3
    d_lon = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + common
    d_lon += (20 * math.sin(x * pi) + 40 * math.sin(x / 3 * pi)) * 2 / 3
    d_lon += (150 * math.sin(x / 12 * pi) + 300 * math.sin(x / 30 * pi)) * 2 / 3
    a, ee = 6378245.0, 0.00669342162296594323
    magic = 1 - ee * math.sin(math.radians(lat)) ** 2
    d_lat = d_lat * 180 / (a * (1 - ee) / (magic * math.sqrt(magic)) * pi)
    d_lon = d_lon * 180 / (a / math.sqrt(magic) * math.cos(math.radians(lat)) * pi)
    return lon + d_lon, lat + d_lat


@PATIENT
@given(st.floats(73, 135), st.floats(3, 54))
def test_gcj02_is_the_published_formula(lon: float, lat: float) -> None:
    x, y = from_wgs84(*one(lon, lat), Datum.GCJ02)
    assert (float(x[0]), float(y[0])) == pytest.approx(scalar_gcj02(lon, lat), abs=1e-10)


@pytest.mark.parametrize(
    ("datum", "least_m", "most_m"), [(Datum.GCJ02, 595, 666), (Datum.BD09, 1200, 1250)]
)
def test_the_shift_around_yiyang_has_its_known_size(
    datum: Datum, least_m: float, most_m: float
) -> None:
    rng = np.random.default_rng(3)
    lon, lat = rng.uniform((111.2, 28.2), (112.8, 29.4), (500, 2)).T
    shift_m = oracle.GEOD.inv(lon, lat, *from_wgs84(lon, lat, datum))[2]
    assert least_m - 15 < shift_m.min()
    assert shift_m.max() < most_m + 15


@pytest.mark.parametrize("datum", SHIFTED)
@PATIENT
@given(st.floats(72.1, 137.7), st.floats(0.9, 55.7))
def test_there_and_back_is_the_same_place_to_a_centimetre(
    datum: Datum, lon: float, lat: float
) -> None:
    back = to_wgs84(*from_wgs84(*one(lon, lat), datum), datum)
    assert oracle.GEOD.inv(*one(lon, lat), *back)[2][0] < 0.01


@pytest.mark.parametrize("datum", SHIFTED)
@PATIENT
@given(st.floats(-180, 180), st.floats(-90, 90))
def test_outside_china_the_datums_are_wgs84(datum: Datum, lon: float, lat: float) -> None:
    if 72 < lon < 138 and 0.8 < lat < 55.9:
        lon -= 90
    for convert in (from_wgs84, to_wgs84):
        x, y = convert(*one(lon, lat), datum)
        assert (x[0], y[0]) == (lon, lat)


@pytest.mark.parametrize("datum", SHIFTED)
def test_the_edge_of_the_box_breaks_nothing(datum: Datum) -> None:
    lon = np.repeat([72.0, 72.004, 72.01, 137.83, 137.8347, 137.84], 5)
    lat = np.tile([0.8293, 0.83, 30.0, 55.8271, 55.83], 6)
    back = to_wgs84(lon, lat, datum)
    assert np.isfinite(back).all()
    assert oracle.GEOD.inv(lon, lat, *back)[2].max() < 3_000


@pytest.mark.parametrize("datum", SHIFTED)
def test_zones_drawn_in_a_chinese_datum_stand_where_they_belong(datum: Datum) -> None:
    def drawn(lon: float, lat: float) -> tuple[float, float]:
        x, y = from_wgs84(*one(lon, lat), datum)
        return float(x[0]), float(y[0])

    ring = [drawn(*p) for p in box(112.34, 28.54, 112.36, 28.56)]
    line = [drawn(112.30, 28.50), drawn(112.32, 28.50)]
    source = collection(polygon(ring), circle(*drawn(112.35, 28.60), 300), corridor(line, 200))
    zones = ZoneSet.from_geojson(source, datum=datum.value)
    centres = [(112.35, 28.55), (112.35, 28.60), (112.31, 28.50)]
    fix, zone = zones.match(*zip(*centres, strict=True))
    assert fix.tolist() == zone.tolist() == [0, 1, 2]

    rim = [oracle.GEOD.fwd(112.35, 28.60, way, 299.9)[:2] for way in range(0, 360, 30)]
    assert len(zones.match(*zip(*rim, strict=True))[0]) == 12
    assert len(zones.match(*drawn(112.35, 28.60))[0]) == 0

    again = ZoneSet.from_geojson(zones.to_geojson())
    assert again.zones[1].bounds == zones.zones[1].bounds
    assert len(again.match(*zip(*centres, strict=True))[0]) == 3

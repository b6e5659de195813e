"""The pursuit as a whole: cameras in order, and what goes over the wire."""

import json
import math

import numpy as np
import pytest

from ingest.cameras.register import Cameras
from streams.pursuit import Sighted, Track, pursue
from streams.pursuit.cameras import Surroundings
from tests.timeline import HOME, T0_MS, offset
from tests.unit.streams.pursuit.making import NAN, eastwards, network

NOW_MS = T0_MS + 40_000


def cameras(*places: tuple[str, float, float]) -> Cameras:
    """Cameras at metres east and north of `HOME`."""
    lon, lat = np.array([offset(HOME, east, north) for _, east, north in places]).T
    none = np.full(len(places), np.nan, np.float32)
    return Cameras(tuple(name for name, *_ in places), lon, lat, none)


ROUND = cameras(("far east", 2500, 50), ("near east", 500, 0), ("west", -2000, 0), ("off", 0, 90e3))


def test_cameras_are_named_in_the_order_in_which_they_can_be_passed() -> None:
    found = pursue(eastwards(pace_mps=20), NOW_MS, around=Surroundings(ROUND)).cameras
    assert [camera.id for camera in found][:2] == ["near east", "far east"]
    assert "off" not in [camera.id for camera in found]
    assert [camera.by for camera in found] == ["sector"] * len(found)
    near, far = found[:2]
    assert near.earliest_s == 0  # 40 s ago it was 500 m away at 20 m/s
    assert 20 < far.earliest_s < 300
    assert near.distance_m == pytest.approx(500, rel=0.01)


def test_roads_tell_better_which_cameras_are_on_the_way() -> None:
    roads = network([(-200, 0), (0, 0), (600, 0), (600, 4000)], [(0, 1, 0), (1, 2, 0), (2, 3, 0)])
    seen = cameras(("corner", 550, 10), ("north", 600, 2000), ("no road", 900, 0))
    around = Surroundings(seen, roads)
    found = {c.id: c for c in pursue(eastwards(), NOW_MS, around=around).cameras}
    assert {name: c.by for name, c in found.items()} == {
        "corner": "road", "north": "road", "no road": "sector",
    }  # fmt: skip
    assert found["corner"].earliest_s == pytest.approx(550 / 13 - 40, abs=0.5)
    assert found["north"].earliest_s == pytest.approx(2600 / 13 - 40, abs=0.5)


def test_a_camera_at_a_road_that_cannot_be_reached_is_not_on_the_way() -> None:
    roads = network([(-200, 0), (600, 0), (800, 0), (1400, 0)], [(0, 1, 0), (2, 3, 0)])
    around = Surroundings(cameras(("other road", 900, 0)), roads)
    assert pursue(eastwards(), NOW_MS, around=around).cameras == ()


def test_what_is_known_is_json_with_units_in_its_keys() -> None:
    roads = network([(-200, 0), (0, 0), (9000, 0)], [(0, 1, 0), (1, 2, 0)])
    sighted = Sighted(T0_MS + 10_000, *offset(HOME, 100, 0), "C7")
    pursuit = pursue(eastwards(), NOW_MS, [sighted], Surroundings(ROUND, roads))
    wire = json.loads(json.dumps(pursuit.to_wire(), allow_nan=False))
    assert wire["now"] == NOW_MS / 1000
    seen = wire["last_seen"]
    assert (seen["age_s"], seen["by"], seen["camera"]) == (30, "plate", "C7")
    assert wire["direction_deg"] == pytest.approx(90, abs=1)
    assert wire["speed_low_mps"] <= 10 <= wire["speed_high_mps"]
    assert [s["horizon_s"] for s in wire["sectors"]] == [60, 60, 180, 180, 300, 300]
    assert [r["horizon_s"] for r in wire["roads"]] == [60, 180, 300]
    assert wire["roads"][0]["gates_total"] == len(wire["roads"][0]["gates"]) > 0
    assert wire["cameras_total"] == len(wire["cameras"]) > 0
    assert wire["sightings"][0]["direction_deg"] is None


def test_without_a_course_it_may_have_gone_anywhere() -> None:
    pursuit = pursue(Track.of([(T0_MS, *HOME, NAN, NAN, NAN)]), NOW_MS)
    assert pursuit.direction_within_deg == 180
    assert all(sector.is_round for sector in pursuit.sectors)
    wire = pursuit.to_wire()
    assert wire["direction_deg"] is None
    assert wire["speed_mps"] is None
    assert wire["sectors"][0]["bearing_deg"] is None


def test_direction_and_speed_grow_less_sure_with_the_silence() -> None:
    ages = [pursue(eastwards(pace_mps=14), T0_MS + s * 1000) for s in (0, 90, 240, 900)]
    widths = [one.direction_within_deg for one in ages]
    assert widths == sorted(widths)
    assert widths[0] < widths[-1]
    assert not math.isnan(ages[0].speed_high_mps)


def test_after_half_an_hour_the_roads_are_left_out() -> None:
    roads = network([(-200, 0), (0, 0), (9000, 0)], [(0, 1, 0), (1, 2, 0)])
    pursuit = pursue(eastwards(), T0_MS + 2_000_000, around=Surroundings(network=roads))
    assert pursuit.roads == ()
    assert pursuit.to_wire()["roads"] == []

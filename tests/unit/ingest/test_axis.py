"""Axis: the plate reader's own message, and events of the camera."""

from __future__ import annotations

import pytest

from ingest.store.once import Once
from tests.unit.ingest.seeing import decoded, kind, refusal, row

READ = {
    "carID": "17",
    "carState": "new",
    "plateUTF8": "湘H12345",
    "plateText": "H12345",
    "plateConfidence": "0.8688",
    "capture_timestamp": "1760000000250",
    "datetime": "20251009 165320250",
    "camera_info": {"SerialNumber": "B8A44F000001"},
    "vehicle_info": {"type": "CAR", "color": "GRAY"},
    "geotag": {"lat": 28.55, "lon": 112.35},
    "imagesURI": ["/local/lp_1.jpg", "/local/roi_1.jpg"],
}
EVENT = {
    "topic": "axis:CameraApplicationPlatform/ObjectAnalytics/Device1Scenario1",
    "timestamp": 1760000000250,
    "serial": "B8A44F000001",
    "message": {"source": {}, "key": {}, "data": {"active": "1", "classTypes": "car"}},
}


def test_a_read_has_its_instant_and_not_the_local_time_of_some_zone() -> None:
    told = row("axis", READ)
    assert told["t_ms"] == 1_760_000_000_250
    assert told["confidence"] == pytest.approx(0.8688)
    assert {name: told[name] for name in ("camera", "plate", "lon", "lat", "image")} == {
        "camera": "B8A44F000001",
        "plate": "湘H12345",
        "lon": 112.35,
        "lat": 28.55,
        "image": "/local/roi_1.jpg",
    }
    assert (told["vehicle_class"], told["vehicle_color"]) == ("CAR", "GRAY")


def test_a_car_that_is_told_of_as_it_passes_is_one_sighting() -> None:
    once = Once()
    once.remember(decoded("axis", READ).sightings)
    later = READ | {"carState": "update", "capture_timestamp": "1760000002250"}
    assert len(once.fresh(decoded("axis", later).sightings)) == 0
    other = READ | {"carID": "18"}
    assert len(once.fresh(decoded("axis", other).sightings)) == 1


def test_a_plate_may_stand_in_the_data_of_an_event() -> None:
    body = EVENT | {"message": {"data": {"plateText": "湘H12345", "plateConfidence": "0.9"}}}
    told = row("axis", body, "axis/B8A44F000001/event/CameraApplicationPlatform/Reader")
    assert (told["plate"], told["t_ms"]) == ("湘H12345", 1_760_000_000_250)


def test_an_event_without_a_plate_is_a_kind() -> None:
    wanted = "CameraApplicationPlatform/ObjectAnalytics/Device1Scenario1"
    assert kind("axis", EVENT, "axis/B8A44F000001/event/x") == wanted


def test_the_payload_must_be_of_the_camera_that_the_topic_names() -> None:
    for body in (EVENT, READ):
        reason, detail = refusal("axis", body, "axis/B8A44F999999/event/x")
        assert (reason, "B8A44F999999" in detail) == ("identity_mismatch", True)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (READ | {"geotag": {"lat": 112.35, "lon": 28.55}}, "outside_earth"),
        (
            READ | {"geotag": {"lat": 1e300, "lon": 28.55}, "capture_timestamp": "x"},
            "missing_field",
        ),
        (READ | {"capture_timestamp": "1760000000"}, "clock_off"),
        (READ | {"camera_info": None}, "missing_field"),
        (b"null", "bad_value"),
    ],
)
def test_what_cannot_be_meant_says_why(body: object, reason: str) -> None:
    assert refusal("axis", body)[0] == reason


def test_a_camera_that_knows_no_place_says_nought() -> None:
    assert "lon" not in row("axis", READ | {"geotag": {"lat": 0, "lon": 0}})

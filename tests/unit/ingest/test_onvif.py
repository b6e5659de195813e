"""ONVIF over MQTT: plates of Profile M, whichever way a value is written."""

from __future__ import annotations

import hashlib

import pytest

from tests.unit.ingest.seeing import decoded, kind, refusal, row

TOPIC = "K-0317/onvif-ej/RuleEngine/Recognition/LicensePlate/&1/Rule_1"


def event(number: object, **data: object) -> dict[str, object]:
    info = {"LicensePlateInfo": {"LicensePlateInfo": {"PlateNumber": number}}}
    return {
        "UtcTime": "2026-06-18T07:30:15.250Z",
        "Source": {"VideoSource": "1"},
        "Data": info | {"Likelihood": "0.5"} | data,
    }


def test_a_plate_is_a_sighting_of_the_camera_that_the_topic_names() -> None:
    vehicle = {"VehicleInfo": {"Type": {"#text": "Car"}, "Color": {"#text": "Red"}}}
    told = row(
        "onvif", event({"@Likelihood": "0.92", "#text": "湘H12345"}, VehicleInfo=vehicle), TOPIC
    )
    assert (told["camera"], told["plate"]) == ("K-0317", "湘H12345")
    assert told["t_ms"] == 1_781_767_815_250
    assert told["confidence"] == pytest.approx(0.92)
    assert (told["vehicle_class"], told["vehicle_color"]) == ("Car", "Red")


def test_a_plain_text_is_as_good_and_as_likely_as_the_whole() -> None:
    body = event("湘H12345")
    body["Data"]["LicensePlateInfo"] = body["Data"]["LicensePlateInfo"]["LicensePlateInfo"]
    told = row("onvif", body, TOPIC)
    assert (told["plate"], told["confidence"]) == ("湘H12345", 0.5)


def test_a_prefix_of_two_levels_names_the_camera_whole() -> None:
    assert row("onvif", event("A12345"), f"east/{TOPIC}")["camera"] == "east/K-0317"


def test_a_picture_in_the_event_is_hashed_and_dropped() -> None:
    told = row("onvif", event("A12345", Image="data:image/jpeg;base64,AAAA"), TOPIC)
    assert told["image_sha256"] == hashlib.sha256(bytes(3)).hexdigest()
    assert "image" not in told


@pytest.mark.parametrize(
    ("body", "topic", "wanted"),
    [
        (event(None), TOPIC, "RuleEngine/Recognition/LicensePlate"),
        (
            b"\xff",
            "K1/onvif-ej/RuleEngine/LineDetector/Crossed/&1",
            "RuleEngine/LineDetector/Crossed",
        ),
        ({}, "K1/onvif-ej/RuleEngine/Recognition/Face/&1", "RuleEngine/Recognition/Face"),
    ],
)
def test_every_other_event_is_a_kind(body: object, topic: str, wanted: str) -> None:
    assert kind("onvif", body, topic) == wanted


@pytest.mark.parametrize(
    ("body", "topic", "reason"),
    [
        (b"[]", TOPIC, "bad_value"),
        (event("A12345") | {"UtcTime": "yesterday"}, TOPIC, "missing_field"),
        (event("A12345") | {"UtcTime": None}, TOPIC, "missing_field"),
        (event("A12345") | {"UtcTime": "1970-01-01T00:00:00Z"}, TOPIC, "clock_off"),
        (event("A12345"), "K1/other", "unknown_topic"),
        (event("A12345"), "/onvif-ej/RuleEngine/Recognition/LicensePlate", "unknown_topic"),
    ],
)
def test_what_cannot_be_meant_says_why(body: object, topic: str, reason: str) -> None:
    assert refusal("onvif", body, topic)[0] == reason


def test_a_time_with_a_zone_is_that_instant() -> None:
    local = event("A12345") | {"UtcTime": "2026-06-18T15:30:15.250+08:00"}
    assert row("onvif", local, TOPIC)["t_ms"] == 1_781_767_815_250


def test_a_message_of_a_megabyte_is_read_and_its_long_texts_are_cut() -> None:
    told = row("onvif", event("A" * 1_000_000), TOPIC)
    assert len(told["plate"]) == 128
    assert not decoded("onvif", event("A" * 1_000_000), TOPIC).rejects

"""Traccar: knots, dates with their zone, and the device as the terminal."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.unit.ingest.making import refused_by, row_of, said_by

POSITION: dict[str, Any] = {
    "id": 0, "deviceId": 42, "protocol": "jt808", "serverTime": "2026-06-18T07:30:17.120+00:00",
    "deviceTime": "2026-06-18T07:31:15.000+00:00", "fixTime": "2026-06-18T07:30:15.000+00:00",
    "outdated": False, "valid": True, "latitude": 28.5539, "longitude": 112.3552,
    "altitude": 38.0, "speed": 12.419, "course": 271.0, "address": None, "accuracy": 0.0,
    "network": None,
    "attributes": {"ignition": False, "alarm": "vibration", "motion": True, "sat": 11},
}  # fmt: skip
DEVICE = {"id": 42, "uniqueId": "013512345678", "name": "湘H12345", "phone": None}
FORWARDED = {"position": POSITION, "device": DEVICE}


def forwarded(attributes: dict[str, object] | None = None, **position: object) -> dict[str, Any]:
    body = copy.deepcopy(FORWARDED)
    body["position"] |= position
    if attributes is not None:
        body["position"]["attributes"] = attributes
    return body


def test_a_position_arrives_with_its_units() -> None:
    assert row_of(said_by("traccar", FORWARDED)) == {
        "terminal": "013512345678",
        "t": 1781767815,
        "place": (112.3552, 28.5539),
        "speed_mps": 6.389,  # 12.419 knots
        "heading_deg": 271,
        "accuracy_m": None,  # Traccar writes 0 where it knows none
        "altitude_m": 38,
        "flags": ["located", "ignition_known", "moving"],
        "alarms": ["vibration"],
    }


@pytest.mark.parametrize(
    "date",
    [
        *("2026-06-18T07:30:15Z", "2026-06-18T07:30:15.000+0000"),
        *("2026-06-18T15:30:15+08:00", 1781767815000),
    ],
)
def test_a_date_counts_with_its_zone_however_it_is_written(date: object) -> None:
    assert row_of(said_by("traccar", forwarded(fixTime=date)))["t"] == 1781767815


def test_an_old_place_is_of_the_devices_time_and_not_located() -> None:
    row = row_of(said_by("traccar", forwarded(outdated=True)))
    assert (row["t"], row["flags"]) == (1781767875, ["ignition_known", "moving"])
    assert row["alarms"] == ["vibration"]


def test_a_position_that_is_not_valid_keeps_its_coordinates_and_is_not_located() -> None:
    row = row_of(said_by("traccar", forwarded({}, valid=False)))
    assert (row["place"], row["flags"]) == ((112.3552, 28.5539), [])


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("sos", ["sos"]),
        ("powerCut", ["power_cut"]),
        ("tow,lowBattery", ["low_battery", "illegal_displacement"]),
        ("tampering", ["tamper"]),
        ("hardBraking", []),
        ("general", []),
    ],
)
def test_alarms_of_traccar_become_ours(said: str, names: list[str]) -> None:
    assert row_of(said_by("traccar", forwarded({"alarm": said})))["alarms"] == names


def test_attributes_become_flags() -> None:
    said = {"ignition": True, "armed": True, "archive": True}
    assert row_of(said_by("traccar", forwarded(said)))["flags"] == [
        *("located", "ignition", "ignition_known", "armed", "armed_known", "back_fill")
    ]


def test_an_event_with_its_position_is_a_fix_with_the_alarm_of_both() -> None:
    event = {"type": "alarm", "attributes": {"alarm": "sos"}}
    row = row_of(said_by("traccar", FORWARDED | {"event": event}, "events"))
    assert (row["terminal"], row["alarms"]) == ("013512345678", ["sos", "vibration"])


def test_an_event_without_a_position_holds_no_fix() -> None:
    body = {"event": {"type": "deviceOffline", "attributes": {}}, "device": DEVICE}
    decoded = said_by("traccar", body, "events")
    assert (len(decoded.fixes), decoded.kinds) == (0, {0: "deviceOffline"})


CLIENT: dict[str, Any] = {
    "location": {
        "timestamp": "2025-06-15T13:45:12.862Z", "is_moving": True,
        "coords": {"latitude": 37.42, "longitude": -122.084, "accuracy": 5, "speed": 18.67,
                   "heading": -1, "altitude": 5},
    },
    "device_id": "48241179",
}  # fmt: skip


def test_traccar_client_says_metres_a_second_and_minus_one_for_unknown() -> None:
    row = row_of(said_by("traccar", CLIENT))
    assert (row["terminal"], row["t"], row["speed_mps"]) == ("48241179", 1749995112.862, 18.67)
    assert (row["heading_deg"], row["accuracy_m"]) == (None, 5)
    assert row["flags"] == ["located", "moving"]


def test_the_flat_form_is_the_same_position() -> None:
    flat = {
        "uniqueid": "121", "deviceid": 6, "fixtime": "2021-03-12T07:51:14.000Z", "valid": 1,
        "devicetime": "2021-03-12T07:51:14.000Z", "latitude": 18.5, "longitude": 73.9,
        "altitude": 578, "speed": 10, "course": 104, "accuracy": 0, "ignition": 0,
        "attributes": {"motion": True, "ignition": False},
    }  # fmt: skip
    row = row_of(said_by("traccar", flat))
    assert (row["terminal"], row["t"], row["place"]) == ("121", 1615535474, (73.9, 18.5))
    assert row["speed_mps"] == 5.144
    assert row["flags"] == ["located", "ignition_known", "moving"]


@pytest.mark.parametrize(
    ("body", "reason", "detail"),
    [
        (forwarded(deviceId=7), "identity_mismatch", "is device 7's, the device is 42"),
        (forwarded(fixTime="2026-06-18T07:30:15"), "bad_value", "a date with its zone"),
        (forwarded(fixTime="yesterday"), "bad_value", "a date with its zone"),
        (forwarded(fixTime=10**30), "bad_value", "a date with its zone"),
        (forwarded(latitude=91), "outside_earth", "found 112.3552, 91.0"),
        (forwarded(fixTime=0), "clock_off", "found 0"),
        ({"position": POSITION}, "missing_field", "expected position and device"),
        ({"device": DEVICE}, "missing_field", "expected position and device"),
        ({"position": {}, "device": DEVICE}, "missing_field", "`latitude`"),
        ({"position": POSITION, "device": {"uniqueId": "a/b"}}, "bad_value", "terminal's name"),
        (b"\xff", "not_utf8", "invalid start byte"),
    ],
)
def test_what_cannot_be_taken_says_why(body: object, reason: str, detail: str) -> None:
    found = refused_by("traccar", body)
    assert found[0] == reason
    assert detail in found[1]

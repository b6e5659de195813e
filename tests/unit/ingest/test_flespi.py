"""flespi: its parameters in our units, and the ident as the terminal."""

from __future__ import annotations

import pytest

from tests.unit.ingest.making import refused_by, row_of, said_by, vehicles

TOPIC = "flespi/message/gw/channels/1111/605630"
MESSAGE = {
    "ident": "605630", "timestamp": 1506956075.25, "position.longitude": 27.455848,
    "position.latitude": 53.90573, "position.speed": 36, "position.direction": 262.5,
    "position.altitude": 233.5, "position.satellites": 10,
}  # fmt: skip


def test_a_message_arrives_with_its_units() -> None:
    assert row_of(said_by("flespi", MESSAGE, TOPIC)) == {
        "terminal": "605630",
        "t": 1506956075.25,
        "place": (27.455848, 53.90573),
        "speed_mps": 10,  # 36 km/h
        "heading_deg": 262.5,
        "accuracy_m": None,
        "altitude_m": 233.5,
        "flags": ["located"],
        "alarms": [],
    }


def test_statuses_become_flags() -> None:
    said = {
        "position.valid": False, "engine.ignition.status": True, "movement.status": True,
        "alarm.mode.status": False, "message.buffered.status": True,
    }  # fmt: skip
    assert row_of(said_by("flespi", MESSAGE | said, TOPIC))["flags"] == [
        *("ignition", "ignition_known", "armed_known", "moving", "back_fill")
    ]


@pytest.mark.parametrize(
    ("parameter", "name"),
    [
        ("alarm.event.trigger", "sos"),
        ("shock.event", "vibration"),
        ("towing.alarm.status", "illegal_displacement"),
        ("gnss.antenna.cut.status", "antenna"),
        ("gsm.jamming.alarm.status", "jamming"),
    ],
)
def test_events_become_alarms_only_where_they_are_true(parameter: str, name: str) -> None:
    assert row_of(said_by("flespi", MESSAGE | {parameter: True}, TOPIC))["alarms"] == [name]
    assert row_of(said_by("flespi", MESSAGE | {parameter: False}, TOPIC))["alarms"] == []


def test_an_array_of_several_devices_is_taken_where_the_topic_names_none() -> None:
    body = [MESSAGE, MESSAGE | {"ident": "namo:namo"}, MESSAGE | {"ident": 7}]
    for topic in ("", "flespi/message/gw/devices/42"):
        assert vehicles(said_by("flespi", body, topic).fixes) == ["605630", "namo:namo", "7"]


def test_a_message_without_a_place_holds_no_fix() -> None:
    decoded = said_by("flespi", {"ident": "605630", "timestamp": 1, "din": 3}, TOPIC)
    assert (len(decoded.fixes), decoded.rejects, decoded.kinds) == (0, [], {0: "telemetry"})


@pytest.mark.parametrize(
    ("body", "topic", "reason", "detail"),
    [
        (MESSAGE | {"ident": "x"}, TOPIC, "identity_mismatch", "topic is 605630's"),
        (MESSAGE | {"ident": None}, "", "missing_field", "`ident`"),
        (MESSAGE | {"timestamp": None}, TOPIC, "missing_field", "`timestamp`"),
        (MESSAGE | {"position.latitude": 91}, TOPIC, "outside_earth", "91.0"),
        (MESSAGE | {"position.latitude": "x"}, TOPIC, "bad_value", "got `str`"),
        (b"[{]", TOPIC, "not_json", "expected JSON"),
    ],
)
def test_what_cannot_be_taken_says_why(body: object, topic: str, reason: str, detail: str) -> None:
    found = refused_by("flespi", body, topic)
    assert found[0] == reason
    assert detail in found[1]

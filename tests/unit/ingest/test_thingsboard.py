"""ThingsBoard: a device that is named is taken, one that nobody can name is not."""

from __future__ import annotations

from typing import Any

import pytest

from ingest.dialects import DIALECTS
from tests.unit.ingest.making import NOW_MS, refused_by, row_of, said_by, vehicles

ME, GATEWAY = "v1/devices/me/telemetry", "v1/gateway/telemetry"
NAMED = "v1/devices/e-bike 7/telemetry"
VALUES: dict[str, Any] = {"latitude": 28.5539, "longitude": 112.3552, "speed": 23.0}
STAMPED = {"ts": 1781767815000, "values": VALUES | {"ignition": False}}


def test_telemetry_of_a_gateway_arrives_by_device_with_its_units() -> None:
    decoded = said_by(
        "thingsboard", {"Device A": [STAMPED, STAMPED], "B": [STAMPED], "C": []}, GATEWAY
    )
    assert vehicles(decoded.fixes) == ["Device A", "Device A", "B"]
    assert row_of(decoded, 2) == {
        "terminal": "B",
        "t": 1781767815,
        "place": (112.3552, 28.5539),
        "speed_mps": 6.389,  # 23 km/h
        "heading_deg": None,
        "accuracy_m": None,
        "altitude_m": None,
        "flags": ["located", "ignition_known"],
        "alarms": [],
    }


def test_a_device_whose_topic_names_it_is_taken_in_each_of_three_forms() -> None:
    for body in (STAMPED, [STAMPED], VALUES | {"ignition": 0}):
        row = row_of(said_by("thingsboard", body, NAMED))
        assert (row["terminal"], row["speed_mps"]) == ("e-bike 7", 6.389)
        assert row["flags"] == ["located", "ignition_known"]


def test_telemetry_without_a_time_is_of_its_arrival() -> None:
    assert row_of(said_by("thingsboard", VALUES, NAMED))["t"] == NOW_MS / 1000


@pytest.mark.parametrize("key", ["deviceName", "device", "terminal"])
def test_what_an_access_token_hides_is_taken_when_the_values_name_it(key: str) -> None:
    body = {"ts": 1781767815000, "values": VALUES | {key: "T7"}}
    assert row_of(said_by("thingsboard", body, ME))["terminal"] == "T7"
    assert row_of(said_by("thingsboard", body, "v2/t"))["terminal"] == "T7"
    found = refused_by("thingsboard", body, NAMED)
    assert found == ("identity_mismatch", "the topic is e-bike 7's, the payload says 'T7'")


def test_what_nobody_can_name_is_refused_with_what_to_do() -> None:
    for topic in (ME, "v2/t", ""):
        reason, detail = refused_by("thingsboard", STAMPED, topic)
        assert reason == "missing_field"
        assert "v1/devices/NAME/telemetry" in detail


def test_numbers_and_truths_may_be_text_and_other_spellings_are_understood() -> None:
    values = {
        "lat": "28.5", "lng": "112.25", "speed": "36", "bearing": 90, "accuracy": "5",
        "altitude": -2, "ignition": "true", "armed": 1, "motion": "1", "alarms": ["sos", "x"],
    }  # fmt: skip
    row = row_of(said_by("thingsboard", values, NAMED))
    assert row["place"] == (112.25, 28.5)
    assert [row[k] for k in ("speed_mps", "heading_deg", "accuracy_m", "altitude_m")] == [
        *(10, 90, 5, -2)
    ]
    assert row["flags"] == [
        *("located", "ignition", "ignition_known", "armed", "armed_known", "moving")
    ]
    assert row["alarms"] == ["sos"]


def test_telemetry_without_a_place_holds_no_fix() -> None:
    for body, topic in (({"battery": 5}, ME), ({"D": [{"ts": 1, "values": {"x": 1}}]}, GATEWAY)):
        decoded = said_by("thingsboard", body, topic)
        assert (len(decoded.fixes), decoded.rejects, decoded.kinds) == (0, [], {0: "telemetry"})


def test_a_bad_device_or_row_of_a_gateway_leaves_its_neighbours() -> None:
    body = {"A": [STAMPED, 5, STAMPED], "B": 7, "C": [{"values": VALUES | {"latitude": 99}}],
            "D": [STAMPED]}  # fmt: skip
    decoded = said_by("thingsboard", body, GATEWAY)
    assert vehicles(decoded.fixes) == ["A", "A", "D"]
    assert sorted((str(r.reason), r.terminal) for r in decoded.rejects) == [
        ("bad_value", "A"),
        ("bad_value", "B"),
        ("outside_earth", "C"),
    ]
    assert decoded.kinds == {}


@pytest.mark.parametrize(
    ("body", "topic", "reason", "detail"),
    [
        (VALUES | {"latitude": "north"}, NAMED, "bad_value", "numbers for longitude and latitude"),
        (VALUES | {"latitude": None}, NAMED, "bad_value", "found 112.3552, None"),
        (VALUES | {"latitude": "nan"}, NAMED, "bad_value", "found 112.3552, 'nan'"),
        (VALUES | {"latitude": "1e999"}, NAMED, "outside_earth", "found 112.3552, inf"),
        (STAMPED | {"ts": "now"}, NAMED, "bad_value", "ts in epoch milliseconds, found 'now'"),
        (STAMPED | {"ts": 1781767815}, NAMED, "clock_off", "found 1781767.815"),
        ([5], NAMED, "bad_value", "row 0"),
        (STAMPED, GATEWAY, "bad_value", "expected an array"),
        (b"[" * 100_000, NAMED, "too_deep", "more depth"),
    ],
)
def test_what_cannot_be_taken_says_why(body: object, topic: str, reason: str, detail: str) -> None:
    rejects = said_by("thingsboard", body, topic).rejects
    assert {str(r.reason) for r in rejects} == {reason}
    assert detail in rejects[0].detail


@pytest.mark.parametrize("topic", ["v1/devices/telemetry", "v1/devices/a/attributes", "v1/x"])
def test_topics_that_are_none_of_telemetry_are_not_its(topic: str) -> None:
    assert not DIALECTS["thingsboard"].accepts(topic)

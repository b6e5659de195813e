"""OwnTracks: whose phone, which units, and which messages hold no fix."""

from __future__ import annotations

import pytest

from ingest.fix import NO_SEQ
from tests.unit.ingest.making import refused_by, row_of, said_by

TOPIC = "owntracks/jane/phone"
LOCATION = {
    "_type": "location", "tid": "a1", "lat": 28.5539, "lon": 112.3552, "acc": 12, "alt": 38,
    "vac": 4, "vel": 23, "cog": 271, "batt": 86, "tst": 1781767815, "t": "t", "topic": TOPIC,
}  # fmt: skip


def test_a_location_arrives_with_its_units() -> None:
    decoded = said_by("owntracks", LOCATION, TOPIC)
    assert row_of(decoded) == {
        "terminal": "jane:phone",
        "t": 1781767815,
        "place": (112.3552, 28.5539),
        "speed_mps": 6.389,  # 23 km/h
        "heading_deg": 271,
        "accuracy_m": 12,
        "altitude_m": 38,
        "flags": ["located"],
        "alarms": [],
    }
    assert decoded.fixes.seq.tolist() == [NO_SEQ]


def test_a_location_needs_time_and_place_only_and_a_speed_below_nothing_is_unknown() -> None:
    short = {"_type": "location", "lat": 48.85, "lon": 2.295, "tst": 1497476456, "vel": -1}
    row = row_of(said_by("owntracks", short, TOPIC))
    assert (row["terminal"], row["speed_mps"], row["accuracy_m"]) == ("jane:phone", None, None)


@pytest.mark.parametrize(
    ("trigger", "flags", "alarms"),
    [
        ("i", ["located", "ignition", "ignition_known"], []),
        ("I", ["located", "ignition_known"], []),
        ("!", ["located"], ["illegal_displacement"]),
        ("e", ["located"], ["power_cut"]),
        ("u", ["located"], []),
    ],
)
def test_triggers_of_trackers_tell_of_ignition_tow_and_power(
    trigger: str, flags: list[str], alarms: list[str]
) -> None:
    row = row_of(said_by("owntracks", LOCATION | {"t": trigger}, TOPIC))
    assert (row["flags"], row["alarms"]) == (flags, alarms)


@pytest.mark.parametrize(
    ("topic", "body", "terminal"),
    [
        ("owntracks/bob/phone", LOCATION | {"topic": None}, "bob:phone"),
        ("owntracks/bob/phone/event", LOCATION | {"topic": "owntracks/bob/phone"}, "bob:phone"),
        ("", LOCATION, "jane:phone"),
        ("", LOCATION | {"topic": None}, "a1"),
    ],
)
def test_the_topic_says_whose_it_is_and_without_one_the_payload(
    topic: str, body: object, terminal: str
) -> None:
    assert row_of(said_by("owntracks", body, topic))["terminal"] == terminal


@pytest.mark.parametrize("kind", ["transition", "lwt", "waypoints", "card", "steps", "cmd"])
def test_other_messages_are_named_and_hold_no_fix(kind: str) -> None:
    decoded = said_by("owntracks", LOCATION | {"_type": kind}, f"{TOPIC}/event")
    assert (len(decoded.fixes), decoded.rejects, decoded.kinds) == (0, [], {0: kind})


@pytest.mark.parametrize(
    ("body", "topic", "reason", "detail"),
    [
        (LOCATION | {"_type": "encrypted"}, TOPIC, "encrypted", "found an encrypted one"),
        (LOCATION, "owntracks/bob/phone", "identity_mismatch", "the topic is bob:phone's"),
        (LOCATION | {"tst": None}, TOPIC, "missing_field", "`tst`"),
        (LOCATION | {"topic": None, "tid": None}, "", "missing_field", "`topic` or `tid`"),
        (LOCATION | {"lat": 99}, TOPIC, "outside_earth", "found 112.3552, 99.0"),
        (LOCATION | {"lat": "28"}, TOPIC, "bad_value", "got `str` - at `$.lat`"),
        (LOCATION | {"tst": 1781767815000}, TOPIC, "clock_off", "(milliseconds?)"),
        (LOCATION, "owntracks/a:b/phone", "unknown_topic", "USER without a colon"),
        (LOCATION, "owntracks/jane", "unknown_topic", "owntracks/USER/DEVICE"),
        ({"lat": 1}, TOPIC, "missing_field", "`_type`"),
        (b"", TOPIC, "not_json", "truncated"),
    ],
)
def test_what_cannot_be_taken_says_why(body: object, topic: str, reason: str, detail: str) -> None:
    found = refused_by("owntracks", body, topic)
    assert found[0] == reason
    assert detail in found[1]

"""EMQX's 808 gateway: the frame's own numbers in our units, and UTC+8 as it is."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.ingest.making import refused_by, row_of, said_by

TOPIC = "jt808/client-1/013512345678/up"
REPORT: dict[str, Any] = {
    "alarm": 0, "status": 3, "latitude": 28_553_900, "longitude": 112_355_200, "altitude": 38,
    "speed": 230, "direction": 271, "time": "260618153015", "extra": {"mileage": 12},
}  # fmt: skip


def said(body: object, kind: int = 0x0200, phone: str = "013512345678") -> dict[str, Any]:
    header = {"msg_id": kind, "encrypt": 0, "len": 28, "phone": phone, "msg_sn": 7}
    return {"header": header, "body": body}


def test_a_report_arrives_with_its_units() -> None:
    assert row_of(said_by("emqx_jt808", said(REPORT), TOPIC)) == {
        "terminal": "013512345678",
        "t": 1781767815,  # 15:30:15 in Beijing is 07:30:15 in UTC
        "place": (112.3552, 28.5539),
        "speed_mps": 6.389,  # 230 times 0.1 km/h
        "heading_deg": 271,
        "accuracy_m": None,
        "altitude_m": 38,
        "flags": ["located", "ignition", "ignition_known"],
        "alarms": [],
    }


@pytest.mark.parametrize(
    ("status", "place", "flags"),
    [
        (0, (112.3552, 28.5539), ["ignition_known"]),
        (2, (112.3552, 28.5539), ["located", "ignition_known"]),
        (2 | 4 | 8, (-112.3552, -28.5539), ["located", "ignition_known"]),
        (2 | 1 << 5, (112.3552, 28.5539), ["ignition_known"]),
        (2 | 1 << 22, (112.3552, 28.5539), ["located", "ignition_known", "moving"]),
    ],
)
def test_status_bits_give_sign_and_state(
    status: int, place: tuple[float, float], flags: list[str]
) -> None:
    row = row_of(said_by("emqx_jt808", said(REPORT | {"status": status}), TOPIC))
    assert (row["place"], row["flags"]) == (place, flags)


@pytest.mark.parametrize(
    ("bit", "name"),
    [
        *((0, "sos"), (8, "power_cut"), (26, "stolen"), (27, "illegal_ignition")),
        *((7, "low_battery"), (28, "illegal_displacement"), (31, "illegal_door"), (5, "antenna")),
    ],
)
def test_alarm_bits_have_their_names(bit: int, name: str) -> None:
    row = row_of(said_by("emqx_jt808", said(REPORT | {"alarm": 1 << bit}), TOPIC))
    assert row["alarms"] == [name]


def test_a_batch_gives_its_positions_and_a_blind_one_is_back_fill() -> None:
    body = {"type": 1, "length": 3, "location": [REPORT, 5, REPORT | {"altitude": 65_535}]}
    decoded = said_by("emqx_jt808", said(body, 0x0704), TOPIC)
    assert [row_of(decoded, n)["altitude_m"] for n in (0, 1)] == [38, -1]
    assert row_of(decoded)["flags"] == ["located", "ignition", "ignition_known", "back_fill"]
    assert [str(r.reason) for r in decoded.rejects] == ["bad_value"]
    body["type"] = 0
    row = row_of(said_by("emqx_jt808", said(body, 0x0704), TOPIC))
    assert row["flags"] == ["located", "ignition", "ignition_known"]


@pytest.mark.parametrize(("kind", "key"), [(0x0201, "params"), (0x0500, "location")])
def test_answers_to_a_question_hold_positions_too(kind: int, key: str) -> None:
    row = row_of(said_by("emqx_jt808", said({"seq": 1, key: REPORT}, kind), TOPIC))
    assert row["t"] == 1781767815


@pytest.mark.parametrize(
    ("kind", "name"), [(2, "heartbeat"), (0x0100, "registration"), (0x6006, "message 0x6006")]
)
def test_other_messages_are_named_and_hold_no_fix(kind: int, name: str) -> None:
    decoded = said_by("emqx_jt808", said({}, kind), TOPIC)
    assert (len(decoded.fixes), decoded.rejects, decoded.kinds) == (0, [], {0: name})


def test_an_own_topic_may_leave_the_phone_out() -> None:
    assert row_of(said_by("emqx_jt808", said(REPORT), "jt808/all/up"))["t"] == 1781767815


@pytest.mark.parametrize(
    ("body", "reason", "detail"),
    [
        (said(REPORT, phone="1"), "identity_mismatch", "the topic is 013512345678's"),
        (said(REPORT | {"time": "000000000000"}), "bad_value", "YYMMDDhhmmss"),
        (said(REPORT | {"time": "2606181530"}), "bad_value", "YYMMDDhhmmss"),
        (said(REPORT | {"time": "２６0618153015"}), "bad_value", "YYMMDDhhmmss"),
        (said(REPORT | {"latitude": 90_000_001}), "outside_earth", "90.000001"),
        (said(REPORT | {"latitude": -1}), "bad_value", "Expected `int` >= 0 - at `$.latitude`"),
        (said(REPORT | {"altitude": 10**400}), "bad_value", "at `$.altitude`"),
        (said({}), "missing_field", "`latitude`"),
        ({"body": {}}, "missing_field", "`header`"),
        (said(5), "bad_value", "got `int`"),
    ],
)
def test_what_cannot_be_taken_says_why(body: object, reason: str, detail: str) -> None:
    found = refused_by("emqx_jt808", body, TOPIC)
    assert found[0] == reason
    assert detail in found[1]

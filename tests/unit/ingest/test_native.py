"""The native dialect: what every field means, and what is refused with which words."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ingest.dialects.rows import MAX_ROWS
from ingest.fix import ALARM_BY_NAME, NO_SEQ, Alarm, alarm_names, flag_names
from tests.unit.ingest.making import FIX, NATIVE, NOW_MS, T, decode, message, refusal, vehicles


def test_every_field_arrives_in_its_unit() -> None:
    body = FIX | {
        "t": T + 0.25,
        "speed": 12.5,
        "heading": 271.5,
        "acc": 4.5,
        "alt": -3.5,
        "ign": True,
        "armed": False,
        "back_fill": True,
        "alarms": ["sos", "power_cut"],
        "batt": 88,
        "seq": 17,
    }
    decoded = decode(body)
    fixes = decoded.fixes
    assert vehicles(fixes) == ["T1"]
    assert fixes.t_ms.tolist() == [T * 1000 + 250]
    assert fixes.received_ms.tolist() == [NOW_MS]
    assert (fixes.lon.item(), fixes.lat.item()) == (112.355, 28.555)
    assert fixes.speed_mps.item() == 12.5
    assert fixes.heading_deg.item() == 271.5
    assert fixes.accuracy_m.item() == 4.5
    assert fixes.altitude_m.item() == -3.5
    assert flag_names(int(fixes.flags[0])) == [
        *("located", "ignition", "ignition_known", "armed_known", "back_fill")
    ]
    assert alarm_names(int(fixes.alarms[0])) == ["sos", "power_cut"]
    assert fixes.seq.tolist() == [17]
    assert decoded.rejects == []


def test_what_is_not_said_is_unknown() -> None:
    fixes = decode(FIX).fixes
    for column in (fixes.speed_mps, fixes.heading_deg, fixes.accuracy_m, fixes.altitude_m):
        assert math.isnan(column.item())
    assert flag_names(int(fixes.flags[0])) == ["located"]
    assert fixes.alarms.item() == 0
    assert fixes.seq.item() == NO_SEQ


def test_null_says_as_little_as_nothing() -> None:
    optional = ("speed", "heading", "acc", "alt", "ign", "armed", "located", "alarms", "seq")
    fixes = decode(FIX | dict.fromkeys(optional)).fixes
    assert len(fixes) == 1
    assert flag_names(int(fixes.flags[0])) == ["located"]


@pytest.mark.parametrize(("said", "names"), [(1, ["armed", "armed_known"]), (0, ["armed_known"])])
def test_one_and_zero_are_truths(said: int, names: list[str]) -> None:
    assert flag_names(int(decode(FIX | {"armed": said}).fixes.flags[0])) == ["located", *names]


@pytest.mark.parametrize("alarm", list(Alarm))
def test_every_alarm_has_a_name_that_is_understood(alarm: Alarm) -> None:
    assert alarm.name
    assert decode(FIX | {"alarms": [alarm.name.lower()]}).fixes.alarms.item() == alarm


def test_an_alarm_that_nobody_knows_leaves_the_fix_and_the_other_alarms() -> None:
    fixes = decode(FIX | {"alarms": ["sos", "ufo", "SOS"]}).fixes
    assert fixes.alarms.item() == ALARM_BY_NAME["sos"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("heading", v) for v in (-1, 360.5, 400, 1e30)),
        *(("speed", v) for v in (-0.1, 401, 1e308)),
        *(("acc", v) for v in (-1, 2e6)),
        *(("alt", v) for v in (-1001, 20_001)),
    ],
)
def test_an_optional_number_without_sense_is_unknown(field: str, value: float) -> None:
    column = {
        "heading": "heading_deg",
        "speed": "speed_mps",
        "acc": "accuracy_m",
        "alt": "altitude_m",
    }
    decoded = decode(FIX | {field: value})
    assert math.isnan(getattr(decoded.fixes, column[field]).item())
    assert decoded.rejects == []


@pytest.mark.parametrize("body", [FIX | {"lon": 0, "lat": 0}, FIX | {"located": False}])
def test_a_fix_without_a_place_keeps_its_coordinates_and_is_not_located(
    body: dict[str, float],
) -> None:
    fixes = decode(body).fixes
    assert (fixes.lon.item(), fixes.lat.item()) == (body["lon"], body["lat"])
    assert flag_names(int(fixes.flags[0])) == []


@pytest.mark.parametrize("place", [(180, 90), (-180, -90), (0, 1), (1, 0)])
def test_the_edges_of_the_earth_are_on_it(place: tuple[float, float]) -> None:
    fixes = decode(FIX | {"lon": place[0], "lat": place[1]}).fixes
    assert flag_names(int(fixes.flags[0])) == ["located"]


def test_an_array_gives_a_fix_for_each_row_in_order() -> None:
    decoded = decode([FIX | {"seq": n} for n in range(50)])
    assert decoded.fixes.seq.tolist() == list(range(50))
    assert decoded.source.tolist() == [0] * 50


@pytest.mark.parametrize("body", [b"[]", b" [ ] "])
def test_an_empty_array_holds_nothing_and_is_no_error(body: bytes) -> None:
    decoded = decode(body)
    assert (len(decoded.fixes), decoded.rejects) == (0, [])


def test_space_before_an_array_changes_nothing() -> None:
    assert len(decode(b' \r\n\t[{"t":1750000000,"lon":1,"lat":2}]').fixes) == 1


MISFITS = [
    (b"", "not_json", "expected JSON: Input data was truncated"),
    (b"hello", "not_json", "expected JSON: JSON is malformed: invalid character (byte 0)"),
    (b'{"t":1750000000,"lon":1,"lat":2}x', "not_json", "trailing characters"),
    (b'{"t":NaN,"lon":1,"lat":2}', "not_json", "invalid character (byte 5)"),
    (b'{"t":1750000000,"lon":Infinity,"lat":2}', "not_json", "invalid character (byte 22)"),
    (b'{"x":"\\ud800","t":1750000000,"lon":1,"lat":2}', "not_json", "expected JSON: "),
    (b"\xff\xfe", "not_utf8", "expected UTF-8: invalid start byte at byte 0"),
    (b'{"t":"\xe8\xbd', "not_utf8", "expected UTF-8: unexpected end of data at byte 6"),
    (b"{}", "missing_field", "Object missing required field `t`"),
    (b'{"t":1750000000}', "missing_field", "Object missing required field `lon`"),
    (b'{"t":1750000000,"lon":1}', "missing_field", "Object missing required field `lat`"),
    (b"5", "bad_value", "Expected `object`, got `int`"),
    (b"null", "bad_value", "Expected `object`, got `null`"),
    (b"[5]", "bad_value", "row 0: Expected `object`, got `int`"),
    (b"[[]]", "bad_value", "row 0: Expected `object`, got `array`"),
    (FIX | {"t": "now"}, "bad_value", "Expected `float`, got `str` - at `$.t`"),
    (FIX | {"lon": None}, "bad_value", "Expected `float`, got `null` - at `$.lon`"),
    (FIX | {"speed": "5"}, "bad_value", "Expected `float | null`, got `str` - at `$.speed`"),
    (FIX | {"alarms": "sos"}, "bad_value", "Expected `array | null`, got `str` - at `$.alarms`"),
    (FIX | {"ign": 2}, "bad_value", "expected true, false or null, found 2"),
    (FIX | {"seq": -1}, "bad_value", "expected seq of 0 to 2^63 - 1, found -1"),
    (FIX | {"seq": 2**63}, "bad_value", "found 9223372036854775808"),
    (b'{"t":1,"seq":1%s}' % (b"0" * 5000), "bad_value", "Integer value out of range - at `$.seq`"),
    (b'{"t":1e400,"lon":1,"lat":2}', "bad_value", "Number out of range - at `$.t`"),
    (
        FIX | {"lon": 180.1},
        "outside_earth",
        "lon within 180 and lat within 90, found 180.1, 28.555",
    ),
    (FIX | {"lat": -90.5}, "outside_earth", "found 112.355, -90.5"),
    (FIX | {"lon": 28.5, "lat": 112.3}, "outside_earth", "found 28.5, 112.3 (swapped?)"),
    (FIX | {"lon": 1e308}, "outside_earth", "found 1e+308, 28.555"),
    (FIX | {"t": 0}, "clock_off", "expected t in epoch seconds of 2000 to 2100, found 0"),
    (FIX | {"t": -1e300}, "clock_off", "found -1e+300"),
    (FIX | {"t": T * 1000}, "clock_off", "found 1750000000000 (milliseconds?)"),
    (FIX | {"terminal": "T2"}, "identity_mismatch", "the topic is T1's, the payload says 'T2'"),
    (FIX | {"device": 7}, "identity_mismatch", "the topic is T1's, the payload says 7"),
]


@pytest.mark.parametrize(("body", "reason", "detail"), MISFITS)
def test_a_misfit_is_refused_with_its_reason_and_what_was_expected(
    body: object, reason: str, detail: str
) -> None:
    found = refusal(body)
    assert found[0] == reason
    assert detail in found[1]
    assert "\n" not in found[1]


@pytest.mark.parametrize("end", [b"", b"]" * 100_000])
@pytest.mark.parametrize("start", [b"", b'{"x":', b'{"speed":'])
def test_depth_without_end_is_too_deep(start: bytes, end: bytes) -> None:
    assert refusal(start + b"[" * 100_000 + end)[0] == "too_deep"


def test_more_rows_than_anybody_sends_are_refused_together() -> None:
    assert len(decode([FIX] * MAX_ROWS).fixes) == MAX_ROWS
    decoded = decode([FIX] * (MAX_ROWS + 1))
    assert len(decoded.fixes) == 0
    (reject,) = decoded.rejects
    assert (reject.reason, reject.detail) == (
        "too_large",
        f"expected at most {MAX_ROWS} rows, found {MAX_ROWS + 1}",
    )


BAD_ROWS: list[bytes] = [
    b"5", b"null", b"[]", b"{}", b'{"t":1750000000,"lon":500,"lat":0}',
    b'{"t":1750000000,"lon":1e999,"lat":0}', b'{"t":5,"lon":0,"lat":0}',
    b'{"t":1750000000,"lon":1,"lat":2,"terminal":"other"}',
    b'{"t":1750000000,"lon":1,"lat":2,"seq":1' + b"0" * 5000 + b"}",
]  # fmt: skip


@pytest.mark.parametrize("bad", BAD_ROWS)
def test_a_bad_row_leaves_its_neighbours(bad: bytes) -> None:
    good = [b'{"t":1750000000,"lon":1,"lat":2,"seq":%d}' % n for n in range(4)]
    decoded = decode(b"[" + b",".join([*good[:2], bad, *good[2:]]) + b"]")
    assert decoded.fixes.seq.tolist() == [0, 1, 2, 3]
    assert len(decoded.rejects) == 1


def test_a_refused_row_names_its_terminal_and_number() -> None:
    for wrong in ({"t": "now"}, {"lon": 200}, {"terminal": "X"}, {"t": 1}):
        (reject,) = decode([FIX | {"seq": 1}, FIX | {"seq": 2} | wrong]).rejects
        assert (reject.terminal, reject.seq) == ("T1", 2)
        assert (reject.topic, reject.received_ms) == ("vg/v1/T1/fix", NOW_MS)


@pytest.mark.parametrize("key", ["terminal", "vehicle", "vehicle_id", "device", "id"])
def test_a_payload_may_name_its_own_terminal_and_no_other(key: str) -> None:
    assert len(decode(FIX | {key: "T1"}).fixes) == 1
    assert refusal(FIX | {key: "T2"})[0] == "identity_mismatch"
    assert len(decode(FIX | {key: 77}, "vg/v1/77/fix").fixes) == 1


def test_a_status_holds_no_fix_and_is_no_error() -> None:
    decoded = decode({"batt": 5}, "vg/v1/T1/status")
    assert (len(decoded.fixes), decoded.rejects, decoded.kinds) == (0, [], {0: "status"})


STRANGE = [
    "vg/v1/T1/position", "vg/v1//fix", "vg/v1/a b/fix", "vg/v1/T1/fix/x", "vg/v2/T1/fix", "x", "",
    "vg/v1/camera/C1/fix", "vg/v1/camera/sighting", "vg/v1/T1/sighting", "vg/v1/T1/C1/sighting",
    "vg/v1/" + "a" * 65 + "/fix", "vg/v1/+/fix", "vg/v1/a\nb/fix", "vg/v1/camera//sighting",
]  # fmt: skip


@pytest.mark.parametrize("topic", STRANGE)
def test_a_topic_that_is_none_of_ours_is_named(topic: str) -> None:
    reason, detail = refusal(FIX, topic)
    assert reason == "unknown_topic"
    assert detail == f"expected one of {', '.join(NATIVE.topics)}, found {topic!r}"


@pytest.mark.parametrize("terminal", ["camera", "a" * 64, "车-1", "a.b", "京A·12345"])
def test_a_terminal_may_have_any_name_without_space(terminal: str) -> None:
    assert vehicles(decode(FIX, f"vg/v1/{terminal}/fix").fixes) == [terminal]


SIGHTING = {"t": T, "plate": "湘H12345", "confidence": 0.98, "lon": 112.3, "lat": 28.5}
CAMERA = "vg/v1/camera/C1/sighting"


def test_a_sighting_arrives_with_every_field() -> None:
    words = {
        "plate_color": "blue",
        "vehicle_class": "ebike",
        "vehicle_color": "red",
        "image": "file:///7.jpg",
        "image_sha256": "ab" * 32,
    }
    decoded = decode(SIGHTING | words | {"direction": 90, "camera": "C1"}, CAMERA)
    seen = decoded.sightings
    assert (seen.camera, seen.plate) == (("C1",), ("湘H12345",))
    assert {name: getattr(seen, name)[0] for name in words} == words
    assert seen.t_ms.tolist() == [T * 1000]
    assert (seen.lon.item(), seen.lat.item()) == (112.3, 28.5)
    assert seen.confidence.item() == np.float32(0.98)
    assert seen.direction_deg.item() == 90
    assert decoded.sighting_source.tolist() == [0]
    assert len(decoded.fixes) == 0


def test_a_sighting_needs_only_its_time() -> None:
    seen = decode({"t": T}, CAMERA).sightings
    assert seen.plate == (None,)
    for column in (seen.lon, seen.lat, seen.confidence, seen.direction_deg):
        assert math.isnan(column.item())


@pytest.mark.parametrize(
    ("body", "reason", "detail"),
    [
        ({"plate": "x"}, "missing_field", "Object missing required field `t`"),
        ({"t": T * 1000}, "clock_off", "(milliseconds?)"),
        ({"t": T, "lat": 95}, "outside_earth", "found None, 95.0"),
        ({"t": T, "camera": "C2"}, "identity_mismatch", "the topic is C1's, the payload says 'C2'"),
        ({"t": T, "plate": 7}, "bad_value", "got `int` - at `$.plate`"),
    ],
)
def test_a_bad_sighting_is_refused_and_leaves_its_neighbours(
    body: dict[str, object], reason: str, detail: str
) -> None:
    decoded = decode([SIGHTING, body, SIGHTING], CAMERA)
    assert len(decoded.sightings) == 2
    (reject,) = decoded.rejects
    assert reject.reason == reason
    assert detail in reject.detail


def test_a_camera_row_is_answered_to_no_terminal() -> None:
    (reject,) = decode({"seq": 5}, CAMERA).rejects
    assert reject.seq == NO_SEQ


def test_messages_of_all_kinds_decode_side_by_side() -> None:
    decoded = NATIVE.decode(
        [
            message(FIX, "vg/v1/A/fix"),
            message(b"nonsense", "vg/v1/B/fix"),
            message(SIGHTING, CAMERA),
            message({}, "vg/v1/A/status"),
            message([FIX, FIX], "vg/v1/C/fix"),
            message(FIX, "elsewhere"),
        ]
    )
    assert vehicles(decoded.fixes) == ["A", "C", "C"]
    assert decoded.source.tolist() == [0, 4, 4]
    assert decoded.sighting_source.tolist() == [2]
    assert decoded.kinds == {3: "status"}
    assert [(r.reason, r.topic) for r in decoded.rejects] == [
        ("not_json", "vg/v1/B/fix"),
        ("unknown_topic", "elsewhere"),
    ]

"""The JT/T 808 dialect: real frames, what every bit means, what is refused with which words."""

from __future__ import annotations

import json
import math
import os
import re
import struct
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.dialects import DIALECTS, Decoded
from ingest.fix import ALARM_BY_NAME, Alarm, alarm_names, flag_names
from ingest.jt808.frame import Frame, checksum, encode, split, unescape
from ingest.jt808.layout import ALARM_OF_BIT
from ingest.jt808.reading import COMPLAINTS
from ingest.message import Message
from tests.unit.ingest.making import NOW_MS, vehicles

JT808 = DIALECTS["jt808"]
ROOT = Path(__file__).parents[3]
SHARED = Path(os.environ.get("VEHICLEGUARD_SHARED_DATA", ROOT.parent / "shared" / "data")) / "jt808"
OURS = {
    "hex": "7e0200001c0139123456780007000000000000000201b3b31006b266b80028000000002607041200004f7e",
    "source": "ours",
    "expect": {
        "phone": "013912345678", "checksum_ok": True, "plausible": True,
        "alarm_flags": 0, "alarms": [], "acc_on": False, "located": True,
        "latitude": 28.554, "longitude": 112.355, "altitude_m": 40, "speed_kmh": 0.0,
        "direction_deg": 0, "time_utc_if_gmt8": "2026-07-04T04:00:00Z",
    },
}  # fmt: skip
REAL = [OURS] + [
    json.loads(line)
    for name in ("location_0200.jsonl", "other_messages.jsonl")
    if (SHARED / name).exists()
    for line in (SHARED / name).read_text("utf-8").splitlines()
]
"""Frames as they are found in the wild, where they lie beside the repository."""
OUR_NAME = {
    "sos": "sos",
    "overspeed": "overspeed",
    "main_power_cut": "power_cut",
}
PHONE = "013912345678"
PHONE_2019 = "00000000013912345678"
T = "260704120000"
T_S = 1_783_137_600  # the same, as GMT+8 has it


def position(
    *, alarms: int = 0, status: int = 3, lat: int = 28_554_000, lon: int = 112_355_000,
    altitude: int = 40, speed: int = 120, course: int = 271, time: str = T, items: bytes = b"",
) -> bytes:  # fmt: skip
    numbers = (alarms, status, lat, lon, altitude & 0xFFFF, speed, course)
    return struct.pack(">IIIIHHH", *numbers) + bytes.fromhex(time) + items


def decode(*payloads: bytes) -> Decoded:
    return JT808.decode([Message("tcp/jt808/peer", payload, NOW_MS) for payload in payloads])


def one(body: bytes, kind: int = 0x0200, terminal: str = PHONE) -> Decoded:
    return decode(encode(Frame(kind, terminal, 7, body)))


def batch(bodies: list[bytes], *, back_fill: bool = False, count: int | None = None) -> bytes:
    head = struct.pack(">HB", len(bodies) if count is None else count, back_fill)
    return head + b"".join(struct.pack(">H", len(body)) + body for body in bodies)


def refusal(payload: bytes) -> tuple[str, str]:
    decoded = decode(payload)
    assert len(decoded.fixes) == 0
    (reject,) = decoded.rejects
    return str(reject.reason), reject.detail


def flags(decoded: Decoded) -> list[str]:
    return flag_names(int(decoded.fixes.flags[0]))


@pytest.mark.parametrize("real", REAL, ids=lambda real: real["source"].split("/")[-1])
def test_a_real_frame_says_what_it_is_known_to_say(real: dict[str, object]) -> None:
    expect = real["expect"]
    assert isinstance(expect, dict)
    decoded = decode(bytes.fromhex(str(real["hex"])))
    fixes = decoded.fixes
    if "plausible" not in expect:
        if expect["msg_id"] == "0x0704":
            count = int(str(real["hex"])[26:30], 16)
            assert (len(fixes), decoded.rejects) == (count, [])
        elif expect["msg_id"] == "0x5501":  # a header of a vendor's own, a byte shorter
            assert [str(reject.reason) for reject in decoded.rejects] == ["bad_frame"]
        else:
            assert (len(fixes), decoded.rejects, len(decoded.kinds)) == (0, [], 1)
        return
    if not (expect["checksum_ok"] and expect["plausible"]):
        assert len(fixes) == 0
        (reject,) = decoded.rejects
        assert reject.reason in {"bad_checksum", "bad_frame", "outside_earth"}
        return
    assert decoded.rejects == []
    assert vehicles(fixes) == [expect["phone"]]
    assert fixes.lat.item() == expect["latitude"]
    assert fixes.lon.item() == expect["longitude"]
    assert fixes.altitude_m.item() == expect["altitude_m"]
    assert fixes.speed_mps.item() * 3.6 == pytest.approx(expect["speed_kmh"], abs=1e-4)
    assert fixes.heading_deg.item() == expect["direction_deg"]
    assert flags(decoded).count("located") == expect["located"]
    assert flags(decoded).count("ignition") == expect["acc_on"]
    known = {OUR_NAME[name] for name in expect["alarms"] if name in OUR_NAME}
    raised = {a.name.lower() for bit, a in ALARM_OF_BIT.items() if expect["alarm_flags"] >> bit & 1}
    assert set(alarm_names(int(fixes.alarms[0]))) == raised >= known
    local = str(expect["time_utc_if_gmt8"]).replace("Z", "+00:00")
    assert fixes.t_ms.item() / 1000 == datetime.fromisoformat(local).timestamp()


def test_every_field_arrives_in_its_unit() -> None:
    decoded = one(position(alarms=1 << 8 | 1 << 26))
    fixes = decoded.fixes
    assert vehicles(fixes) == [PHONE]
    assert fixes.t_ms.tolist() == [T_S * 1000]
    assert fixes.received_ms.tolist() == [NOW_MS]
    assert (fixes.lon.item(), fixes.lat.item()) == (112.355, 28.554)
    assert fixes.speed_mps.item() == pytest.approx(12.0 / 3.6)
    assert (fixes.heading_deg.item(), fixes.altitude_m.item()) == (271, 40)
    assert math.isnan(fixes.accuracy_m.item())
    assert flags(decoded) == ["located", "ignition", "ignition_known"]
    assert alarm_names(int(fixes.alarms[0])) == ["power_cut", "stolen"]


@pytest.mark.parametrize(
    ("bit", "name"),
    [
        *((0, "sos"), (1, "overspeed"), (4, "gnss_fault"), (5, "antenna"), (6, "antenna")),
        *((7, "low_battery"), (8, "power_cut"), (20, "zone"), (21, "zone"), (26, "stolen")),
        *((27, "illegal_ignition"), (28, "illegal_displacement"), (29, "collision")),
        *((30, "rollover"), (31, "illegal_door")),
    ],
)
def test_an_alarm_bit_means_its_alarm(bit: int, name: str) -> None:
    assert one(position(alarms=1 << bit)).fixes.alarms.item() == ALARM_BY_NAME[name]


def test_alarm_bits_of_drivers_and_cameras_mean_no_alarm_of_ours() -> None:
    ours = sum(1 << bit for bit in ALARM_OF_BIT)
    assert one(position(alarms=0xFFFFFFFF & ~ours)).fixes.alarms.item() == 0
    every = one(position(alarms=0xFFFFFFFF)).fixes.alarms.item()
    unknown = Alarm.VIBRATION | Alarm.TAMPER | Alarm.JAMMING
    assert every == sum(Alarm) & ~unknown


@pytest.mark.parametrize(
    ("status", "names"),
    [
        (0, ["ignition_known"]),
        (1, ["ignition", "ignition_known"]),
        (2, ["located", "ignition_known"]),
        (2 | 1 << 5, ["ignition_known"]),  # a place that is shifted is none
        (2 | 1 << 22, ["located", "ignition_known"]),  # before 2019 the bit means nothing
    ],
)
def test_a_status_bit_means_its_flag(status: int, names: list[str]) -> None:
    decoded = one(position(status=status))
    assert flags(decoded) == names
    assert (decoded.fixes.lon.item(), decoded.fixes.lat.item()) == (112.355, 28.554)


def test_a_terminal_of_2019_says_that_it_moves_and_has_twenty_digits() -> None:
    decoded = one(position(status=3 | 1 << 22), terminal=PHONE_2019)
    assert vehicles(decoded.fixes) == [PHONE_2019]
    assert flags(decoded) == ["located", "ignition", "ignition_known", "moving"]


@pytest.mark.parametrize(("bits", "signs"), [(4, (1, -1)), (8, (-1, 1)), (12, (-1, -1))])
def test_south_and_west_are_negative(bits: int, signs: tuple[int, int]) -> None:
    fixes = one(position(status=2 | bits)).fixes
    assert (fixes.lon.item(), fixes.lat.item()) == (signs[0] * 112.355, signs[1] * 28.554)


@pytest.mark.parametrize(
    ("field", "value", "column", "found"),
    [
        ("altitude", -15, "altitude_m", -15.0),
        ("altitude", 0x7FFF, "altitude_m", None),
        ("altitude", 0x8000, "altitude_m", None),
        ("speed", 0xFFFF, "speed_mps", None),
        ("course", 361, "heading_deg", None),
        ("course", 360, "heading_deg", 360.0),
    ],
)
def test_a_number_without_sense_is_unknown(
    field: str, value: int, column: str, found: float | None
) -> None:
    held = getattr(one(position(**{field: value})).fixes, column).item()
    assert math.isnan(held) if found is None else held == found


@pytest.mark.parametrize("kind", [0x0201, 0x0500])
def test_an_answer_with_a_position_is_a_position(kind: int) -> None:
    assert one(b"\x00\x07" + position(), kind).fixes.lon.item() == 112.355


@pytest.mark.parametrize("items", [b"\x01", b"\x01\xff\x00", b"\xeb\x00" * 60, bytes(900)])
def test_items_of_any_shape_are_passed_over(items: bytes) -> None:
    decoded = one(position(items=items))
    assert (len(decoded.fixes), decoded.rejects) == (1, [])


def test_the_positions_of_a_batch_come_in_their_order() -> None:
    bodies = [position(lon=n, items=bytes(n)) for n in range(5)]
    decoded = one(batch(bodies), 0x0704)
    assert decoded.fixes.lon.tolist() == [n / 1e6 for n in range(5)]
    assert decoded.source.tolist() == [0] * 5
    assert "back_fill" not in flags(decoded)
    assert "back_fill" in flags(one(batch(bodies, back_fill=True), 0x0704))


def test_a_frame_may_say_2019_with_the_header_of_2013() -> None:
    decoded = decode(encode(Frame(0x0200, PHONE, 7, position(), claims_2019=True)))
    assert vehicles(decoded.fixes) == [PHONE]


def test_a_frame_of_one_part_is_whole() -> None:
    assert len(decode(encode(Frame(0x0200, PHONE, 7, position(), 1, 1))).fixes) == 1


def test_the_parts_of_a_message_are_put_together_in_any_order() -> None:
    bodies = [position(lon=n, items=bytes(80)) for n in range(40)]
    whole = Frame(0x0704, PHONE, 65_535, batch(bodies))
    parts = [encode(part) for part in split(whole)]
    assert len(parts) > 3
    for order in (parts, parts[::-1], [*parts, parts[0]]):
        decoded = decode(b"".join(order))
        assert decoded.fixes.lon.tolist() == [n / 1e6 for n in range(40)]
        assert decoded.rejects == []


def test_parts_of_different_terminals_are_not_mixed() -> None:
    bodies = batch([position(items=bytes(200)) for _ in range(8)])
    mine, theirs = (split(Frame(0x0704, p, 1, bodies)) for p in (PHONE, "013900000000"))
    decoded = decode(encode(mine[0]) + encode(theirs[1]))
    assert len(decoded.fixes) == 0
    assert {str(reject.reason) for reject in decoded.rejects} == {"incomplete"}


def test_a_part_without_the_others_is_incomplete() -> None:
    parts = split(Frame(0x0704, PHONE, 1, batch([position(items=bytes(200)) for _ in range(8)])))
    assert refusal(encode(parts[1])) == (
        "incomplete",
        "batch: part 2 of 2, not all of them came",
    )


def test_fixes_stay_in_order_beside_put_together_messages() -> None:
    whole = split(Frame(0x0704, PHONE, 1, batch([position(lon=1, items=bytes(200))] * 8)))
    decoded = decode(
        encode(Frame(0x0200, PHONE, 1, position(lon=0))),
        b"".join(map(encode, whole)),
        encode(Frame(0x0200, PHONE, 2, position(lon=2))),
    )
    assert decoded.source.tolist() == [0, *([1] * 8), 2]
    assert decoded.fixes.lon.tolist() == [0, *([1e-6] * 8), 2e-6]


GOOD = encode(Frame(0x0200, PHONE, 7, position()))
INSIDE = GOOD[1:-1]
MISFITS = [
    (b"", "bad_frame", "expected 7e … 7e, found no frame"),
    (b"\x7e" * 1000, "bad_frame", "expected 7e … 7e, found no frame"),
    (b"hello", "bad_frame", "expected 7e … 7e, found 5 bytes outside of it"),
    (INSIDE, "bad_frame", "outside of it"),
    (GOOD[:-1], "bad_frame", "outside of it"),
    (GOOD[1:], "bad_frame", "outside of it"),
    (b"\x7e\x02\x00\x7e", "bad_frame", "expected a header of at least 12 bytes, found 1"),
    (
        b"\x7e" + INSIDE[:-1] + bytes((INSIDE[-1] ^ 1,)) + b"\x7e",
        "bad_checksum",
        "expected checksum",
    ),
    (
        encode(Frame(0x0200, PHONE, 7, position()[:27])),
        "bad_frame",
        "position: expected a position of 28 bytes, found 27",
    ),
    (encode(Frame(0x0201, PHONE, 7, b"\x01")), "bad_frame", "found 0"),
    (encode(Frame(0x0704, PHONE, 7, b"")), "bad_frame", "batch: expected a position"),
    (
        encode(Frame(0x0704, PHONE, 7, batch([], count=65_535))),
        "bad_frame",
        "batch: it ends within position 1",
    ),
    (encode(Frame(0x0200, PHONE, 7, position(), 3, 2)), "bad_frame", "position: expected a part"),
    (encode(Frame(0x0200, PHONE, 7, position(), 0, 2)), "bad_frame", "position: expected a part"),
    (
        encode(Frame(0x0200, PHONE, 7, position(time="000000000000"))),
        "clock_off",
        "position: expected a time YYMMDDhhmmss, found 000000000000",
    ),
    (
        encode(Frame(0x0200, PHONE, 7, position(lat=112_355_000, lon=28_554_000))),
        "outside_earth",
        "lat within 90, found 28.554, 112.355 (swapped?)",
    ),
    (
        encode(Frame(0x0200, PHONE, 7, position(lon=0xFFFFFFFF))),
        "outside_earth",
        "found 4294.967295, 28.554",
    ),
]


@pytest.mark.parametrize(("payload", "reason", "detail"), MISFITS)
def test_a_misfit_is_refused_with_its_reason_and_what_was_expected(
    payload: bytes, reason: str, detail: str
) -> None:
    found = refusal(payload)
    assert found[0] == reason
    assert detail in found[1]


@pytest.mark.parametrize(
    "time",
    [
        *("261301000000", "260001000000", "260230000000", "250229000000", "260431000000"),
        *("260700000000", "260732000000", "260704240000", "260704006000", "260704000060"),
        *("26070412000a", "f60704120000", "ffffffffffff", "000101000000", "000101075959"),
    ],
)
def test_a_time_that_no_clock_shows_gives_no_fix(time: str) -> None:
    assert refusal(encode(Frame(0x0200, PHONE, 7, position(time=time))))[0] == "clock_off"


def test_the_first_and_the_last_time_that_can_be_said() -> None:
    for time, t_s in (("000101080000", 946_684_800), ("991231235959", 4_102_415_999)):
        fixes = decode(encode(Frame(0x0200, PHONE, 7, position(time=time)))).fixes
        assert fixes.t_ms.tolist() == [t_s * 1000]


def test_a_length_that_is_not_the_frame_s_gives_no_fix() -> None:
    content = bytearray(unescape(INSIDE)[:-1])
    content[3] += 5  # as if the header were of 2019; bit 14 is not set
    reason, detail = refusal(b"\x7e" + bytes(content) + bytes((checksum(content),)) + b"\x7e")
    assert reason == "bad_frame"
    assert detail == "position: the header says a body of 33 bytes, the frame has 40 bytes in all"


def test_an_encrypted_body_is_not_read() -> None:
    content = bytearray(INSIDE)
    content[2] |= 0x04
    content[-1] ^= 0x04
    assert refusal(b"\x7e" + bytes(content) + b"\x7e")[0] == "encrypted"


def test_a_bad_position_leaves_its_neighbours() -> None:
    bodies = [position(lon=1), position(time="ff" * 6), position(lon=2), position(lat=10**9)]
    decoded = one(batch(bodies), 0x0704)
    assert decoded.fixes.lon.tolist() == [1e-6, 2e-6]
    assert [str(r.reason) for r in decoded.rejects] == ["clock_off", "outside_earth"]
    assert {r.terminal for r in decoded.rejects} == {PHONE}


def test_a_batch_that_breaks_off_keeps_what_came_before() -> None:
    decoded = one(batch([position(lon=n) for n in range(3)])[:-1], 0x0704)
    assert decoded.fixes.lon.tolist() == [0, 1e-6]
    (reject,) = decoded.rejects
    assert reject.detail == "batch: it ends within position 3"


@pytest.mark.parametrize(
    ("kind", "name"),
    [(0x0002, "heartbeat"), (0x0100, "registration"), (0x0900, "pass_through")],
)
def test_a_message_without_a_position_is_named(kind: int, name: str) -> None:
    decoded = one(b"", kind)
    assert (len(decoded.fixes), decoded.rejects, decoded.kinds) == (0, [], {0: name})


def test_a_message_that_nobody_knows_is_named_by_its_number() -> None:
    assert one(b"x" * 900, 0x6006).kinds == {0: "message 0x6006"}


def test_messages_of_all_kinds_decode_side_by_side() -> None:
    decoded = decode(
        GOOD,
        b"nonsense",
        encode(Frame(0x0002, PHONE, 8)),
        encode(Frame(0x0200, PHONE_2019, 9, position())) + GOOD,
        b"",
        GOOD + b"\x00" + GOOD,
    )
    assert decoded.source.tolist() == [0, 3, 3, 5, 5]
    assert vehicles(decoded.fixes) == [PHONE, PHONE_2019, PHONE, PHONE, PHONE]
    assert decoded.kinds == {2: "heartbeat"}
    assert len(decoded.rejects) == 3


def test_frames_may_share_their_delimiters() -> None:
    shared = b"\x7e" + INSIDE + b"\x7e" + INSIDE + b"\x7e"
    assert len(decode(shared).fixes) == 2
    assert decode(shared).rejects == []


def test_a_lone_escape_is_a_byte_like_others() -> None:
    # 7D before 15, unescaped, under a right checksum
    body = position(speed=0, items=b"\xeb\x02\x7d\x15")
    raw = encode(Frame(0x0200, PHONE, 7, body)).replace(b"\x7d\x01", b"\x7d")
    assert b"\x7d\x15" in raw
    assert len(decode(raw).fixes) == 1


def test_a_megabyte_of_anything_is_refused_and_harms_nobody() -> None:
    for junk in (bytes(1 << 20), b"\x7e\x7d" * (1 << 19), b"\x7e" * (1 << 20), b"{" * (1 << 20)):
        decoded = decode(junk, GOOD)
        assert decoded.source.tolist() == [1]
        assert 1 <= len(decoded.rejects) <= COMPLAINTS


def test_a_message_of_bad_frames_tells_of_the_first_and_how_many_there_are() -> None:
    decoded = decode(b"\x7e\x00" * 1000 + b"\x7e")
    assert len(decoded.rejects) == COMPLAINTS
    assert decoded.rejects[-1].detail.endswith(f"found 0 (and {1000 - COMPLAINTS} more)")


def test_no_messages_are_no_error() -> None:
    decoded = decode()
    assert (len(decoded.fixes), decoded.rejects, decoded.kinds) == (0, [], {})


def test_the_frame_of_the_documentation_says_what_the_page_says() -> None:
    text = (ROOT / "docs" / "jt808.md").read_text("utf-8")
    (frame,) = set(re.findall(r"\b7e[0-9a-f]{40,}7e\b", text))
    fixes = decode(bytes.fromhex(frame)).fixes
    assert vehicles(fixes) == ["013912345678"]
    assert datetime.fromtimestamp(fixes.t_ms.item() / 1000, UTC).date().isoformat() == "2026-07-04"

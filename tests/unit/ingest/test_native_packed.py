"""The packed form: every column to its unit, and never a fix of a message that is not whole."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.admission import Admission
from ingest.dialects import DIALECTS, Decoded, Speaker
from ingest.dialects.native_packed import NO_NUMBER, RECORD, encode
from ingest.fix import COLUMNS, NO_SEQ, Alarm, FixBatch, Flag
from ingest.message import Message
from ingest.settings import IngestSettings
from tests.unit.ingest.making import NOW_MS, T, row_of, vehicles
from tests.unit.ingest.test_native_property import PATIENT, sensible

PACKED = DIALECTS["native_packed"]
TOPIC = "vg/v1/GW/fixes"


def batch(*terminals: str, **columns: Any) -> FixBatch:
    """Fixes of these terminals, one each; `columns` instead of the ordinary values."""
    n = len(terminals)
    ids = tuple(dict.fromkeys(terminals))
    values: dict[str, Any] = {
        "vehicle": [ids.index(name) for name in terminals],
        "t_ms": [T * 1000 + k for k in range(n)], "received_ms": NOW_MS,
        "lon": [112.3552 + k / 1000 for k in range(n)], "lat": 28.5539, "speed_mps": np.nan,
        "heading_deg": np.nan, "accuracy_m": np.nan, "altitude_m": np.nan,
        "flags": int(Flag.LOCATED), "alarms": 0, "seq": NO_SEQ,
    }  # fmt: skip
    values |= columns
    arrays = {
        name: np.broadcast_to(np.asarray(values[name], dtype), n).copy()
        for name, dtype in COLUMNS.items()
    }
    return FixBatch(ids=ids, **arrays)


def decode(*payloads: bytes, topic: str = TOPIC) -> Decoded:
    return PACKED.decode([Message(topic, payload, NOW_MS) for payload in payloads])


def sealed(body: bytes) -> bytes:
    """A message with the right checksum, whatever else it says."""
    return body + struct.pack("<I", zlib.crc32(body))


def test_every_field_arrives_in_its_unit() -> None:
    said = batch(
        "A", speed_mps=6.39, heading_deg=271.25, accuracy_m=12.3, altitude_m=-38,
        flags=int(Flag.LOCATED | Flag.IGNITION_KNOWN | Flag.BACK_FILL),
        alarms=int(Alarm.VIBRATION | Alarm.POWER_CUT),
    )  # fmt: skip
    decoded = decode(encode(said, 77))
    assert row_of(decoded) == {
        "terminal": "A",
        "t": T,
        "place": (112.3552, 28.5539),
        "speed_mps": 6.39,
        "heading_deg": 271.25,
        "accuracy_m": 12.3,
        "altitude_m": -38,
        "flags": ["located", "ignition_known", "back_fill"],
        "alarms": ["vibration", "power_cut"],
    }
    assert decoded.fixes.received_ms.tolist() == [NOW_MS]
    assert decoded.speakers == {0: Speaker("GW", 77)}


def test_the_layout_is_the_one_that_is_written_down() -> None:
    """By hand, as a client in another language would: docs/packed.md."""
    record = struct.pack(
        "<qiiIIIHHHhI", T * 1000, 1_123_552_000, 285_539_000, 1, 1, 2, 639, 27_125, 123, -38, 0
    )
    names = "A\n车-2".encode()
    header = struct.pack("<4sHHIIIIQ", b"VGFX", 1, 40, 1, 2, len(names), 0, 77)
    payload = sealed(header + names + record)
    assert len(header) == 32
    row = row_of(decode(payload))
    assert (row["terminal"], row["place"]) == ("车-2", (112.3552, 28.5539))
    assert [row[k] for k in ("speed_mps", "heading_deg", "accuracy_m", "altitude_m")] == [
        *(6.39, 271.25, 12.3, -38)
    ]
    said = batch("A", "车-2", speed_mps=6.39, heading_deg=271.25, accuracy_m=12.3, altitude_m=-38,
                 t_ms=T * 1000, lon=112.3552, alarms=2)  # fmt: skip
    assert encode(said, 77)[-44:-4] == record


def test_what_is_unknown_stays_unknown_and_a_number_that_does_not_fit_becomes_so() -> None:
    said = batch("A", "B", speed_mps=[np.nan, 800], heading_deg=[np.nan, 700],
                 accuracy_m=[np.nan, 1e6], altitude_m=[np.nan, 1e5])  # fmt: skip
    fixes = decode(encode(said)).fixes
    for name in ("speed_mps", "heading_deg", "accuracy_m", "altitude_m"):
        assert np.isnan(getattr(fixes, name)).all(), name


def test_many_messages_of_many_terminals_come_in_their_order() -> None:
    one, two = batch("A", "B", "A"), batch("B", "C")
    decoded = decode(encode(one, 1), encode(batch(), 2), b"rubbish", encode(two))
    assert vehicles(decoded.fixes) == ["A", "B", "A", "B", "C"]
    assert decoded.source.tolist() == [0, 0, 0, 3, 3]
    assert decoded.speakers == {0: Speaker("GW", 1), 1: Speaker("GW", 2), 3: Speaker("GW", NO_SEQ)}
    assert [str(r.reason) for r in decoded.rejects] == ["bad_frame"]


DEGREES = st.integers(-900_000_000, 900_000_000).map(lambda n: n / 1e7)


@PATIENT
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["A", "车-2", "a b"]), st.integers(10**12, 4 * 10**12), DEGREES,
            DEGREES, st.integers(0, 40_000), st.integers(0, 36_000), st.integers(0, 65_534),
            st.integers(-1000, 20_000), st.integers(0, 127), st.integers(0, 65_535),
        ),
        max_size=20,
    )
)  # fmt: skip
def test_what_was_packed_is_unpacked_the_same(rows: list[tuple[Any, ...]]) -> None:
    names, t_ms, lon, lat, speed, heading, accuracy, altitude, flags, alarms = (
        zip(*rows, strict=True) if rows else [()] * 10
    )
    said = batch(
        *names, t_ms=t_ms, lon=lon, lat=lat, speed_mps=np.array(speed) / 100,
        heading_deg=np.array(heading) / 100, accuracy_m=np.array(accuracy) / 10,
        altitude_m=altitude, flags=flags, alarms=alarms,
    )  # fmt: skip
    fixes = decode(encode(said, 5)).fixes
    assert vehicles(fixes) == list(names)
    nowhere = (said.lon == 0) & (said.lat == 0)
    for name in COLUMNS:
        if name == "flags":
            wanted = np.where(nowhere, said.flags & ~np.uint32(Flag.LOCATED), said.flags)
            np.testing.assert_array_equal(fixes.flags, wanted)
        elif name != "vehicle":
            np.testing.assert_array_equal(getattr(fixes, name), getattr(said, name), name)


GOOD = encode(batch("A", "B"), 9)


@PATIENT
@given(st.integers(0, len(GOOD) * 8 - 1), st.integers(0, 7))
def test_a_message_with_a_wrong_bit_gives_no_fix(bit: int, other: int) -> None:
    spoiled = bytearray(GOOD)
    spoiled[bit // 8] ^= 1 << bit % 8
    for payload in (bytes(spoiled), GOOD[: bit // 8], GOOD + bytes(other + 1)):
        decoded = decode(payload)
        assert (len(decoded.fixes), decoded.speakers) == (0, {})
        assert str(decoded.rejects[0].reason) in {"bad_frame", "bad_checksum"}


HEADER = struct.Struct("<4sHHIIIIQ")


@PATIENT
@given(st.tuples(*[st.integers(0, 5)] * 3), st.binary(max_size=12), st.binary(max_size=200))
def test_a_sealed_message_of_any_content_raises_nothing_and_gives_only_what_can_be_meant(
    sizes: tuple[int, int, int], names: bytes, records: bytes
) -> None:
    count, terminals, _ = sizes
    head = HEADER.pack(b"VGFX", 1, 40, count, terminals, len(names), 0, NO_NUMBER)
    decoded = decode(sealed(head + names + records), GOOD)
    sensible(decoded)
    assert vehicles(decoded.fixes)[-2:] == ["A", "B"]


@pytest.mark.parametrize(
    ("payload", "reason", "detail"),
    [
        (b"", "bad_frame", "found 0"),
        (sealed(HEADER.pack(b"VGFY", 1, 40, 0, 0, 0, 0, 1)), "bad_frame", "b'VGFY'"),
        (sealed(HEADER.pack(b"VGFX", 2, 40, 0, 0, 0, 0, 1)), "bad_frame", "found b'VGFX', 2, 40"),
        (sealed(HEADER.pack(b"VGFX", 1, 48, 0, 0, 0, 0, 1)), "bad_frame", "1, 48"),
        (sealed(HEADER.pack(b"VGFX", 1, 40, 2**32 - 1, 0, 0, 0, 1)), "bad_frame", "171798691836 "),
        (sealed(HEADER.pack(b"VGFX", 1, 40, 0, 2, 1, 0, 1) + b"A"), "bad_frame", "2 names"),
        (sealed(HEADER.pack(b"VGFX", 1, 40, 0, 1, 1, 0, 1) + b"\xff"), "not_utf8", "in UTF-8"),
        (GOOD[:-1] + bytes([GOOD[-1] ^ 1]), "bad_checksum", "CRC-32"),
    ],
)  # fmt: skip
def test_what_is_no_packed_message_says_why(payload: bytes, reason: str, detail: str) -> None:
    (reject,) = decode(payload).rejects
    assert str(reject.reason) == reason
    assert detail in reject.detail
    assert reject.terminal == "GW"


def test_a_record_that_cannot_be_meant_leaves_its_neighbours() -> None:
    said = batch("A", "B", "C/1", "D", "E", lon=[1, 2, 3, 4, 190], t_ms=[T * 1000] * 3 + [0] + [T])
    decoded = decode(encode(said, 3), encode(said, 4))
    assert vehicles(decoded.fixes) == ["A", "B", "A", "B"]
    assert [r.detail.partition(":")[0] for r in decoded.rejects] == [
        *("record 2", "record 3", "record 4") * 2
    ]
    assert {str(r.reason) for r in decoded.rejects} == {"bad_value", "clock_off", "outside_earth"}


def test_a_record_without_a_name_is_refused_also_where_nothing_has_one() -> None:
    record = np.zeros(1, RECORD)
    record["t_ms"], record["terminal"] = T * 1000, 5
    head = HEADER.pack(b"VGFX", 1, 40, 1, 0, 0, 0, NO_NUMBER)
    decoded = decode(sealed(head + record.tobytes()))
    assert [r.detail for r in decoded.rejects] == [
        "record 0: record of terminal 5, which has no name"
    ]
    assert len(decode(sealed(head + record.tobytes()), GOOD).fixes) == 2


def test_a_message_of_nothing_but_rubbish_is_told_in_a_few_words() -> None:
    said = batch(*["A"] * 1000, t_ms=0)
    decoded = decode(encode(said))
    assert len(decoded.rejects) == 16
    assert decoded.rejects[-1].detail.endswith("(and 984 more)")


def test_a_topic_without_a_name_is_not_its() -> None:
    for topic in ("vg/v1/fixes", "vg/v1/a/b/fixes", "vg/v1/T1/fix", "x/v1/T1/fixes"):
        assert not PACKED.accepts(topic)
    (reject,) = decode(GOOD, topic="vg/v1//fixes").rejects
    assert str(reject.reason) == "unknown_topic"


def test_a_name_with_a_line_feed_cannot_be_packed() -> None:
    with pytest.raises(ValueError, match="line feed"):
        encode(batch("A\nB"))


def admitted(payload: bytes, topic: str, *gateways: str) -> tuple[list[str], list[str]]:
    messages = [Message(topic, payload, NOW_MS)]
    settings = IngestSettings.model_validate({"gateways": gateways})
    fixes, rejects = Admission(settings, None).admit(PACKED.decode(messages), messages)
    return vehicles(fixes), [r.detail for r in rejects]


def test_a_gateway_speaks_for_others_and_anybody_for_itself() -> None:
    payload = encode(batch("A", "GW", "B"))
    assert admitted(payload, TOPIC, "GW") == (["A", "GW", "B"], [])
    told = "GW speaks for {} and is none of ingest.gateways"
    assert admitted(payload, TOPIC) == (["GW"], [told.format("A"), told.format("B")])
    assert admitted(payload, TOPIC, "other")[0] == ["GW"]

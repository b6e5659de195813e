"""The JT/T 808 dialect against a slow oracle: round trips, damage, noise, and never a wrong fix."""

from __future__ import annotations

import functools
import math
import operator
from datetime import datetime
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.dialects import DIALECTS, Decoded
from ingest.fix import alarm_names, flag_names
from ingest.jt808.frame import Frame, checksum, encode, parse, split, unescape
from ingest.message import Message
from ingest.reject import RejectReason
from tests.unit.ingest import jt808_oracle as oracle
from tests.unit.ingest.making import NOW_MS, same_columns, vehicles
from tests.unit.ingest.test_jt808 import batch

JT808 = DIALECTS["jt808"]
PATIENT = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])

DIGITS = st.text("0123456789", min_size=12, max_size=12)
TERMINALS = st.one_of(
    st.sampled_from(["013912345678", "7e7d017d027e", "00000000013912345678"]),
    DIGITS,
    st.text("0123456789", min_size=20, max_size=20),
)
TIMES = st.one_of(
    st.datetimes(
        min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - on the terminal's clock
        max_value=datetime(2099, 12, 31, 23, 59, 59),  # noqa: DTZ001 - as above
    ).map(lambda t: bytes.fromhex(t.strftime("%y%m%d%H%M%S"))),
    st.binary(min_size=6, max_size=6),
)
DOUBLES = st.integers(0, 2**32 - 1).map(lambda n: n.to_bytes(4, "big"))
PLACES = st.one_of(st.integers(0, 180_000_001), st.integers(0, 2**32 - 1)).map(
    lambda n: n.to_bytes(4, "big")
)
# 7D and 7E and what follows them in escapes come up more often than elsewhere
BYTES = st.lists(
    st.one_of(st.sampled_from([0x7E, 0x7D, 0x01, 0x02]), st.integers(0, 255)), max_size=40
).map(bytes)
POSITIONS = st.builds(
    lambda *parts: b"".join(parts),
    *(DOUBLES, DOUBLES, PLACES, PLACES, st.binary(min_size=6, max_size=6), TIMES, BYTES),
)
BATCHES = st.builds(
    lambda bodies, fill, count: batch(bodies, back_fill=fill, count=count),
    st.lists(st.one_of(POSITIONS, POSITIONS, BYTES), max_size=6),
    st.booleans(),
    st.one_of(st.none(), st.integers(0, 8)),
)


def frame(kind: int, terminal: str, serial: int, body: bytes, claims_2019: bool = False) -> Frame:  # noqa: FBT001, FBT002 - drawn
    return Frame(kind, terminal, serial, body, claims_2019=claims_2019)


FRAMES = st.one_of(
    st.builds(frame, st.just(0x0200), TERMINALS, st.integers(0, 65_535), POSITIONS),
    st.builds(frame, st.sampled_from([0x0201, 0x0500]), TERMINALS, st.just(1), POSITIONS),
    st.builds(frame, st.just(0x0704), TERMINALS, st.integers(0, 65_535), BATCHES),
    st.builds(
        frame,
        st.sampled_from([0x0002, 0x0100, 0x0102, 0x0900, 0x0200]),
        TERMINALS,
        st.integers(0, 65_535),
        BYTES,
        st.booleans(),
    ),
)


def decode(*payloads: bytes) -> Decoded:
    return JT808.decode([Message("tcp/jt808/peer", payload, NOW_MS) for payload in payloads])


def said(decoded: Decoded) -> list[oracle.Fix]:
    """What was decoded, as the oracle says it."""

    def known(value: float) -> float | None:
        return None if math.isnan(value) else value

    fixes = decoded.fixes
    return [
        {
            "terminal": vehicle,
            "t": fixes.t_ms[n].item() / 1000,
            "lat": fixes.lat[n].item(),
            "lon": fixes.lon[n].item(),
            "altitude_m": known(fixes.altitude_m[n].item()),
            "speed_kmh": (
                None
                if math.isnan(fixes.speed_mps[n].item())
                else pytest.approx(fixes.speed_mps[n].item() * 3.6, abs=1e-3)
            ),
            "heading_deg": known(fixes.heading_deg[n].item()),
            "flags": set(flag_names(int(fixes.flags[n]))),
            "alarms": set(alarm_names(int(fixes.alarms[n]))),
        }
        for n, vehicle in enumerate(vehicles(fixes))
    ]


@PATIENT
@given(st.lists(FRAMES, min_size=1, max_size=6))
def test_frames_say_what_a_slow_reader_reads(frames: list[Frame]) -> None:
    payload = b"".join(map(encode, frames))
    assert said(decode(payload)) == oracle.fixes(payload)


@PATIENT
@given(st.lists(FRAMES, min_size=1, max_size=3), st.data())
def test_a_damaged_message_gives_no_fix_that_was_not_sent(
    frames: list[Frame], data: st.DataObject
) -> None:
    whole = b"".join(map(encode, frames))
    damaged = bytearray(whole)
    how = data.draw(st.sampled_from(["flip", "cut", "insert", "drop"]))
    at = data.draw(st.integers(0, len(damaged) - 1))
    if how == "flip":
        damaged[at] ^= 1 << data.draw(st.integers(0, 7))
    elif how == "cut":
        del damaged[at:]
    elif how == "insert":
        damaged.insert(at, data.draw(st.integers(0, 255)))
    else:
        del damaged[at]
    found = said(decode(bytes(damaged)))
    assert found == oracle.fixes(bytes(damaged))
    if how in {"flip", "cut"}:
        sent = oracle.fixes(whole)
        assert all(fix in sent for fix in found)


@PATIENT
@given(st.lists(st.one_of(BYTES, FRAMES.map(encode)), max_size=8))
def test_a_batch_says_what_its_messages_say_alone(payloads: list[bytes]) -> None:
    together = decode(*payloads)
    alone = [decode(payload) for payload in payloads]
    same_columns(together.fixes, type(together.fixes).concat([one.fixes for one in alone]))
    assert together.source.tolist() == [
        n for n, one in enumerate(alone) for _ in range(len(one.fixes))
    ]
    assert together.kinds == {n: one.kinds[0] for n, one in enumerate(alone) if one.kinds}
    assert [(r.reason, r.detail, r.payload) for r in together.rejects] == [
        (r.reason, r.detail, r.payload) for one in alone for r in one.rejects
    ]


@PATIENT
@given(st.binary(max_size=200))
def test_noise_is_refused_or_named_and_never_raises(noise: bytes) -> None:
    decoded = decode(noise)
    assert said(decoded) == oracle.fixes(noise)
    assert len(decoded.fixes) or decoded.rejects or decoded.kinds


@PATIENT
@given(st.lists(POSITIONS, min_size=20, max_size=40), st.randoms())
def test_parts_in_any_order_say_what_their_positions_say(
    bodies: list[bytes], random: Random
) -> None:
    parts = [encode(part) for part in split(Frame(0x0704, "013912345678", 9, batch(bodies)))]
    random.shuffle(parts)
    alone = [encode(Frame(0x0200, "013912345678", 9, body)) for body in bodies]
    assert said(decode(b"".join(parts))) == said(decode(*alone))


@PATIENT
@given(FRAMES)
def test_the_session_reads_a_frame_as_it_was_written(frame: Frame) -> None:
    found = parse(encode(frame)[1:-1])
    assert isinstance(found, Frame)
    assert found._replace(claims_2019=False) == frame._replace(claims_2019=False)


@PATIENT
@given(st.one_of(st.binary(max_size=60), FRAMES.map(lambda f: encode(f)[2:-1])))
def test_session_and_dialect_agree_on_what_a_frame_is(inside: bytes) -> None:
    inside = inside.replace(b"\x7e", b"")
    decoded = decode(b"\x7e" + inside + b"\x7e")
    found = parse(inside)
    if isinstance(found, RejectReason):
        assert [r.reason for r in decoded.rejects] == [found]
    else:
        reasons = {r.reason for r in decoded.rejects}
        assert not reasons & {RejectReason.BAD_CHECKSUM, RejectReason.ENCRYPTED}


@PATIENT
@given(st.binary(max_size=1100))
def test_the_checksum_is_the_xor_of_all_bytes(content: bytes) -> None:
    assert checksum(content) == functools.reduce(operator.xor, content, 0)


@PATIENT
@given(BYTES)
def test_escapes_are_undone_as_byte_by_byte(inside: bytes) -> None:
    assert unescape(inside) == oracle.unescaped(inside)

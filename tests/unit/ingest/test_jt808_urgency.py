"""Which messages of JT/T 808 terminals may overtake others: positions that carry an alarm."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.dialects import DIALECTS
from ingest.jt808.frame import Frame, encode
from ingest.jt808.urgency import is_urgent
from ingest.message import Message
from tests.unit.ingest.making import NOW_MS
from tests.unit.ingest.test_jt808 import PHONE, PHONE_2019, batch, position


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(st.just(0), st.integers(0, 31).map(lambda bit: 1 << bit), st.integers(0, 2**32 - 1)),
    st.sampled_from([PHONE, PHONE_2019, "7e7d017d027e"]),
    st.binary(max_size=20),
    st.booleans(),
)
def test_a_position_is_urgent_when_it_carries_an_alarm(
    alarms: int,
    terminal: str,
    items: bytes,
    claims: bool,  # noqa: FBT001 - drawn
) -> None:
    body = position(alarms=alarms, items=items)
    frame = encode(Frame(0x0200, terminal, 7, body, claims_2019=claims))
    decoded = DIALECTS["jt808"].decode([Message("tcp/jt808/x", frame, NOW_MS)])
    assert is_urgent(frame) == bool(decoded.fixes.alarms.item())


def test_a_batch_and_a_heartbeat_are_not_urgent() -> None:
    assert not is_urgent(encode(Frame(0x0704, PHONE, 7, batch([position(alarms=1)]))))
    assert not is_urgent(encode(Frame(0x0002, PHONE, 7)))


@given(st.binary(max_size=60).map(lambda rest: b"\x7e\x02\x00" + rest) | st.binary(max_size=60))
def test_any_bytes_are_urgent_or_not(payload: bytes) -> None:
    assert is_urgent(payload) in {True, False}

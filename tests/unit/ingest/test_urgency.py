"""Which payloads count as urgent, before anybody has decoded them."""

from __future__ import annotations

import pytest

from ingest.jt808.frame import Frame, encode
from ingest.message import Message
from ingest.urgency import is_urgent
from tests.unit.ingest.test_jt808 import PHONE, position


@pytest.mark.parametrize(
    ("payload", "urgent"),
    [
        (b'{"t":1,"lon":2,"lat":3,"alarms":["sos"]}', True),
        (b'{"alarms" : [ "power_cut" ],"t":1}', True),
        (b'[{"t":1},{"t":2,"alarms":\n["tamper"]}]', True),
        (b'[{"alarms":[]},{"alarms":["tamper"]}]', True),
        (b'{"t":1,"alarms":[]}', False),
        (b'{"t":1,"alarms":null}', False),
        (b'{"t":1,"lon":2,"lat":3}', False),
        (b"", False),
        (b"\x7e", False),
        (b"\x7e\x02\x00", False),
        (b"\xff\x00", False),
        (b'"alarms"' * 100_000, False),
    ],
)
def test_a_payload_is_urgent_when_it_names_an_alarm(payload: bytes, *, urgent: bool) -> None:
    assert is_urgent(Message("vg/v1/T1/fix", payload, 0)) is urgent


@pytest.mark.parametrize(("alarms", "urgent"), [(1 << 26, True), (1 << 10, False), (0, False)])
def test_a_position_of_jt808_is_urgent_when_it_carries_an_alarm(
    alarms: int, *, urgent: bool
) -> None:
    frame = encode(Frame(0x0200, PHONE, 7, position(alarms=alarms)))
    assert is_urgent(Message("tcp/jt808/192.0.2.1:5", frame, 0)) is urgent

"""Which payloads count as urgent, before anybody has decoded them."""

from __future__ import annotations

import pytest

from ingest.message import Message
from ingest.urgency import is_urgent


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
        (b"\xff\x00", False),
        (b'"alarms"' * 100_000, False),
    ],
)
def test_a_payload_is_urgent_when_it_names_an_alarm(payload: bytes, *, urgent: bool) -> None:
    assert is_urgent(Message("vg/v1/T1/fix", payload, 0)) is urgent

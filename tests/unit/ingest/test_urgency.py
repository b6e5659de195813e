"""Which payloads count as urgent, before anybody has decoded them."""

from __future__ import annotations

import pytest

from ingest.message import Message
from ingest.urgency import is_urgent


def frame(alarms: str, *, kind: str = "0200", newer: bool = False) -> bytes:
    """The beginning of a JT/T 808 position, of 2013 or 2019."""
    header = f"{kind}401c01" + "00" * 10 if newer else f"{kind}001c" + "00" * 6
    return bytes.fromhex(f"7e{header}0001{alarms}00000002")


@pytest.mark.parametrize("newer", [False, True])
def test_a_frame_is_urgent_when_its_position_has_an_alarm_set(*, newer: bool) -> None:
    def says(alarms: str, kind: str = "0200") -> bool:
        return is_urgent(Message("jt808/1.2.3.4:5", frame(alarms, kind=kind, newer=newer), 0))

    assert says("04000000")
    assert says("00000001")
    assert not says("00000000")
    assert not says("04000000", "0002")


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

"""What units say of themselves: read in full, or refused with a reason."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.force import Moved, Status, Told
from alerts.force.telling import read

TOPIC = "vg/v1/unit/u1/state"
NOW = 1_800_000_000_000


def test_place_and_status_are_two_events_of_one_time() -> None:
    said = b'{"t": 1799999999.5, "lon": 112.3, "lat": 28.5, "status": "busy"}'
    t_ms = 1_799_999_999_500
    assert read(TOPIC, said, NOW) == [
        Moved("u1", t_ms, 112.3, 28.5),
        Told("u1", t_ms, Status.BUSY),
    ]


def test_without_a_time_it_is_of_now() -> None:
    assert read(TOPIC, b'{"status": "free"}', NOW) == [Told("u1", NOW, Status.FREE)]


@pytest.mark.parametrize(
    "payload",
    [
        b"", b"{}", b"[]", b"null", b"\xff", b'{"lon": 112.3}', b'{"lat": 28.5}',
        b'{"lon": "112", "lat": "28"}', b'{"status": "asleep"}', b'{"t": -1, "status": "free"}',
        b'{"t": 1e400, "status": "free"}', b'{"t": NaN, "status": "free"}', b"[" * 4000,
        b" " * 4097, b"x" * 1_000_000, b'{"t": 1e99, "status": "off"}',
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_in_one_line(payload: bytes) -> None:
    said = read(TOPIC, payload, NOW)
    assert isinstance(said, str)
    assert said
    assert "\n" not in said


@pytest.mark.parametrize(
    "topic", ["vg/v1/unit//state", "vg/v1/unit/a/b/state", "vg/v1/u1/state", "vg/v1/unit/u1/stateX"]
)
def test_only_a_units_own_topic_speaks_for_it(topic: str) -> None:
    assert isinstance(read(topic, b'{"status": "free"}', NOW), str)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_payload_is_an_error(payload: bytes) -> None:
    assert read(TOPIC, payload, NOW)

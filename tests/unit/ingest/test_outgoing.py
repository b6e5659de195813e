"""Acknowledgements and answers as one piece: the bytes are those of the standard."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ingest.intake import Answer
from ingest.message import Message
from ingest.mqtt.outgoing import acknowledgements, publications
from ingest.mqtt.packets import NO_DELIVERY, Packets, delivery_of
from ingest.reject import RejectReason


def delivered(*deliveries: int) -> list[Message]:
    return [Message("t", b"", 0, delivery) for delivery in deliveries]


def test_each_message_of_this_connection_has_a_puback_of_its_own() -> None:
    messages = delivered(
        delivery_of(3, 1), delivery_of(3, 65_535), delivery_of(2, 7), delivery_of(3, 256)
    )
    assert acknowledgements(messages, 3) == b"\x40\x02\x00\x01\x40\x02\xff\xff\x40\x02\x01\x00"


def test_quality_of_service_0_is_not_acknowledged_and_2_is_completed() -> None:
    messages = delivered(NO_DELIVERY, delivery_of(1, 5, twice=True))
    assert acknowledgements(messages, 1) == b"\x70\x02\x00\x05"
    assert acknowledgements([], 1) == b""


def test_a_connection_far_on_is_still_told_from_the_first() -> None:
    assert acknowledgements(delivered(delivery_of(1, 9)), 1 + (1 << 30)) == b""
    assert acknowledgements(delivered(delivery_of(1 << 30, 9)), 1 << 30) == b"\x40\x02\x00\x09"


@given(
    answers=st.lists(
        st.builds(
            Answer,
            st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=64),
            st.integers(0, 2**63 - 1),
            st.none() | st.sampled_from(RejectReason),
        ),
        max_size=50,
    ),
    is_5=st.booleans(),
)
def test_answers_read_back_as_they_were_said(answers: list[Answer], *, is_5: bool) -> None:
    """Read by our own splitter, which is held to the standard by its own tests."""
    packets = Packets(connection=1, is_5=is_5, largest=1 << 17)
    messages = packets.feed(publications(answers, is_5=is_5), 0)
    assert packets.rest == b""
    wanted = [
        (
            f"vg/v1/{a.terminal}/ack",
            f'{{"seq":{a.seq}' + (f',"rejected":"{a.rejected}"' if a.rejected else "") + "}",
            NO_DELIVERY,
        )
        for a in answers
    ]
    assert [(m.topic, m.payload.decode(), m.delivery) for m in messages] == wanted

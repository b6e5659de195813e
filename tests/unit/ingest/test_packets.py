"""PUBLISH packets out of a broker's bytes: the same whatever the pieces."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingest.message import Message
from ingest.mqtt.packets import NO_DELIVERY, MalformedError, Packets, delivery_of

LARGEST = 1 << 17
NOW = 1_790_000_000_000


def varint(value: int) -> bytes:
    out = bytearray()
    while True:
        value, digit = divmod(value, 128)
        out.append(digit | (0x80 if value else 0))
        if not value:
            return bytes(out)


@dataclass(frozen=True)
class Published:
    """A PUBLISH packet, part by part (OASIS MQTT, section 3.3)."""

    topic: bytes
    payload: bytes
    qos: int = 1
    packet: int = 1
    dup: bool = False
    retain: bool = False
    properties: bytes = b""

    def encode(self, *, is_5: bool = False) -> bytes:
        first = 0x30 | self.dup << 3 | self.qos << 1 | self.retain
        rest = struct.pack(">H", len(self.topic)) + self.topic
        if self.qos:
            rest += struct.pack(">H", self.packet)
        if is_5:
            rest += varint(len(self.properties)) + self.properties
        rest += self.payload
        return bytes([first]) + varint(len(rest)) + rest

    def message(self, connection: int = 1) -> Message:
        """What must come of it, read off the parts and not off the bytes."""
        delivery = delivery_of(connection, self.packet) if self.qos else NO_DELIVERY
        return Message(self.topic.decode("utf-8", "backslashreplace"), self.payload, NOW, delivery)


def packets(*, is_5: bool = False, largest: int = LARGEST) -> Packets:
    return Packets(connection=1, is_5=is_5, largest=largest)


published = st.builds(
    Published,
    topic=st.binary(min_size=1, max_size=40) | st.just(b"vg/v1/T1/fix"),
    payload=st.binary(max_size=300) | st.integers(100, 20_000).map(lambda n: b"x" * n),
    qos=st.sampled_from([0, 1, 2]),
    packet=st.integers(1, 65_535),
    dup=st.booleans(),
    retain=st.booleans(),
    properties=st.binary(max_size=200),
)
others = st.sampled_from(
    [b"\xd0\x00", b"\x90\x03\x00\x01\x01", b"\x62\x02\x00\x07", b"\x90\xc8\x01" + b"\1" * 200]
)


@given(
    said=st.lists(published | others, max_size=30),
    cuts=st.lists(st.integers(0, 6000), max_size=40),
    is_5=st.booleans(),
)
@example(said=[Published(b"t", b"x" * 125), b"\xd0\x00"], cuts=[1, 2, 3], is_5=False)
def test_any_pieces_give_the_same_messages_and_leave_the_other_packets_whole(
    said: list[Published | bytes], cuts: list[int], *, is_5: bool
) -> None:
    stream = b"".join(one if isinstance(one, bytes) else one.encode(is_5=is_5) for one in said)
    ours, at = packets(is_5=is_5), 0
    messages: list[Message] = []
    for cut in [*cuts, len(stream)]:
        messages += ours.feed(stream[at : at + cut], NOW)
        at += cut
    wanted = [one for one in said if isinstance(one, Published) and one.qos < 2]
    assert messages == [one.message() for one in wanted]
    rest = [one for one in said if one not in wanted]
    assert bytes(ours.rest) == b"".join(
        one if isinstance(one, bytes) else one.encode(is_5=is_5) for one in rest
    )


def test_a_stream_that_comes_byte_by_byte_is_read() -> None:
    ours, one = packets(is_5=True), Published(b"vg/v1/T1/fix", b"y" * 200, properties=b"\x01\x01")
    messages = [m for byte in one.encode(is_5=True) for m in ours.feed(bytes([byte]), NOW)]
    assert messages == [one.message()]


def test_a_topic_that_is_no_utf_8_is_passed_on_to_be_refused() -> None:
    one = Published(b"vg/v1/\xff/fix", b"{}")
    assert [m.topic for m in packets().feed(one.encode(), NOW)] == ["vg/v1/\\xff/fix"]


@pytest.mark.parametrize("step", [1000, 1 << 16, 1 << 20])
@pytest.mark.parametrize("is_5", [False, True])
def test_of_a_packet_that_is_too_large_the_beginning_comes_and_the_next_is_whole(
    step: int, *, is_5: bool
) -> None:
    large = Published(b"vg/v1/T1/fix", b"z" * 3_000_000, packet=3)
    small = Published(b"vg/v1/T2/fix", b"{}", packet=4)
    stream = large.encode(is_5=is_5) + small.encode(is_5=is_5)
    ours, messages, held = packets(is_5=is_5), [], 0
    for at in range(0, len(stream), step):
        messages += ours.feed(stream[at : at + step], NOW)
        held = max(held, sum(map(len, ours._begun)))
    assert [m.topic for m in messages] == ["vg/v1/T1/fix", "vg/v1/T2/fix"]
    assert [m.delivery & 0xFFFF for m in messages] == [3, 4]
    assert LARGEST - 100 < len(messages[0].payload) < LARGEST + step
    assert set(messages[0].payload) == set(b"z")
    assert messages[1].payload == b"{}"
    assert held < LARGEST + step


def test_properties_larger_than_what_is_kept_leave_no_payload_and_harm_nobody() -> None:
    odd = Published(b"vg/v1/T1/fix", b"{}", packet=3, properties=b"p" * 300_000)
    next_one = Published(b"vg/v1/T2/fix", b"{}", packet=4)
    stream = odd.encode(is_5=True) + next_one.encode(is_5=True)
    ours, messages = packets(is_5=True), []
    for at in range(0, len(stream), 5000):
        messages += ours.feed(stream[at : at + 5000], NOW)
    assert [(m.payload, m.delivery & 0xFFFF) for m in messages] == [(b"", 3), (b"{}", 4)]


@pytest.mark.parametrize(
    ("stream", "is_5", "said"),
    [
        (b"\x32\xff\xff\xff\xff\x01", False, "more than four bytes"),
        (b"\x36\x05\x00\x01t\x00\x01", False, "QoS 3"),
        (b"\x32\x04\x00\x03ab", False, "before its packet identifier"),
        (b"\x32\x00", False, "before its packet identifier"),
        (b"\x30\x01\x00", False, "longer than the packet"),
        (b"\x30\x04\x00\x05ab", False, "longer than the packet"),
        (b"\x32\x05\x00\x01t\x00\x01", True, "before its properties"),
        (b"\x32\x06\x00\x01t\x00\x01\x09", True, "longer than the packet"),
        (b"\x32\x0a\x00\x00\x00\x01\x03\x23\x00\x07{}", True, "topic alias"),
        (b"\x30\x02\x00\x00", False, "topic alias"),
        (b"\x90\xff\xff\xff\x7f", False, "kind 9"),
    ],
)
def test_what_no_broker_may_send_ends_the_connection(
    stream: bytes, said: str, *, is_5: bool
) -> None:
    with pytest.raises(MalformedError, match=said):
        packets(is_5=is_5).feed(stream, NOW)


@given(data=st.binary(max_size=400), is_5=st.booleans())
def test_no_bytes_give_another_error_than_malformed(data: bytes, *, is_5: bool) -> None:
    try:
        messages = packets(is_5=is_5).feed(data, NOW)
    except MalformedError:
        return
    assert sum(len(m.payload) for m in messages) <= len(data)


def test_topics_are_remembered_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.mqtt.packets._TOPICS_KNOWN", 10)
    ours = packets()
    for n in range(100):
        (message,) = ours.feed(Published(b"t/%d" % n, b"").encode(), NOW)
        assert message.topic == f"t/{n}"
        assert len(ours._topics) <= 10

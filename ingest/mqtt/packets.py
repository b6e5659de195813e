"""PUBLISH packets split out of a broker's bytes, many in one pass; other packets are left whole.

Layouts: OASIS MQTT 3.1.1 and 5.0, sections 2.1 (fixed header) and 3.3 (PUBLISH).  It refuses what
no broker may send (`MalformedError`), and holds no more than one packet, cut to what is asked for.
`ingest.mqtt.line` calls it; nothing here knows a socket.
"""

from __future__ import annotations

from ingest.message import Message

NO_DELIVERY = -1
"""`Message.delivery` of QoS 0: nothing to acknowledge."""

CONNECTION_SHIFT = 17
"""`Message.delivery` is the connection above the packet identifier; bit 16 set = QoS 2."""

_PUBLISH = 0x30
_QOS = 0x06
_TOPICS_KNOWN = 200_000  # a flood of made-up topics must not fill the memory
_LONGEST_CONTROL = 1 << 20  # a CONNACK or SUBACK is some dozens of bytes
_message = tuple.__new__  # half the cost of calling the class, at 200,000 a second


def delivery_of(connection: int, packet: int, *, twice: bool = False) -> int:
    """What `Message.delivery` holds: a packet identifier means something on its own line only.

    `twice` is QoS 2, whose last answer is another packet.
    """
    return connection << CONNECTION_SHIFT | twice << 16 | packet


class MalformedError(Exception):
    """These bytes are no MQTT, or what was not agreed on; the connection cannot go on."""


class Packets:
    """One connection's bytes, in any pieces, to messages and the bytes of all other packets.

    Each `Message.delivery` is that of `delivery_of(connection, packet identifier)`.  QoS 2 is left
    to whoever reads the rest.  Of a packet of more than `largest` bytes (at least 128 KiB) what
    follows is thrown away as it comes.
    """

    def __init__(self, *, connection: int, is_5: bool, largest: int) -> None:
        self._base = delivery_of(connection, 0)
        self._is_5 = is_5
        self._largest = largest
        self._topics: dict[bytes, str] = {}
        self._begun: list[bytes] = []  # pieces of a packet that is not whole yet
        self._wanted = 0  # bytes that it still lacks, as far as is known
        self._skip = 0  # bytes of a packet that was cut, still to come
        self.rest = bytearray()
        """Whole packets that are not ours; the caller takes bytes from the front."""

    def feed(self, data: bytes, received_ms: int) -> list[Message]:
        """The messages that `data` completes, in their order.  Raises `MalformedError`."""
        if self._skip:
            gone = min(self._skip, len(data))
            self._skip -= gone
            data = data[gone:]
        if self._begun:
            self._begun.append(data)
            self._wanted -= len(data)
            if self._wanted > 0:
                return []
            data = b"".join(self._begun)
            self._begun.clear()
        return self._split(data, received_ms)

    def _split(  # noqa: C901, PLR0912 - one pass, and a call a message would double its cost
        self, data: bytes, received_ms: int
    ) -> list[Message]:
        messages: list[Message] = []
        append, known, base, is_5 = messages.append, self._topics.get, self._base, self._is_5
        position, end = 0, len(data)
        while end - position >= 2:
            first = data[position]
            length = data[position + 1]
            body = position + 2
            if length & 0x80:
                length, body = _varint(data, position + 1, end)
                if not body:
                    break
            stop = body + length
            if first & 0xF0 != _PUBLISH or first & _QOS == 0x04:
                if stop > end:
                    break
                self.rest += data[position:stop]
                position = stop
                continue
            if stop > end:
                if end - position < self._largest:
                    break
                self._skip = stop - end
            at = body + 2 + (data[body] << 8 | data[body + 1]) if length >= 2 else stop + 1
            raw = data[body + 2 : at]
            if first & _QOS:
                if first & _QOS == _QOS:
                    raise MalformedError("a PUBLISH of QoS 3")
                if at + 2 > stop:
                    raise MalformedError("a PUBLISH that ends before its packet identifier")
                delivery = base | data[at] << 8 | data[at + 1]
                at += 2
            else:
                delivery = NO_DELIVERY
            if is_5:
                properties, at = _varint(data, at, min(stop, end))
                if not at:
                    raise MalformedError("a PUBLISH that ends before its properties")
                at += properties
            if at > stop:
                raise MalformedError("a PUBLISH whose parts are longer than the packet")
            topic = known(raw) or self._topic(raw)
            append(_message(Message, (topic, data[at:stop], received_ms, delivery)))
            position = stop
        self._keep(data, position)
        return messages

    def _topic(self, raw: bytes) -> str:
        if not raw:
            raise MalformedError("a topic alias, and we allowed none")
        if len(self._topics) >= _TOPICS_KNOWN:
            self._topics.clear()
        # a topic that is no UTF-8 must be refused as an unknown topic, or it would come for ever
        topic = self._topics[raw] = raw.decode("utf-8", "backslashreplace")
        return topic

    def _keep(self, data: bytes, position: int) -> None:
        """Put what begins at `position` aside until more of it comes."""
        end = len(data)
        if position >= end:
            return
        first = data[position]
        self._wanted = 1
        length, body = _varint(data, position + 1, end)
        if body:
            whole = body + length - position
            ours = first & 0xF0 == _PUBLISH and first & _QOS != 0x04
            if not ours and whole > max(_LONGEST_CONTROL, self._largest):
                msg = f"a packet of kind {first >> 4} and {whole} bytes"
                raise MalformedError(msg)
            self._wanted = (min(whole, self._largest) if ours else whole) - (end - position)
        self._begun.append(data[position:])


def _varint(data: bytes, at: int, end: int) -> tuple[int, int]:
    """A variable byte integer (section 1.5.5) and the place behind it; (0, 0) = not all there."""
    value = 0
    for shift in (0, 7, 14, 21):
        if at >= end:
            return 0, 0
        digit = data[at]
        at += 1
        value |= (digit & 0x7F) << shift
        if not digit & 0x80:
            return value, at
    raise MalformedError("a length of more than four bytes")

"""One frame as a value: read for the session, which answers it, and written for the terminal.

The dialect reads positions in bulk elsewhere; here it is header and body, one frame at a time.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from ingest.jt808.layout import MAX_BODY
from ingest.reject import RejectReason

_END = b"\x7e"
_NEW = 1 << 14
_SPLIT = 1 << 13
_ENCRYPTED = 7 << 10
_OLD_HEADER, _NEW_HEADER, _PACKAGE = 12, 17, 4
_HALVES = tuple(1 << n for n in range(10, -1, -1))  # 1,024 bytes and less


class Frame(NamedTuple):
    """Header and body.  `part` of `parts` counts from 1; 0 of 0 is a message that is not split.

    `terminal` has 12 digits, or 20 with the header of 2019; `claims_2019` is its bit 14, which some
    terminals set on the older header.
    """

    kind: int
    terminal: str
    serial: int
    body: bytes = b""
    part: int = 0
    parts: int = 0
    claims_2019: bool = False

    @property
    def is_2019(self) -> bool:
        """Whether the header is that of 2019."""
        return len(self.terminal) > _OLD_HEADER


def checksum(content: bytes | bytearray) -> int:
    """XOR of all bytes, by folding: a frame has at most some thousand."""
    value = int.from_bytes(content, "big")
    while value.bit_length() > 8 * _HALVES[0]:
        value = (value >> 8 * _HALVES[0]) ^ (value & ((1 << 8 * _HALVES[0]) - 1))
    for half in _HALVES[1:]:
        value = (value >> 8 * half) ^ (value & ((1 << 8 * half) - 1))
    return value


def unescape(inside: bytes) -> bytes:
    """What stood between two delimiters, as it was before; a lone 7D stays."""
    if b"\x7d" not in inside:
        return inside
    return inside.replace(b"\x7d\x02", b"\x7e").replace(b"\x7d\x01", b"\x7d")


def parse(inside: bytes) -> Frame | RejectReason:
    """The frame between two delimiters, or why it is none; agrees with `split`."""
    content = unescape(inside)
    length = len(content) - 1
    if length < _OLD_HEADER:
        return RejectReason.BAD_FRAME
    if checksum(content):
        return RejectReason.BAD_CHECKSUM
    kind, properties = struct.unpack_from(">HH", content)
    size = properties & MAX_BODY
    is_split = bool(properties & _SPLIT)
    header = length - size - (_PACKAGE if is_split else 0)
    claims_2019 = bool(properties & _NEW)
    if header == _OLD_HEADER:
        terminal = content[4:10].hex()
    elif header == _NEW_HEADER and claims_2019:
        terminal = content[5:15].hex()
    else:
        return RejectReason.BAD_FRAME
    if properties & _ENCRYPTED:
        return RejectReason.ENCRYPTED
    (serial,) = struct.unpack_from(">H", content, header - 2)
    part = parts = 0
    if is_split:
        parts, part = struct.unpack_from(">HH", content, header)
        if not 1 <= part <= parts:
            return RejectReason.BAD_FRAME
        if parts == 1:
            part = parts = 0
    body = content[length - size : length]
    return Frame(kind, terminal, serial, body, part, parts, claims_2019)


def encode(frame: Frame) -> bytes:
    """The bytes of a frame, delimiters and escapes among them.

    Raises `ValueError` for a body that no frame holds, or a terminal that is no number.
    """
    if len(frame.body) > MAX_BODY:
        msg = f"expected a body of at most {MAX_BODY} bytes, found {len(frame.body)}"
        raise ValueError(msg)
    number = bytes.fromhex(frame.terminal)
    if len(number) != (10 if frame.is_2019 else 6):
        msg = f"expected a terminal of 12 or 20 digits, found {frame.terminal!r}"
        raise ValueError(msg)
    properties = len(frame.body)
    if frame.is_2019 or frame.claims_2019:
        properties |= _NEW
    if frame.parts:
        properties |= _SPLIT
    content = struct.pack(">HH", frame.kind, properties)
    content += (b"\x01" if frame.is_2019 else b"") + number + struct.pack(">H", frame.serial)
    if frame.parts:
        content += struct.pack(">HH", frame.parts, frame.part)
    content += frame.body
    content += bytes((checksum(content),))
    return _END + content.replace(b"\x7d", b"\x7d\x01").replace(b"\x7e", b"\x7d\x02") + _END


def split(frame: Frame) -> list[Frame]:
    """The frame itself, or its parts when its body is too long for one; serials count on."""
    body = frame.body
    if len(body) <= MAX_BODY:
        return [frame]
    pieces = [body[at : at + MAX_BODY] for at in range(0, len(body), MAX_BODY)]
    return [
        frame._replace(
            serial=(frame.serial + n) & 0xFFFF, body=piece, part=n + 1, parts=len(pieces)
        )
        for n, piece in enumerate(pieces)
    ]

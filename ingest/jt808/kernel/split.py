"""From the bytes of many messages to frames: delimiters, escapes, checksum, header.

One compiled pass over all messages of a batch.  A frame is `7E | header | body | checksum | 7E`;
after the checksum is appended 7D becomes 7D 01 and 7E becomes 7D 02.  A 7D before anything else is
taken as it stands: some terminals escape nothing but 7E, and the checksum decides.
"""

from __future__ import annotations

from ingest.jt808.kernel.compiled import (
    BAD_CHECKSUM,
    BAD_LENGTH,
    BAD_PART,
    EMPTY,
    ENCRYPTED,
    GOOD,
    PART,
    SHORT,
    STRAY,
    compiled,
    word,
)

OLD_HEADER = 12  # 2011 and 2013: kind W, properties W, phone BCD[6], serial W
NEW_HEADER = 17  # 2019: kind W, properties W, version B, phone BCD[10], serial W
_PACKAGE = 4  # parts W, part W after the header of a split message


@compiled
def split(data, starts, content, frames):
    """The frames in `data`; how many there are.

    * `data` uint8[m]: all messages, one after the other; message k is `starts[k]:starts[k + 1]`
      (`starts` int64[n + 1]).
    * `content` uint8[m], written: frames without delimiters and escapes, checksums among them.
    * `frames` `FRAME`[≥ 7Es in data + 2 n], written in order of the messages; a message without any
      frame gets one record that says so, bytes outside of frames another.
    """
    n = 0
    to = 0
    for message in range(starts.shape[0] - 1):
        i = starts[message]
        end = starts[message + 1]
        first = n
        begun = to
        check = 0
        inside = False
        while i < end:
            byte = data[i]
            i += 1
            if byte == 0x7E:
                if to > begun:
                    _describe(content, begun, to, check, inside, message, frames[n])
                    n += 1
                    begun = to
                    check = 0
                inside = True
                continue
            if byte == 0x7D and i < end:
                after = data[i]
                if after == 0x02:
                    byte = 0x7E
                    i += 1
                elif after == 0x01:
                    i += 1
            content[to] = byte
            to += 1
            check ^= byte
        if to > begun:
            _describe(content, begun, to, check, False, message, frames[n])
            n += 1
        elif n == first:
            _describe(content, begun, to, check, True, message, frames[n])
            n += 1
    return n


@compiled
def _describe(content, begun, end, check, enclosed, message, frame):
    """Fill in a record for the content `begun:end`, the checksum its last byte."""
    length = end - begun - 1
    frame.message = message
    frame.at = begun
    frame.length = max(length, 0)
    frame.body = begun
    frame.body_length = 0
    frame.phone = begun
    frame.digits = 0
    frame.part = 0
    frame.parts = 0
    frame.kind = 0
    frame.serial = 0
    if end == begun:
        frame.found = EMPTY
        return
    if not enclosed:
        frame.found = STRAY
        return
    if length < OLD_HEADER:
        frame.found = SHORT
        return
    if check != 0:
        frame.found = BAD_CHECKSUM
        return
    frame.kind = word(content, begun)
    properties = word(content, begun + 2)
    body_length = properties & 0x3FF
    is_split = (properties >> 13 & 1) != 0
    header = length - body_length - (_PACKAGE if is_split else 0)
    # a frame may say that it is of 2019 and have the header of 2013: the lengths tell
    if header == OLD_HEADER:
        frame.phone = begun + 4
        frame.digits = 12
    elif header == NEW_HEADER and (properties >> 14 & 1) != 0:
        frame.phone = begun + 5
        frame.digits = 20
    else:
        frame.body_length = body_length
        frame.found = BAD_LENGTH
        return
    at = begun + header
    frame.serial = word(content, at - 2)
    frame.body_length = body_length
    frame.body = begun + length - body_length
    frame.found = GOOD
    if (properties >> 10 & 7) != 0:
        frame.found = ENCRYPTED
    elif is_split:
        parts = word(content, at)
        part = word(content, at + 2)
        if part == 0 or part > parts:
            frame.found = BAD_PART
        elif parts > 1:
            frame.part = part
            frame.parts = parts
            frame.found = PART

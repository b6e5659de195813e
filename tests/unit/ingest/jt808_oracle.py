"""JT/T 808 read byte by byte, as slowly as one likes: what compiled passes have to agree with."""

from __future__ import annotations

import functools
import operator
import struct
from datetime import UTC, datetime, timedelta

from ingest.jt808.layout import ALARM_OF_BIT

Fix = dict[str, object]


def unescaped(inside: bytes) -> bytes:
    out = bytearray()
    at = 0
    while at < len(inside):
        pair = inside[at : at + 2]
        if pair in {b"\x7d\x01", b"\x7d\x02"}:
            out.append(0x7D if pair[1] == 1 else 0x7E)
            at += 2
        else:
            out.append(inside[at])
            at += 1
    return bytes(out)


def fixes(payload: bytes) -> list[Fix]:
    """The positions of a message that holds whole, unsplit frames."""
    found: list[Fix] = []
    pieces = payload.split(b"\x7e")
    for piece in pieces[1:-1]:
        if piece:
            found += _of_frame(unescaped(piece))
    return found


def _of_frame(content: bytes) -> list[Fix]:
    *inside, said = content
    if len(inside) < 12 or functools.reduce(operator.xor, inside) != said:
        return []
    data = bytes(inside)
    kind, properties = struct.unpack(">HH", data[:4])
    size = properties & 0x3FF
    is_split, is_new = properties & 0x2000, properties & 0x4000
    if properties & 0x1C00:
        return []
    header = len(data) - size - (4 if is_split else 0)
    if header == 17 and is_new:
        terminal = data[5:15].hex()
    elif header == 12:
        terminal = data[4:10].hex()
    else:
        return []
    if is_split and data[header : header + 4] != b"\x00\x01\x00\x01":
        return []
    body = data[len(data) - size :]
    is_2019 = header == 17
    if kind == 0x0200:
        bodies = [body]
    elif kind in {0x0201, 0x0500}:
        bodies = [body[2:]]
    elif kind == 0x0704:
        bodies = _batch(body)
    else:
        return []
    fill = kind == 0x0704 and len(body) > 2 and body[2] == 1
    read = [_position(one, is_2019=is_2019, is_fill=fill) for one in bodies if len(one) >= 28]
    return [{"terminal": terminal} | one for one in read if one is not None]


def _batch(body: bytes) -> list[bytes]:
    if len(body) < 3:
        return []
    bodies = []
    at = 3
    for _ in range(int.from_bytes(body[:2], "big")):
        if at + 2 > len(body):
            break
        size = int.from_bytes(body[at : at + 2], "big")
        if at + 2 + size > len(body) or size < 28:
            break
        bodies.append(body[at + 2 : at + 2 + size])
        at += 2 + size
    return bodies


def _position(body: bytes, *, is_2019: bool, is_fill: bool) -> Fix | None:
    alarms, status, lat, lon, altitude, speed, course = struct.unpack(">IIIIhHH", body[:22])
    try:
        local = datetime.strptime("20" + body[22:28].hex(), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    if local - timedelta(hours=8) < datetime(2000, 1, 1, tzinfo=UTC):
        return None
    if lat > 90_000_000 or lon > 180_000_000:
        return None
    flags = {"ignition_known"}
    if status & 1:
        flags.add("ignition")
    if status & 2 and not status & 32:
        flags.add("located")
    if status & 1 << 22 and is_2019:
        flags.add("moving")
    if is_fill:
        flags.add("back_fill")
    raised = [alarm for bit, alarm in ALARM_OF_BIT.items() if alarms >> bit & 1]
    return {
        "t": (local - timedelta(hours=8)).timestamp(),
        "lat": lat / 1e6 * (-1 if status & 4 else 1),
        "lon": lon / 1e6 * (-1 if status & 8 else 1),
        "altitude_m": altitude if -1000 <= altitude <= 20_000 else None,
        "speed_kmh": speed / 10 if speed <= 14_400 else None,
        "heading_deg": course if course <= 360 else None,
        "flags": flags,
        "alarms": {alarm.name.lower() for alarm in raised if alarm.name},
    }

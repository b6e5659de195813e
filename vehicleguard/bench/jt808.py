"""JT/T 808 positions to columns, against a decoder that takes one frame after the other.

Both read the same frames in alternating rounds of one run; processor time of the thread counts.
"""

from __future__ import annotations

import functools
import operator
import statistics
import struct
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from ingest.dialects import DIALECTS
from ingest.jt808.frame import Frame, encode
from ingest.jt808.layout import ALARM_OF_BIT, Kind
from ingest.message import Message

_Work = TypeVar("_Work")

BATCH = 4096
TERMINALS = 30_000
_ITEMS = bytes.fromhex("0104000000640202007d30011f31010a")  # mileage, fuel, signal, satellites
_PLAIN_SHARE = 16  # the plain decoder gets one frame of so many, or the bench would take minutes


@dataclass(frozen=True)
class Figures:
    """Frames a second of a core, round by round."""

    frame_bytes: int
    dialect: list[float]
    plain: list[float]

    @property
    def ratio(self) -> float:
        """How many times the plain decoder's frames the dialect reads, by medians."""
        return statistics.median(self.dialect) / statistics.median(self.plain)


def frames(count: int) -> list[bytes]:
    """Position reports of `TERMINALS` terminals that drive, one in fifty with an alarm."""
    return [
        encode(
            Frame(
                Kind.POSITION,
                f"{13_800_000_000 + n % TERMINALS:012d}",
                n & 0xFFFF,
                _position(n),
            )
        )
        for n in range(count)
    ]


def _position(n: int) -> bytes:
    place = (28_554_000 + n % 90_000, 112_355_000 + n % 70_000)
    alarms = 1 << 28 if n % 50 == 0 else 0
    rest = struct.pack(">IIIIHHH", alarms, 3, *place, 40, n % 300, n % 360)
    return rest + bytes.fromhex(f"26070412{n // 60 % 60:02d}{n % 60:02d}") + _ITEMS


def plain(payload: bytes) -> dict[str, object] | None:
    """One position as a decoder reads it that works frame by frame; None for a bad checksum."""
    content = payload[1:-1].replace(b"\x7d\x02", b"\x7e").replace(b"\x7d\x01", b"\x7d")
    if functools.reduce(operator.xor, content):
        return None
    kind, properties, phone, serial = struct.unpack_from(">HH6sH", content)
    body = content[12 : 12 + (properties & 0x3FF)]
    alarms, status, lat, lon, altitude, speed, course, at = struct.unpack_from(">IIIIHHH6s", body)
    local = datetime.strptime(at.hex(), "%y%m%d%H%M%S").replace(tzinfo=UTC)
    return {
        "kind": kind,
        "terminal": phone.hex(),
        "serial": serial,
        "t": (local - timedelta(hours=8)).timestamp(),
        "lat": lat / 1e6 * (-1 if status & 4 else 1),
        "lon": lon / 1e6 * (-1 if status & 8 else 1),
        "located": bool(status & 2),
        "ignition": bool(status & 1),
        "altitude_m": altitude,
        "speed_mps": speed / 36,
        "heading_deg": course,
        "alarms": [alarm for bit, alarm in ALARM_OF_BIT.items() if alarms >> bit & 1],
    }


def measure(count: int, rounds: int, said: Callable[[str], None] = lambda _: None) -> Figures:
    """Read `count` frames in batches of `BATCH`, `rounds` times."""
    payloads = frames(max(count, BATCH))
    messages = [Message("tcp/jt808/bench", payload, 1_783_137_600_000) for payload in payloads]
    batches = [messages[at : at + BATCH] for at in range(0, len(messages), BATCH)]
    few = payloads[:: max(len(payloads) // (len(payloads) // _PLAIN_SHARE), 1)]
    decode = DIALECTS["jt808"].decode
    decode(batches[0])  # compiles, or loads what was compiled
    figures = Figures(len(payloads[0]), [], [])
    for number in range(rounds):
        said(f"jt808 {number + 1}/{rounds}: {len(payloads):,} frames")
        figures.dialect.append(len(payloads) / _seconds(decode, batches))
        figures.plain.append(len(few) / _seconds(plain, few))
    return figures


def _seconds(run: Callable[[_Work], object], works: Sequence[_Work]) -> float:
    began = time.thread_time()
    for work in works:
        run(work)
    return time.thread_time() - began

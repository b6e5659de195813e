"""The packed native form: many fixes of many terminals in one message, for gateways and back-fill.

`vg/v1/{name}/fixes` holds, little-endian: a header of 32 bytes (`_HEADER`), the terminals' names in
UTF-8 with line feeds between them, records of 40 bytes (`RECORD`), and the CRC-32 of all that (as
in zlib).  docs/packed.md describes it byte by byte.

A message whose length, version or checksum is wrong is refused whole; a record that cannot be meant
is refused alone.  `name` speaks for itself, and for others when `ingest.gateways` names it, which
admission sees to; it is answered with the message's own number.  `encode` is for clients, the
simulator and tests.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ingest.dialects.dialect import Decoded, Speaker
from ingest.dialects.found import name_detail
from ingest.dialects.rows import refuse
from ingest.dialects.sense import is_name, misplaced
from ingest.fix import NO_SEQ, Alarm, FixBatch, Flag, Float32, Int32
from ingest.message import Message
from ingest.reject import Reject, RejectReason
from ingest.sighting import SightingBatch

MAGIC, VERSION = b"VGFX", 1
NO_NUMBER = 2**64 - 1
"""The number of a message that wants no answer."""

_HEADER = struct.Struct("<4sHHIIIIQ")
"""Magic, version, bytes a record, records, terminals, bytes of names, zero, number."""

RECORD = np.dtype(
    [
        ("t_ms", "<i8"),
        ("lon", "<i4"),  # 1e-7 degrees
        ("lat", "<i4"),
        ("terminal", "<u4"),  # position among the names
        ("flags", "<u4"),  # bits of `Flag`
        ("alarms", "<u4"),  # bits of `Alarm`
        ("speed", "<u2"),  # 0.01 m/s
        ("heading", "<u2"),  # 0.01 degrees
        ("accuracy", "<u2"),  # 0.1 m
        ("altitude", "<i2"),  # m
        ("zero", "<u4"),
    ]
)
_UNKNOWN, _UNKNOWN_ALTITUDE = 0xFFFF, -0x8000
_CHECKSUM = struct.Struct("<I")
_FLAGS = np.uint32(sum(int(flag) for flag in Flag))
_ALARMS = np.uint32(sum(int(alarm) for alarm in Alarm))
_TOLD = 16  # records of one message that are refused with a word each; the rest are counted


class _Packed(NamedTuple):
    """What a good message holds."""

    names: list[str]
    records: bytes
    number: int


class NativePacked:
    """The `Dialect`; it holds no state."""

    name = "native_packed"
    topics = ("vg/v1/+/fixes",)
    default_topic = "vg/v1/gateway/fixes"
    binary = True

    def accepts(self, topic: str) -> bool:
        """Whether `topic` is one of packed fixes."""
        return _owner(topic) is not None

    def decode(self, messages: Sequence[Message]) -> Decoded:
        """Read messages; never raises, whatever the bytes."""
        good: list[tuple[int, _Packed]] = []
        rejects: list[Reject] = []
        speakers: dict[int, Speaker] = {}
        for n, message in enumerate(messages):
            owner = _owner(message.topic)
            if owner is None or not is_name(owner):
                detail = f"expected {self.topics[0]}, found {message.topic!r}"
                rejects.append(refuse(RejectReason.UNKNOWN_TOPIC, detail, message))
                continue
            packed = _read(message.payload)
            if isinstance(packed, _Packed):
                good.append((n, packed))
                number = packed.number if packed.number < 2**63 else NO_SEQ
                speakers[n] = Speaker(owner, number)
            else:
                rejects.append(refuse(*packed, message, owner))
        batch, source = _fixes(good, messages, rejects)
        nothing = np.empty(0, np.int32)
        return Decoded(batch, source, SightingBatch.empty(), nothing, rejects, speakers=speakers)


def _owner(topic: str) -> str | None:
    """Whose packed fixes come on `topic`; None for another topic."""
    parts = topic.split("/")
    is_ours = len(parts) == 4 and parts[:2] == ["vg", "v1"] and parts[3] == "fixes"
    return parts[2] if is_ours else None


def _read(payload: bytes) -> _Packed | tuple[RejectReason, str]:
    """The parts of a message, or why it is none."""
    if len(payload) < _HEADER.size + _CHECKSUM.size:
        detail = f"expected a header of {_HEADER.size} bytes and a checksum, found {len(payload)}"
        return RejectReason.BAD_FRAME, detail
    magic, version, width, count, terminals, name_bytes, _, number = _HEADER.unpack_from(payload)
    if magic != MAGIC or version != VERSION or width != RECORD.itemsize:
        wanted = f"{MAGIC!r}, version {VERSION}, records of {RECORD.itemsize} bytes"
        detail = f"expected {wanted}, found {magic!r}, {version}, {width}"
        return RejectReason.BAD_FRAME, detail
    names_end = _HEADER.size + name_bytes
    end = names_end + count * RECORD.itemsize
    if len(payload) != end + _CHECKSUM.size:
        detail = f"expected {end + _CHECKSUM.size} bytes as the header says, found {len(payload)}"
        return RejectReason.BAD_FRAME, detail
    (told,) = _CHECKSUM.unpack_from(payload, end)
    found = zlib.crc32(memoryview(payload)[:end])
    if told != found:
        return RejectReason.BAD_CHECKSUM, f"expected a CRC-32 of {found:08x}, found {told:08x}"
    names = _names(payload[_HEADER.size : names_end], terminals)
    return _Packed(names, payload[names_end:end], number) if isinstance(names, list) else names


def _names(raw: bytes, terminals: int) -> list[str] | tuple[RejectReason, str]:
    """The names that stand in `raw`, or why they do not."""
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        return RejectReason.NOT_UTF8, f"expected names in UTF-8: {error.reason}"
    names = text.split("\n") if text else []
    if len(names) != terminals:
        return RejectReason.BAD_FRAME, f"expected {terminals} names, found {len(names)}"
    return names


def _fixes(
    good: Sequence[tuple[int, _Packed]], messages: Sequence[Message], rejects: list[Reject]
) -> tuple[FixBatch, Int32]:
    """The records of all messages as one batch; those that cannot be meant go to `rejects`."""
    records = np.frombuffer(b"".join(packed.records for _, packed in good), RECORD)
    if not len(records):
        return FixBatch.empty(), np.empty(0, np.int32)
    counts = np.array([len(packed.records) // RECORD.itemsize for _, packed in good], np.int64)
    sizes = np.array([len(packed.names) for _, packed in good], np.int64)
    where = np.array([n for n, _ in good], np.int32)
    source = np.repeat(where, counts)
    codes: dict[str, int] = {}
    code = np.array(
        [codes.setdefault(name, len(codes)) for _, packed in good for name in packed.names],
        np.int32,
    )
    index = records["terminal"].astype(np.int64)
    is_there = index < np.repeat(sizes, counts)
    place = np.where(is_there, index + np.repeat(np.cumsum(sizes) - sizes, counts), 0)
    # a message may hold records and no names, and so may all of them
    vehicle = np.append(code, np.int32(0))[place]
    ids = tuple(codes)
    t_ms = records["t_ms"].astype(np.int64)
    lon, lat = records["lon"] / 1e7, records["lat"] / 1e7
    bad: dict[int, tuple[RejectReason, str]] = dict(misplaced(t_ms / 1000, lon, lat))
    unnamed = np.array([not is_name(name) for name in ids] or [True], np.bool_)
    for row in np.flatnonzero(is_there & unnamed[vehicle]).tolist():
        bad[row] = RejectReason.BAD_VALUE, name_detail(ids[vehicle[row]])
    for row in np.flatnonzero(~is_there).tolist():
        bad[row] = RejectReason.BAD_VALUE, f"record of terminal {index[row]}, which has no name"
    flags = records["flags"] & _FLAGS
    flags = np.where((lon == 0) & (lat == 0), flags & ~np.uint32(Flag.LOCATED), flags)
    received = np.array([message.received_ms for message in messages], np.int64)
    batch = FixBatch(
        ids=ids or ("",),
        vehicle=vehicle,
        t_ms=t_ms,
        received_ms=received[source],
        lon=lon,
        lat=lat,
        speed_mps=_scaled(records["speed"], 100),
        heading_deg=_scaled(records["heading"], 100, most=36_000),
        accuracy_m=_scaled(records["accuracy"], 10),
        altitude_m=_altitude(records["altitude"]),
        flags=flags,
        alarms=records["alarms"] & _ALARMS,
        seq=np.full(len(records), NO_SEQ, np.int64),
    )
    if not bad:
        return batch, source
    rejects += _refused(bad, source, messages)
    kept = np.ones(len(records), np.bool_)
    kept[list(bad)] = False
    return batch.take(kept), source[kept]


def _refused(
    bad: dict[int, tuple[RejectReason, str]], source: Int32, messages: Sequence[Message]
) -> list[Reject]:
    """The first refusals of each message, the last of them with the number of the others."""
    by_message: dict[int, list[int]] = {}
    for row in sorted(bad):
        by_message.setdefault(int(source[row]), []).append(row)
    rejects = []
    for n, rows in by_message.items():
        first = int(np.searchsorted(source, n))
        for told, row in enumerate(rows[:_TOLD], start=1):
            reason, detail = bad[row]
            more = f" (and {len(rows) - _TOLD} more)" if told == _TOLD < len(rows) else ""
            rejects.append(refuse(reason, f"record {row - first}: {detail}{more}", messages[n]))
    return rejects


def _scaled(raw: NDArray[np.uint16], parts: int, most: int = _UNKNOWN - 1) -> Float32:
    """Whole parts of a unit as the unit, NaN for what is unknown."""
    return np.where(raw <= most, raw / parts, np.nan).astype(np.float32)


def _altitude(raw: NDArray[np.int16]) -> Float32:
    return np.where(raw >= -1000, raw, np.nan).astype(np.float32)


def encode(batch: FixBatch, number: int = NO_NUMBER) -> bytes:
    """The message that holds `batch` (its ids are terminals); `number` is what is answered.

    Places are kept to 1e-7 degrees, numbers to the units of `RECORD`; larger ones become unknown.
    Raises `ValueError` for a name that holds a line feed.
    """
    if any("\n" in name for name in batch.ids):
        raise ValueError("a terminal's name may not hold a line feed")
    records = np.zeros(len(batch), RECORD)
    records["t_ms"] = batch.t_ms
    records["lon"], records["lat"] = np.rint(batch.lon * 1e7), np.rint(batch.lat * 1e7)
    records["terminal"] = batch.vehicle
    records["flags"], records["alarms"] = batch.flags, batch.alarms
    for name, column, parts in (
        ("speed", batch.speed_mps, 100),
        ("heading", batch.heading_deg, 100),
        ("accuracy", batch.accuracy_m, 10),
    ):
        records[name] = _whole(column, parts, 0, _UNKNOWN - 1, _UNKNOWN)
    records["altitude"] = _whole(batch.altitude_m, 1, -1000, 0x7FFF, _UNKNOWN_ALTITUDE)
    names = "\n".join(batch.ids).encode()
    sizes = RECORD.itemsize, len(batch), len(batch.ids), len(names)
    said = _HEADER.pack(MAGIC, VERSION, *sizes, 0, number) + names + records.tobytes()
    return said + _CHECKSUM.pack(zlib.crc32(said))


def _whole(column: Float32, parts: int, low: int, high: int, unknown: int) -> NDArray[np.float64]:
    """A column in whole parts of its unit, `unknown` where it is or does not fit."""
    scaled = np.rint(column.astype(np.float64) * parts)
    return np.where((scaled >= low) & (scaled <= high), scaled, unknown)


NATIVE_PACKED = NativePacked()

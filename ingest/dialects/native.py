"""The native MQTT dialect: JSON on `vg/v1/…` (DESIGN §3).

`vg/v1/{terminal}/fix` holds an object or an array of them, `vg/v1/{terminal}/status` no fix,
`vg/v1/camera/{id}/sighting` what a camera saw.  A row of the wrong shape is refused; an optional
number without sense (a heading of 400) counts as unknown, since the place may still show a theft.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from ingest.dialects.dialect import Decoded
from ingest.dialects.rows import Shape, refuse, rows
from ingest.fix import ALARM_BY_NAME, NO_SEQ, FixBatch, Flag, Float32, Float64
from ingest.message import Message
from ingest.reject import Reject, RejectReason
from ingest.sighting import SightingBatch

EARLIEST_S, LATEST_S = 946_684_800.0, 4_102_444_800.0  # 2000-01-01 and 2100-01-01, UTC
_TERMINAL = re.compile(r"[^\s/+#\x00-\x1f\x7f]{1,64}")
_TOPICS_KNOWN = 200_000  # a flood of made-up topics must not fill the memory


class Fix(msgspec.Struct, gc=False):
    """A fix as it stands in the payload."""

    t: float
    lon: float
    lat: float
    speed: float | None = None
    heading: float | None = None
    acc: float | None = None
    alt: float | None = None
    ign: bool | int | None = None
    armed: bool | int | None = None
    located: bool | int | None = None
    back_fill: bool | int | None = None
    alarms: list[str] | None = None
    batt: float | None = None
    seq: int | None = None
    terminal: str | int | None = None
    vehicle: str | int | None = None
    vehicle_id: str | int | None = None
    device: str | int | None = None
    id: str | int | None = None


class Sighting(msgspec.Struct, gc=False):
    """A sighting as it stands in the payload."""

    t: float
    plate: str | None = None
    confidence: float | None = None
    lon: float | None = None
    lat: float | None = None
    plate_color: str | None = None
    vehicle_class: str | None = None
    vehicle_color: str | None = None
    direction: float | None = None
    image: str | None = None
    image_sha256: str | None = None
    read_id: str | None = None
    camera: str | None = None


class _Address(NamedTuple):
    kind: str  # "fix", "status", "sighting", or "" for a topic that is none of ours
    name: str


_FIX = Shape.of(Fix, is_numbered=True)
# a camera's number must not be answered to the terminal that happens to be its namesake
_SIGHTING = Shape.of(Sighting, is_numbered=False)
# plain integers: an IntFlag costs a microsecond an operation
_IGNITION = {
    None: 0,
    0: int(Flag.IGNITION_KNOWN),
    1: int(Flag.IGNITION_KNOWN | Flag.IGNITION),
}
_ARMED = {None: 0, 0: int(Flag.ARMED_KNOWN), 1: int(Flag.ARMED_KNOWN | Flag.ARMED)}
_LOCATED = {None: int(Flag.LOCATED), 0: 0, 1: int(Flag.LOCATED)}
_BACK_FILL = {None: 0, 0: 0, 1: int(Flag.BACK_FILL)}
_TRUTHS = frozenset({None, 0, 1})
_ALARMS = {name: int(alarm) for name, alarm in ALARM_BY_NAME.items()}


class Native:
    """The `Dialect`; it remembers only how topics read, so it may be shared by threads."""

    name = "native"
    topics = ("vg/v1/+/fix", "vg/v1/+/status", "vg/v1/camera/+/sighting")
    default_topic = "vg/v1/terminal/fix"
    binary = False

    def __init__(self) -> None:
        self._addresses: dict[str, _Address] = {}

    def accepts(self, topic: str) -> bool:
        """Whether `topic` begins as all topics of this dialect do."""
        return topic.startswith("vg/v1/")

    def decode(self, messages: Sequence[Message]) -> Decoded:
        """Read messages; never raises, whatever the bytes."""
        fixes: list[Fix] = []
        source: list[int] = []
        sightings: list[Sighting] = []
        sighting_source: list[int] = []
        rejects: list[Reject] = []
        kinds: dict[int, str] = {}
        addresses = [self._address(message.topic) for message in messages]
        for n, (message, address) in enumerate(zip(messages, addresses, strict=True)):
            kind = address.kind
            if kind == "fix":
                said = rows(message, address.name, _FIX, rejects)
                fixes += said
                source += [n] * len(said)
            elif kind == "sighting":
                seen = rows(message, address.name, _SIGHTING, rejects)
                sightings += seen
                sighting_source += [n] * len(seen)
            elif kind:
                kinds[n] = kind
            else:
                detail = f"expected one of {', '.join(self.topics)}, found {message.topic!r}"
                rejects.append(refuse(RejectReason.UNKNOWN_TOPIC, detail, message))
        batch, of = _fix_batch(fixes, source, messages, addresses, rejects)
        sighted, sighted_of = _sighting_batch(
            sightings, sighting_source, messages, addresses, rejects
        )
        return Decoded(batch, of, sighted, sighted_of, rejects, kinds)

    def _address(self, topic: str) -> _Address:
        address = self._addresses.get(topic)
        if address is None:
            address = _read_topic(topic)
            if len(self._addresses) >= _TOPICS_KNOWN:
                self._addresses.clear()
            self._addresses[topic] = address
        return address


def _read_topic(topic: str) -> _Address:
    parts = topic.split("/")
    if parts[:2] == ["vg", "v1"]:
        if len(parts) == 5 and parts[2] == "camera" and parts[4] == "sighting":
            kind, name = "sighting", parts[3]
        elif len(parts) == 4 and parts[3] in {"fix", "status"}:
            kind, name = parts[3], parts[2]
        else:
            return _Address("", "")
        if _TERMINAL.fullmatch(name):
            return _Address(kind, name)
    return _Address("", "")


def _fix_batch(
    fixes: list[Fix],
    source: list[int],
    messages: Sequence[Message],
    addresses: Sequence[_Address],
    rejects: list[Reject],
) -> tuple[FixBatch, NDArray[np.int32]]:
    """Columns of the rows that make sense; the others go to `rejects`."""
    n = len(fixes)
    of = np.array(source, np.int32)
    if not n:
        return FixBatch.empty(), of
    t = np.array([f.t for f in fixes])
    lon = np.array([f.lon for f in fixes])
    lat = np.array([f.lat for f in fixes])
    names = [addresses[k].name for k in source]
    good = np.ones(n, np.bool_)
    for row, (reason, detail) in _senseless(fixes, names, t, lon, lat).items():
        good[row] = False
        seq = fixes[row].seq
        rejects.append(refuse(reason, detail, messages[source[row]], names[row], seq))
    if not good.all():
        keep = np.flatnonzero(good)
        fixes, names = [fixes[k] for k in keep], [names[k] for k in keep]
        t, lon, lat, of = t[good], lon[good], lat[good], of[good]
    codes: dict[str, int] = {}
    vehicle = [codes.setdefault(name, len(codes)) for name in names]
    flags = np.array(
        [
            _LOCATED[f.located] | _IGNITION[f.ign] | _ARMED[f.armed] | _BACK_FILL[f.back_fill]
            for f in fixes
        ],
        np.uint32,
    )
    flags[(lon == 0) & (lat == 0)] &= ~np.uint32(Flag.LOCATED)
    received = np.array([m.received_ms for m in messages], np.int64)
    batch = FixBatch(
        ids=tuple(codes),
        vehicle=np.array(vehicle, np.int32),
        t_ms=np.rint(t * 1000).astype(np.int64),
        received_ms=received[of],
        lon=lon,
        lat=lat,
        speed_mps=_sensible([f.speed for f in fixes], 0, 400),
        heading_deg=_sensible([f.heading for f in fixes], 0, 360),
        accuracy_m=_sensible([f.acc for f in fixes], 0, 1e6),
        altitude_m=_sensible([f.alt for f in fixes], -1000, 20_000),
        flags=flags,
        alarms=np.array([_alarms(f.alarms) if f.alarms else 0 for f in fixes], np.uint32),
        seq=np.array([NO_SEQ if f.seq is None else f.seq for f in fixes], np.int64),
    )
    return batch, of


def _alarms(names: list[str]) -> int:
    """Bits of the alarms named; one that nobody knows says nothing about the place."""
    bits = 0
    for name in names:
        bits |= _ALARMS.get(name, 0)
    return bits


def _senseless(
    fixes: list[Fix],
    names: list[str],
    t: Float64,
    lon: Float64,
    lat: Float64,
) -> dict[int, tuple[RejectReason, str]]:
    """Why rows cannot be meant, by row; the first reason counts."""
    found: dict[int, tuple[RejectReason, str]] = {}
    for row in np.flatnonzero((np.abs(lon) > 180) | (np.abs(lat) > 90)).tolist():
        swapped = " (swapped?)" if abs(lat[row]) <= 180 and abs(lon[row]) <= 90 else ""
        detail = f"expected lon within 180 and lat within 90, found {lon[row]}, {lat[row]}{swapped}"
        found[row] = RejectReason.OUTSIDE_EARTH, detail
    for row in np.flatnonzero(~((t >= EARLIEST_S) & (t < LATEST_S))).tolist():
        found.setdefault(row, (RejectReason.CLOCK_OFF, _clock_detail(float(t[row]))))
    for row, (f, name) in enumerate(zip(fixes, names, strict=True)):
        for said in (f.terminal, f.vehicle, f.vehicle_id, f.device, f.id):
            if said is not None and str(said) != name:
                detail = f"the topic is {name}'s, the payload says {said!r}"
                found.setdefault(row, (RejectReason.IDENTITY_MISMATCH, detail))
        for truth in (f.located, f.ign, f.armed, f.back_fill):
            if truth not in _TRUTHS:
                detail = f"expected true, false or null, found {truth}"
                found.setdefault(row, (RejectReason.BAD_VALUE, detail))
        if f.seq is not None and not 0 <= f.seq < 2**63:
            detail = f"expected seq of 0 to 2^63 - 1, found {f.seq}"
            found.setdefault(row, (RejectReason.BAD_VALUE, detail))
    return found


def _clock_detail(t: float) -> str:
    hint = " (milliseconds?)" if EARLIEST_S <= t / 1000 < LATEST_S else ""
    return f"expected t in epoch seconds of 2000 to 2100, found {t:.16g}{hint}"


def _sensible(values: list[float | None], low: float, high: float) -> Float32:
    """The values as float32; None and what lies outside [low, high] as NaN."""
    column = np.array(values, np.float64)
    return np.where((column >= low) & (column <= high), column, np.nan).astype(np.float32)


def _sighting_batch(
    rows: list[Sighting],
    source: list[int],
    messages: Sequence[Message],
    addresses: Sequence[_Address],
    rejects: list[Reject],
) -> tuple[SightingBatch, NDArray[np.int32]]:
    kept: list[tuple[Sighting, int]] = []
    for row, n in zip(rows, source, strict=True):
        name = addresses[n].name
        lon, lat = row.lon or 0.0, row.lat or 0.0
        if not EARLIEST_S <= row.t < LATEST_S:
            detail = _clock_detail(row.t)
            rejects.append(refuse(RejectReason.CLOCK_OFF, detail, messages[n], name))
        elif abs(lon) > 180 or abs(lat) > 90:
            detail = f"expected lon within 180 and lat within 90, found {row.lon}, {row.lat}"
            rejects.append(refuse(RejectReason.OUTSIDE_EARTH, detail, messages[n], name))
        elif row.camera is not None and row.camera != name:
            detail = f"the topic is {name}'s, the payload says {row.camera!r}"
            rejects.append(refuse(RejectReason.IDENTITY_MISMATCH, detail, messages[n], name))
        else:
            kept.append((row, n))
    nan = math.nan
    batch = SightingBatch(
        camera=tuple(addresses[n].name for _, n in kept),
        plate=tuple(row.plate for row, _ in kept),
        plate_color=tuple(row.plate_color for row, _ in kept),
        vehicle_class=tuple(row.vehicle_class for row, _ in kept),
        vehicle_color=tuple(row.vehicle_color for row, _ in kept),
        image=tuple(row.image for row, _ in kept),
        image_sha256=tuple(row.image_sha256 for row, _ in kept),
        read_id=tuple(row.read_id for row, _ in kept),
        t_ms=np.array([round(row.t * 1000) for row, _ in kept], np.int64),
        received_ms=np.array([messages[n].received_ms for _, n in kept], np.int64),
        lon=np.array([nan if row.lon is None else row.lon for row, _ in kept], np.float64),
        lat=np.array([nan if row.lat is None else row.lat for row, _ in kept], np.float64),
        confidence=_sensible([row.confidence for row, _ in kept], 0, 1),
        direction_deg=_sensible([row.direction for row, _ in kept], 0, 360),
    )
    return batch, np.array([n for _, n in kept], np.int32)


NATIVE = Native()

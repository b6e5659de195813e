"""EMQX's JT/T 808 gateway: messages of 808 terminals as JSON on `jt808/CLIENT/PHONE/up`.

`{"header": {"msg_id", "phone", …}, "body": …}`, with the numbers as they stand in the frame:
degrees in millionths without a sign, speed in 0.1 km/h, time `YYMMDDhhmmss` of UTC+8 (EMQX,
`apps/emqx_gateway_jt808`: `doc/Data_Exchange_Guide_CN.md` and `src/emqx_jt808_frame.erl`).  The
terminal is `phone`, which stands in the topic, too.  Positions are read from 0x0200, from the
answers 0x0201 and 0x0500 and from batches 0x0704; the other messages are kinds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone
from typing import Annotated

import msgspec

from ingest.dialects.dialect import Decoded
from ingest.dialects.found import Found, flags_of
from ingest.dialects.rows import MAX_ROWS, Shape, rows
from ingest.dialects.sense import KMH, is_name
from ingest.jt808 import layout
from ingest.jt808.layout import Kind
from ingest.message import Message
from ingest.reject import RejectReason

_BEIJING = timezone(timedelta(hours=8))
_BLIND = 1  # of a batch: positions of a time without a network
_Word = Annotated[int, msgspec.Meta(ge=0, le=0xFFFF)]
_Double = Annotated[int, msgspec.Meta(ge=0, le=0xFFFF_FFFF)]


class Report(msgspec.Struct, gc=False):
    """A position as the gateway writes it."""

    latitude: _Double
    longitude: _Double
    time: str
    alarm: _Double = 0
    status: _Double = 0
    altitude: _Word | None = None
    speed: _Word | None = None
    direction: _Word | None = None


class _Answer(msgspec.Struct, gc=False):
    params: Report | None = None
    location: Report | None = None


class _Batch(msgspec.Struct, gc=False):
    location: list[msgspec.Raw]
    type: int = 0


class _Header(msgspec.Struct, gc=False):
    msg_id: _Word
    phone: str


class _Said(msgspec.Struct, gc=False):
    header: _Header
    body: msgspec.Raw = msgspec.Raw(b"{}")


_SAID, _REPORTS, _ANSWERS, _BATCHES = (
    Shape.of(row, is_numbered=False) for row in (_Said, Report, _Answer, _Batch)
)


class EmqxJt808:
    """The `Dialect`."""

    name = "emqx_jt808"
    topics = ("jt808/+/+/up",)
    default_topic = ""
    binary = False

    def accepts(self, topic: str) -> bool:
        """Whether `topic` is one on which the gateway tells what terminals say."""
        return topic.startswith("jt808/") and topic.endswith("/up")

    def decode(self, messages: Sequence[Message]) -> Decoded:
        """Read messages; never raises, whatever the bytes."""
        found = Found(messages)
        for n, message in enumerate(messages):
            if not all(map(is_name, message.topic.split("/"))) and message.topic:
                detail = f"expected {self.topics[0]}, found {message.topic!r}"
                found.refuse(n, RejectReason.UNKNOWN_TOPIC, detail)
                continue
            for said in rows(message, "", _SAID, found.rejects):
                _note(found, n, message, said)
        return found.decoded()


def _note(found: Found, n: int, message: Message, said: _Said) -> None:
    """Note what one message of a terminal says, or why it cannot be taken."""
    phone, levels = said.header.phone, message.topic.split("/")
    # an own `up_topic` may leave the phone out; where it stands it has to be the sender's
    if len(levels) == 4 and levels[2] != phone:
        detail = f"the topic is {levels[2]}'s, the payload says {phone!r}"
        found.refuse(n, RejectReason.IDENTITY_MISMATCH, detail, levels[2])
        return
    kind = said.header.msg_id
    if kind not in layout.POSITIONED:
        found.kind(n, layout.name(kind))
        return
    for report, is_back_fill in _reports(found, message, phone, kind, bytes(said.body)):
        _fix(found, n, phone, report, is_back_fill)


def _reports(
    found: Found, message: Message, phone: str, kind: int, body: bytes
) -> Iterator[tuple[Report, bool]]:
    """The positions of a body, and whether they come late."""
    if kind == Kind.POSITION:
        for report in rows(message, phone, _REPORTS, found.rejects, body):
            yield report, False
    elif kind == Kind.BATCH:
        for batch in rows(message, phone, _BATCHES, found.rejects, body):
            for raw in batch.location[:MAX_ROWS]:
                for report in rows(message, phone, _REPORTS, found.rejects, bytes(raw)):
                    yield report, batch.type == _BLIND
    else:
        for answer in rows(message, phone, _ANSWERS, found.rejects, body):
            for report in (answer.params, answer.location):
                if report is not None:
                    yield report, False


def _fix(found: Found, n: int, phone: str, said: Report, is_back_fill: bool) -> None:  # noqa: FBT001 - a state
    t = _epoch_s(said.time)
    if t is None:
        detail = f"expected a time YYMMDDhhmmss, found {said.time[:40]!r}"
        found.refuse(n, RejectReason.BAD_VALUE, detail, phone)
        return
    lon, lat = said.longitude / 1e6, said.latitude / 1e6
    altitude = said.altitude
    if altitude is not None and altitude >= 1 << 15:  # a word that terminals use with a sign
        altitude -= 1 << 16
    alarms = 0
    for bit, alarm in layout.ALARM_OF_BIT.items() if said.alarm else ():
        if said.alarm >> bit & 1:
            alarms |= int(alarm)
    status = said.status
    found.fix(
        n,
        phone,
        t,
        -lon if status & layout.WEST else lon,
        -lat if status & layout.SOUTH else lat,
        speed_mps=None if said.speed is None else said.speed / 10 * KMH,
        heading_deg=said.direction,
        altitude_m=altitude,
        flags=flags_of(
            # encrypted coordinates are shifted: they say no place
            located=bool(status & layout.LOCATED) and not status & layout.ENCRYPTED,
            ignition=bool(status & layout.ACC),
            moving=bool(status & layout.MOVING),
            back_fill=is_back_fill,
        ),
        alarms=alarms,
    )


def _epoch_s(text: str) -> float | None:
    if len(text) != 12 or not (text.isascii() and text.isdigit()):
        return None
    year, month, day, hour, minute, second = (int(text[at : at + 2]) for at in range(0, 12, 2))
    try:
        return datetime(2000 + year, month, day, hour, minute, second, tzinfo=_BEIJING).timestamp()
    except ValueError:
        return None


EMQX_JT808 = EmqxJt808()

"""OwnTracks: phones, and Queclink trackers behind its gateway, as JSON on `owntracks/USER/DEVICE`.

The format is OwnTracks' own (booklet, "JSON"): `_type` names the message, `location` is the one
with a fix; `vel` is in km/h, `acc` and `alt` in metres, `tst` in epoch seconds.  The terminal is
`USER:DEVICE`, since two people may both call their phone "phone".  A payload that came by HTTP, and
so without a topic, names it by its own `topic`, else by `tid`.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ingest.dialects.dialect import Decoded
from ingest.dialects.found import Found, flags_of
from ingest.dialects.rows import Shape, rows
from ingest.dialects.sense import KMH, is_name
from ingest.fix import Alarm
from ingest.message import Message
from ingest.reject import RejectReason

# what Queclink devices say by `t`, their trigger; the phones' own letters are others
_TRIGGERED = {"!": int(Alarm.ILLEGAL_DISPLACEMENT), "e": int(Alarm.POWER_CUT)}
_IGNITION = {"i": True, "I": False}


class Said(msgspec.Struct, gc=False):
    """What is wanted of a message; the other fields are not looked at."""

    kind: str = msgspec.field(name="_type")
    tst: float | None = None
    lon: float | None = None
    lat: float | None = None
    vel: float | None = None
    cog: float | None = None
    acc: float | None = None
    alt: float | None = None
    t: str | None = None
    tid: str | None = None
    topic: str | None = None


_SHAPE = Shape.of(Said, is_numbered=False)


class OwnTracks:
    """The `Dialect`."""

    name = "owntracks"
    topics = ("owntracks/+/+", "owntracks/+/+/event")
    default_topic = ""
    binary = False

    def accepts(self, topic: str) -> bool:
        """Whether `topic` begins as all topics of this dialect do."""
        return topic.startswith("owntracks/")

    def decode(self, messages: Sequence[Message]) -> Decoded:
        """Read messages; never raises, whatever the bytes."""
        found = Found(messages)
        for n, message in enumerate(messages):
            name = _name(message.topic)
            for said in rows(message, name or "", _SHAPE, found.rejects):
                _note(found, n, message.topic, name, said)
        return found.decoded()


def _name(topic: str) -> str | None:
    """The terminal whose topic that is, or None."""
    parts = topic.split("/")
    if len(parts) < 3 or parts[0] != "owntracks" or not all(parts) or ":" in parts[1]:
        return None
    name = f"{parts[1]}:{parts[2]}"
    return name if is_name(name) else None


def _note(found: Found, n: int, topic: str, name: str | None, said: Said) -> None:
    """Note what one object says of the terminal `name`, or why it cannot be taken."""
    if said.kind == "encrypted":
        detail = "expected a message that can be read, found an encrypted one"
        found.refuse(n, RejectReason.ENCRYPTED, detail, name or "")
    elif said.kind != "location":
        found.kind(n, said.kind[:40])
    elif topic and name is None:
        detail = f"expected owntracks/USER/DEVICE, USER without a colon, found {topic!r}"
        found.refuse(n, RejectReason.UNKNOWN_TOPIC, detail)
    elif said.tst is None or said.lon is None or said.lat is None:
        missing = next(f for f in ("tst", "lon", "lat") if getattr(said, f) is None)
        detail = f"Object missing required field `{missing}`"
        found.refuse(n, RejectReason.MISSING_FIELD, detail, name or "")
    elif name and said.topic is not None and _name(said.topic) != name:
        detail = f"the topic is {name}'s, the payload says {said.topic!r}"
        found.refuse(n, RejectReason.IDENTITY_MISMATCH, detail, name)
    else:
        terminal = name or _name(said.topic or "") or said.tid
        if terminal is None:
            detail = "expected a topic, or a payload with `topic` or `tid`, found neither"
            found.refuse(n, RejectReason.MISSING_FIELD, detail)
            return
        found.fix(
            n,
            terminal,
            said.tst,
            said.lon,
            said.lat,
            speed_mps=None if said.vel is None else said.vel * KMH,
            heading_deg=said.cog,
            accuracy_m=said.acc,
            altitude_m=said.alt,
            flags=flags_of(ignition=_IGNITION.get(said.t or "")),
            alarms=_TRIGGERED.get(said.t or "", 0),
        )


OWNTRACKS = OwnTracks()

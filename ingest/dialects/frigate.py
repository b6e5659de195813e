"""Frigate, a network video recorder, over MQTT (docs.frigate.video, "MQTT"), prefix `frigate`.

`frigate/events` tells of an object again and again, `frigate/tracked_object_update` of each plate
that was read.  Both give a sighting when they carry a plate; its `read_id` is made of the object
and the plate, so that however often a read is told, by whichever of the two, it is one sighting.
`frigate/available` and `frigate/<camera>/status/detect` are the server's and the camera's word of
themselves.  Whoever was recognised, and by what face, is not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.dialects import leaf
from ingest.dialects.dialect import Decoded
from ingest.dialects.seen import Seen, Sightings
from ingest.message import Message
from ingest.reject import RejectReason

_PREFIX = "frigate"
_STATUS = re.compile(rf"{_PREFIX}/([^/]+)/status/detect")
_UP = {b"online": True, b"offline": False, b"stopped": False, b"disabled": False}
_TOLD = {f"{_PREFIX}/reviews": "review", f"{_PREFIX}/triggers": "trigger"}
_VEHICLES = frozenset(
    {"car", "motorcycle", "bus", "truck", "bicycle", "school_bus", "garbage_truck"}
)


class Frigate:
    """The `Dialect`; it remembers nothing."""

    name = "frigate"
    topics = (
        f"{_PREFIX}/events",
        f"{_PREFIX}/tracked_object_update",
        f"{_PREFIX}/available",
        f"{_PREFIX}/+/status/detect",
    )
    default_topic = f"{_PREFIX}/events"
    binary = False

    def accepts(self, topic: str) -> bool:
        """Whether `topic` begins as all topics of Frigate do."""
        return topic.startswith(f"{_PREFIX}/")

    def decode(self, messages: Sequence[Message]) -> Decoded:
        """Read messages; never raises, whatever the bytes."""
        out = Sightings(messages)
        for n, message in enumerate(messages):
            topic = message.topic
            if topic == f"{_PREFIX}/available":
                _state(out, n, message, _PREFIX, "available")
            elif found := _STATUS.fullmatch(topic):
                _state(out, n, message, found[1], "status")
            elif topic in _TOLD:
                out.kind(n, _TOLD[topic])
            elif topic in self.topics:
                _object(out, n, message)
            else:
                detail = f"expected one of {', '.join(self.topics)}, found {topic!r}"
                out.refuse(n, RejectReason.UNKNOWN_TOPIC, detail)
        return out.decoded()


def _state(out: Sightings, n: int, message: Message, who: str, kind: str) -> None:
    """A word for a state.  What stands for the whole server is told of its prefix."""
    is_up = _UP.get(message.payload.strip())
    if is_up is None:
        detail = f"expected online, offline or disabled, found {message.payload[:40]!r}"
        out.refuse(n, RejectReason.BAD_VALUE, detail)
        return
    out.kind(n, kind)
    out.notice(n, who, is_up=is_up)


def _object(out: Sightings, n: int, message: Message) -> None:
    body = leaf.an_object(message.payload)
    if isinstance(body, tuple):
        out.refuse(n, *body)
        return
    kind = leaf.text(body.get("type"))
    if kind is None:
        out.refuse(n, RejectReason.MISSING_FIELD, "expected a type, found none")
        return
    told, at, read, score = body, "timestamp", body.get("plate"), body.get("score")
    if message.topic.endswith("/events"):
        told, at = leaf.inner(body, "after"), "frame_time"
        if not told:
            out.refuse(n, RejectReason.MISSING_FIELD, "expected an object `after`, found none")
            return
        # a known plate has its owner's name in `sub_label` and its letters here
        read = told.get("recognized_license_plate")
        score = told.get("recognized_license_plate_score")
    elif kind != "lpr":
        read = None
    if (plate := leaf.text(read)) is None:
        out.kind(n, kind)
        return
    label, name = leaf.text(told.get("label")), leaf.text(told.get("id"))
    out.add(
        n,
        Seen(
            camera=leaf.text(told.get("camera")),
            t_s=leaf.seconds(told.get(at)),
            plate=plate,
            confidence=leaf.number(score, 0, 1),
            vehicle_class=label if label in _VEHICLES else None,
            image=f"/api/events/{name}/snapshot.jpg" if name and told.get("has_snapshot") else None,
            read_id=f"{name}/{plate}" if name else None,
        ),
    )


FRIGATE = Frigate()

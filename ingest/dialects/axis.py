"""Axis cameras over MQTT: plate readers as CAMMRA AI, and the event bridge of the camera itself.

Topic `axis` or `axis/<serial>/…`; the payload's serial number, where it has one, must be the
topic's.  A body with a plate gives a sighting, whether it stands alone or as `message.data` of an
event; a car that is told of several times is one sighting.  Other events are kinds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ingest.dialects import leaf
from ingest.dialects.dialect import Decoded
from ingest.dialects.seen import Seen, Sightings
from ingest.message import Message
from ingest.reject import RejectReason

_HOUR_S = 3600


class Axis:
    """The `Dialect`; it remembers nothing."""

    name = "axis"
    topics = ("axis/#",)
    default_topic = "axis"
    binary = False

    def accepts(self, topic: str) -> bool:
        """Whether `topic` begins as those of Axis cameras do."""
        return topic == "axis" or topic.startswith("axis/")

    def decode(self, messages: Sequence[Message]) -> Decoded:
        """Read messages; never raises, whatever the bytes."""
        out = Sightings(messages)
        for n, message in enumerate(messages):
            if self.accepts(message.topic):
                _read(out, n, message)
            else:
                detail = f"expected axis/<serial>/…, found {message.topic!r}"
                out.refuse(n, RejectReason.UNKNOWN_TOPIC, detail)
        return out.decoded()


def _read(out: Sightings, n: int, message: Message) -> None:
    body = leaf.an_object(message.payload)
    if isinstance(body, tuple):
        out.refuse(n, *body)
        return
    levels = message.topic.split("/")
    named = levels[1] if len(levels) > 1 else None
    event = leaf.inner(body, "message", "data")
    told = event if _plate(event) else body
    serial = leaf.text(body.get("serial"))
    serial = serial or leaf.text(leaf.inner(told, "camera_info").get("SerialNumber"))
    if named and serial and named != serial:
        detail = f"the topic is {named}'s, the payload says {serial!r}"
        out.refuse(n, RejectReason.IDENTITY_MISMATCH, detail, named)
        return
    read = _plate(told)
    if read is None:
        topic = leaf.text(body.get("topic")) or "/".join(levels[2:]) or "event"
        out.kind(n, topic.removeprefix("axis:").removeprefix("event/"))
        return
    camera, t_s = named or serial or leaf.text(told.get("sensorProviderID")), _time(told, body)
    vehicle, place = leaf.inner(told, "vehicle_info"), leaf.inner(told, "geotag")
    car = leaf.text(told.get("carID"))
    counted = car is not None and math.isfinite(t_s)
    image, sha256 = leaf.picture(_picture(told))
    out.add(
        n,
        Seen(
            camera=camera,
            t_s=t_s,
            plate=read,
            confidence=leaf.number(told.get("plateConfidence"), 0, 1),
            vehicle_class=leaf.text(vehicle.get("type")),
            vehicle_color=leaf.text(vehicle.get("color")),
            image=image,
            image_sha256=sha256,
            # cars are counted anew when the camera starts, but not within an hour up to the same
            read_id=f"{car}/{read}/{int(t_s // _HOUR_S)}" if counted else None,
            lon=leaf.number(place.get("lon"), -1e9, 1e9),
            lat=leaf.number(place.get("lat"), -1e9, 1e9),
        ),
    )


def _plate(told: dict[str, Any]) -> str | None:
    names = ("plateUTF8", "plateUnicode", "plateText", "plateASCII")
    return next((read for name in names if (read := leaf.text(told.get(name)))), None)


def _time(told: dict[str, Any], body: dict[str, Any]) -> float:
    """Epoch seconds of the capture: `datetime` is the camera's local time of an unknown zone."""
    for value, per_second in (
        (told.get("capture_timestamp"), 1000),
        (told.get("capture_ts"), 1_000_000_000),
        (body.get("timestamp"), 1000),
    ):
        if math.isfinite(t_s := leaf.seconds(value, per_second)):
            return t_s
    return math.nan


def _picture(told: dict[str, Any]) -> Any:
    """The picture of the vehicle rather than of its plate, where both are there."""
    addresses = told.get("imagesURI")
    known = (
        [one for one in addresses if isinstance(one, str)] if isinstance(addresses, list) else []
    )
    wanted = [one for one in known if "roi_" in one] or known
    return wanted[0] if wanted else told.get("imageFile")


AXIS = Axis()

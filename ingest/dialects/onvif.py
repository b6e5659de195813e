"""ONVIF cameras over MQTT: Profile M, events as JSON (ONVIF Core Specification, "Event broker").

Topic `<prefix>/onvif-ej/<event topic>/…`; the prefix is set in each camera and names it here.
`RuleEngine/Recognition/LicensePlate` gives sightings; every other event is a kind, by its topic.
Values stand as texts, numbers, or objects with `#text` and `@Likelihood`.
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

_MARK = "/onvif-ej/"
_PLATES = "RuleEngine/Recognition/LicensePlate"


class Onvif:
    """The `Dialect`; it remembers nothing."""

    name = "onvif"
    topics = ("+/onvif-ej/#", "+/+/onvif-ej/#")
    default_topic = f"camera{_MARK}{_PLATES}"
    binary = False

    def accepts(self, topic: str) -> bool:
        """Whether `topic` is that of an ONVIF event in JSON."""
        return _MARK in topic

    def decode(self, messages: Sequence[Message]) -> Decoded:
        """Read messages; never raises, whatever the bytes."""
        out = Sightings(messages)
        for n, message in enumerate(messages):
            camera, mark, event = message.topic.partition(_MARK)
            if not mark or not camera:
                detail = f"expected <camera>{_MARK}…, found {message.topic!r}"
                out.refuse(n, RejectReason.UNKNOWN_TOPIC, detail)
            elif not event.startswith(_PLATES):
                out.kind(n, "/".join(event.split("/")[:3]))
            else:
                _read(out, n, message.payload, camera)
        return out.decoded()


def _read(out: Sightings, n: int, payload: bytes, camera: str) -> None:
    body = leaf.an_object(payload)
    if isinstance(body, tuple):
        out.refuse(n, *body)
        return
    data = leaf.inner(body, "Data")
    # the JSON of some repeats the element's name, as its XML schema nests type in item
    told = leaf.inner(data, "LicensePlateInfo")
    told = leaf.inner(told, "LicensePlateInfo") or told
    vehicle = leaf.inner(data, "VehicleInfo")
    vehicle = leaf.inner(vehicle, "VehicleInfo") or vehicle
    read, likely = _value(told.get("PlateNumber", data.get("PlateNumber")))
    if read is None:
        out.kind(n, _PLATES)
        return
    if math.isnan(likely):
        likely = leaf.number(data.get("Likelihood"), 0, 1)
    image, sha256 = leaf.picture(data.get("ImageURI") or data.get("Image"))
    out.add(
        n,
        Seen(
            camera=camera,
            t_s=leaf.iso_s(body.get("UtcTime")),
            plate=read,
            confidence=likely,
            plate_color=_value(told.get("PlateColor"))[0],
            vehicle_class=_value(vehicle.get("Type"))[0],
            vehicle_color=_value(vehicle.get("Color"))[0],
            image=image,
            image_sha256=sha256,
        ),
    )


def _value(told: Any) -> tuple[str | None, float]:
    """A value and how likely it is, 0 to 1; NaN = not told."""
    if isinstance(told, dict):
        return leaf.text(told.get("#text")), leaf.number(told.get("@Likelihood"), 0, 1)
    return leaf.text(told), math.nan


ONVIF = Onvif()

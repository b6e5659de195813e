"""Traccar's position and event forwarding: 200 protocols of trackers through one gateway.

`positions` and `events` (Traccar's names for them; `forward.topic`, `event.forward.topic`) bring
`{"position": …, "device": …}`, events with `"event"` besides.  Speed is in knots, dates are
ISO-8601.  A position's `id` is 0 when it is forwarded, so a fix is known by the device's
`uniqueId`, which is the terminal, and `fixTime`.  Two relatives are read on the same topics: the
flat form that some servers make of it, and what the Traccar Client app sends (speed in m/s, -1 =
unknown).

A position that is `outdated` tells the device's time and an old place: it counts as not located.
Traccar writes an unknown accuracy as 0.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ingest.dialects.dialect import Decoded
from ingest.dialects.found import Found, flags_of, truth
from ingest.dialects.moment import epoch_s
from ingest.dialects.rows import Shape, rows
from ingest.dialects.sense import KNOT
from ingest.fix import Alarm
from ingest.message import Message
from ingest.reject import RejectReason

_ALARMS = {
    "sos": Alarm.SOS,
    "vibration": Alarm.VIBRATION,
    "shock": Alarm.VIBRATION,
    "powerCut": Alarm.POWER_CUT,
    "powerOff": Alarm.POWER_CUT,
    "lowBattery": Alarm.LOW_BATTERY,
    "lowPower": Alarm.LOW_BATTERY,
    "movement": Alarm.ILLEGAL_DISPLACEMENT,
    "tow": Alarm.ILLEGAL_DISPLACEMENT,
    "tampering": Alarm.TAMPER,
    "removing": Alarm.TAMPER,
    "jamming": Alarm.JAMMING,
    "gpsAntennaCut": Alarm.ANTENNA,
    "overspeed": Alarm.OVERSPEED,
    "accident": Alarm.COLLISION,
    "fallDown": Alarm.ROLLOVER,
    "door": Alarm.ILLEGAL_DOOR,
    "geofence": Alarm.ZONE,
    "geofenceEnter": Alarm.ZONE,
    "geofenceExit": Alarm.ZONE,
}
"""`Position.ALARM_*` of Traccar; the others (harsh braking, …) say nothing of a theft."""

_Date = str | int
_Truth = bool | int


class Attributes(msgspec.Struct, gc=False):
    """What is wanted of a position's or an event's `attributes`."""

    ignition: _Truth | None = None
    armed: _Truth | None = None
    motion: _Truth | None = None
    archive: _Truth | None = None
    alarm: str | None = None


class Position(msgspec.Struct, gc=False):
    """Traccar's `Position`; in the flat form `fixTime` and `deviceTime` are written small."""

    latitude: float
    longitude: float
    fix_time: _Date = msgspec.field(name="fixTime")
    device_time: _Date | None = msgspec.field(default=None, name="deviceTime")
    device_id: int | None = msgspec.field(default=None, name="deviceId")
    valid: _Truth = True
    outdated: _Truth = False
    speed: float | None = None
    course: float | None = None
    altitude: float | None = None
    accuracy: float | None = None
    attributes: Attributes | None = None


class Device(msgspec.Struct, gc=False):
    """Traccar's `Device`."""

    unique_id: str = msgspec.field(name="uniqueId")
    id: int | None = None


class Event(msgspec.Struct, gc=False):
    """Traccar's `Event`."""

    type: str = "event"
    attributes: Attributes | None = None


class Coordinates(msgspec.Struct, gc=False):
    """Where Traccar Client was: m/s, degrees, metres; -1 = unknown."""

    latitude: float
    longitude: float
    speed: float | None = None
    heading: float | None = None
    accuracy: float | None = None
    altitude: float | None = None


class Location(msgspec.Struct, gc=False):
    """What Traccar Client says of a place."""

    coords: Coordinates
    timestamp: _Date
    is_moving: bool | None = None


class Said(msgspec.Struct, gc=False):
    """A message of the forwarders, or of Traccar Client, or the flat form."""

    device: Device | None = None
    position: Position | None = None
    event: Event | None = None
    location: Location | None = None
    device_id: str | int | None = None
    uniqueid: str | None = None


class Flat(Position, gc=False):
    """A position and its device in one object."""

    fix_time: _Date = msgspec.field(name="fixtime")
    device_time: _Date | None = msgspec.field(default=None, name="devicetime")
    device_id: int | None = None


_SHAPE = Shape.of(Said, is_numbered=False)
_FLAT = Shape.of(Flat, is_numbered=False)


class Traccar:
    """The `Dialect`."""

    name = "traccar"
    topics = ("positions", "events")
    default_topic = "positions"
    binary = False

    def accepts(self, topic: str) -> bool:
        """Whether `topic` is one of the forwarders'."""
        return topic in self.topics

    def decode(self, messages: Sequence[Message]) -> Decoded:
        """Read messages; never raises, whatever the bytes."""
        found = Found(messages)
        for n, message in enumerate(messages):
            for said in rows(message, "", _SHAPE, found.rejects):
                _note(found, n, message, said)
        return found.decoded()


def _note(found: Found, n: int, message: Message, said: Said) -> None:
    """Note what one object holds, or why it cannot be taken."""
    position, device, location = said.position, said.device, said.location
    if position is not None and device is not None:
        if None not in {position.device_id, device.id} and position.device_id != device.id:
            detail = f"the position is device {position.device_id}'s, the device is {device.id}"
            found.refuse(n, RejectReason.IDENTITY_MISMATCH, detail, device.unique_id)
            return
        alarms = _alarms(position.attributes) | _alarms(
            said.event.attributes if said.event else None
        )
        _fix(found, n, device.unique_id, position, alarms)
    elif location is not None and said.device_id is not None:
        _client(found, n, str(said.device_id), location)
    elif said.uniqueid is not None:
        for flat in rows(message, said.uniqueid, _FLAT, found.rejects)[:1]:
            _fix(found, n, said.uniqueid, flat, _alarms(flat.attributes))
    elif said.event is not None:
        found.kind(n, said.event.type[:40])
    else:
        detail = "expected position and device, or an event, found neither"
        found.refuse(n, RejectReason.MISSING_FIELD, detail)


def _alarms(attributes: Attributes | None) -> int:
    """Bits of the alarms that `attributes` name; several stand with commas between them."""
    if attributes is None or not attributes.alarm:
        return 0
    bits = 0
    for name in attributes.alarm.split(","):
        bits |= int(_ALARMS.get(name.strip(), 0))
    return bits


def _fix(found: Found, n: int, terminal: str, said: Position, alarms: int) -> None:
    date = said.device_time if said.outdated and said.device_time is not None else said.fix_time
    t = epoch_s(date)
    if t is None:
        _undated(found, n, date, terminal)
        return
    a = said.attributes or Attributes()
    found.fix(
        n,
        terminal,
        t,
        said.longitude,
        said.latitude,
        speed_mps=None if said.speed is None else said.speed * KNOT,
        heading_deg=said.course,
        accuracy_m=said.accuracy or None,
        altitude_m=said.altitude,
        flags=flags_of(
            located=bool(said.valid) and not said.outdated,
            ignition=truth(a.ignition),
            armed=truth(a.armed),
            moving=truth(a.motion),
            back_fill=truth(a.archive),
        ),
        alarms=alarms,
    )


def _client(found: Found, n: int, terminal: str, said: Location) -> None:
    t, at = epoch_s(said.timestamp), said.coords
    if t is None:
        _undated(found, n, said.timestamp, terminal)
        return
    found.fix(
        n,
        terminal,
        t,
        at.longitude,
        at.latitude,
        speed_mps=at.speed,
        heading_deg=at.heading,
        accuracy_m=at.accuracy,
        altitude_m=at.altitude,
        flags=flags_of(moving=said.is_moving),
    )


def _undated(found: Found, n: int, date: object, terminal: str) -> None:
    detail = f"expected a date with its zone (ISO-8601), found {str(date)[:100]!r}"
    found.refuse(n, RejectReason.BAD_VALUE, detail, terminal)


TRACCAR = Traccar()

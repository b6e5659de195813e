"""flespi: messages of its channels and devices, as they come on `flespi/message/gw/…`.

`flespi/message/gw/channels/CHANNEL/IDENT` and `flespi/message/gw/devices/DEVICE` hold one message
or an array; names of parameters are flespi's own (flespi.com/kb, "Message"): `timestamp` in epoch
seconds, `position.speed` in km/h.  The terminal is `ident`, which on a channel's topic stands
there, too, and must be the same.  A message without a place is of kind `telemetry`.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ingest.dialects.dialect import Decoded
from ingest.dialects.found import Found, flags_of, truth
from ingest.dialects.rows import Shape, rows
from ingest.dialects.sense import KMH, is_name
from ingest.fix import Alarm
from ingest.message import Message
from ingest.reject import RejectReason

_BASE = "flespi/message/gw/"
_ALARMS = {
    "alarm.event.trigger": Alarm.SOS,
    "alarm.event": Alarm.SOS,
    "shock.event.trigger": Alarm.VIBRATION,
    "shock.event": Alarm.VIBRATION,
    "towing.event.trigger": Alarm.ILLEGAL_DISPLACEMENT,
    "towing.event": Alarm.ILLEGAL_DISPLACEMENT,
    "towing.alarm.status": Alarm.ILLEGAL_DISPLACEMENT,
    "gsm.jamming.event.trigger": Alarm.JAMMING,
    "gsm.jamming.alarm.status": Alarm.JAMMING,
    "gnss.antenna.cut.status": Alarm.ANTENNA,
    "internal.battery.voltage.limit.lower.status": Alarm.LOW_BATTERY,
    "overspeeding.event.trigger": Alarm.OVERSPEED,
    "crash.event.trigger": Alarm.COLLISION,
    "crash.event": Alarm.COLLISION,
    "geofence.event.enter": Alarm.ZONE,
    "geofence.event.exit": Alarm.ZONE,
}
"""Parameters that are true in an alarm; those without `.trigger` are the later spelling."""

_Truth = bool | int


class Said(msgspec.Struct, gc=False):
    """What is wanted of a message beside its alarms, under flespi's names."""

    ident: str | int | None = None
    timestamp: float | None = None
    lon: float | None = msgspec.field(default=None, name="position.longitude")
    lat: float | None = msgspec.field(default=None, name="position.latitude")
    speed: float | None = msgspec.field(default=None, name="position.speed")
    heading: float | None = msgspec.field(default=None, name="position.direction")
    altitude: float | None = msgspec.field(default=None, name="position.altitude")
    valid: _Truth | None = msgspec.field(default=None, name="position.valid")
    ignition: _Truth | None = msgspec.field(default=None, name="engine.ignition.status")
    moving: _Truth | None = msgspec.field(default=None, name="movement.status")
    armed: _Truth | None = msgspec.field(default=None, name="alarm.mode.status")
    buffered: _Truth | None = msgspec.field(default=None, name="message.buffered.status")


_FIELD_OF = {parameter: f"alarm_{n}" for n, parameter in enumerate(_ALARMS)}
_BIT_OF = {_FIELD_OF[parameter]: int(alarm) for parameter, alarm in _ALARMS.items()}
_Alarmed = msgspec.defstruct(
    "_Alarmed",
    [
        (field, _Truth | None, msgspec.field(default=None, name=parameter))
        for parameter, field in _FIELD_OF.items()
    ],
    bases=(Said,),
    gc=False,
)
_SHAPE = Shape.of(_Alarmed, is_numbered=False)


class Flespi:
    """The `Dialect`."""

    name = "flespi"
    topics = (f"{_BASE}channels/+/+", f"{_BASE}devices/+")
    default_topic = ""
    binary = False

    def accepts(self, topic: str) -> bool:
        """Whether `topic` begins as all topics of this dialect do."""
        return topic.startswith(_BASE)

    def decode(self, messages: Sequence[Message]) -> Decoded:
        """Read messages; never raises, whatever the bytes."""
        found = Found(messages)
        for n, message in enumerate(messages):
            owner = _owner(message.topic)
            if owner is None:
                detail = f"expected one of {', '.join(self.topics)}, found {message.topic!r}"
                found.refuse(n, RejectReason.UNKNOWN_TOPIC, detail)
                continue
            for said in rows(message, owner, _SHAPE, found.rejects):
                _note(found, n, owner, said)
        return found.decoded()


def _owner(topic: str) -> str | None:
    """The ident that a channel's topic names; empty where it names none, None for another topic."""
    parts = topic.removeprefix(_BASE).split("/")
    if len(parts) == 3 and parts[0] == "channels":
        return parts[2] if is_name(parts[2]) else None
    return "" if topic == "" or (len(parts) == 2 and parts[0] == "devices") else None


def _note(found: Found, n: int, owner: str, said: Said) -> None:
    """Note what one message says, or why it cannot be taken."""
    terminal = "" if said.ident is None else str(said.ident)
    if owner and terminal and owner != terminal:
        detail = f"the topic is {owner}'s, the payload says {terminal!r}"
        found.refuse(n, RejectReason.IDENTITY_MISMATCH, detail, owner)
    elif said.lon is None or said.lat is None:
        found.kind(n, "telemetry")
    elif said.timestamp is None or not (owner or terminal):
        missing = "timestamp" if said.timestamp is None else "ident"
        detail = f"Object missing required field `{missing}`"
        found.refuse(n, RejectReason.MISSING_FIELD, detail, owner or terminal)
    else:
        alarms = 0
        for field, bit in _BIT_OF.items():
            if getattr(said, field):
                alarms |= bit
        found.fix(
            n,
            owner or terminal,
            said.timestamp,
            said.lon,
            said.lat,
            speed_mps=None if said.speed is None else said.speed * KMH,
            heading_deg=said.heading,
            altitude_m=said.altitude,
            flags=flags_of(
                located=said.valid is None or bool(said.valid),
                ignition=truth(said.ignition),
                armed=truth(said.armed),
                moving=truth(said.moving),
                back_fill=truth(said.buffered),
            ),
            alarms=alarms,
        )


FLESPI = Flespi()

"""ThingsBoard telemetry: `v1/gateway/telemetry`, and `v1/devices/DEVICE/telemetry`.

Devices name the telemetry as they please; read are the names of its map widgets and their usual
spellings, numbers also as text.  `ts` is in epoch milliseconds; without it the time is that of
arrival, as ThingsBoard has it.  `speed` is taken as km/h.

A device of ThingsBoard publishes on `v1/devices/me/telemetry` and is known by the access token in
its CONNECT packet, which no subscriber sees.  Such a message is taken only when its values name the
terminal (`deviceName`, `device` or `terminal`); else it is refused, for nobody can say whose it is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from ingest.dialects.dialect import Decoded
from ingest.dialects.found import Found, flags_of
from ingest.dialects.rows import MAX_ROWS, Shape, refuse, rows
from ingest.dialects.sense import KMH, is_name
from ingest.fix import ALARM_BY_NAME
from ingest.message import Message
from ingest.reject import Reject, RejectReason

_GATEWAY, _SHORT = "v1/gateway/telemetry", "v2/t"
_WHOSE = (
    "nobody can say whose this is: ThingsBoard tells devices by an access token that subscribers "
    "do not see; name it in the topic (v1/devices/NAME/telemetry), in the values (deviceName), "
    "or let a gateway send it (v1/gateway/telemetry)"
)


# the first that is there counts
_LON, _LAT = ("longitude", "lon", "lng"), ("latitude", "lat")
_HEADING, _MOVING = ("course", "heading", "bearing", "direction"), ("moving", "motion")
_NAME = ("deviceName", "device", "terminal")

_ROWS = Shape.of(dict[str, Any], is_numbered=False)
_DEVICES = Shape.of(dict[str, msgspec.Raw], is_numbered=False)
_TRUTHS: dict[object, bool] = {
    **dict.fromkeys((True, "true", "1"), True),
    **dict.fromkeys((False, "false", "0"), False),
}


class ThingsBoard:
    """The `Dialect`."""

    name = "thingsboard"
    topics = ("v1/devices/+/telemetry", _SHORT, _GATEWAY)
    default_topic = ""
    binary = False

    def accepts(self, topic: str) -> bool:
        """Whether `topic` is one on which telemetry comes."""
        return topic in {_GATEWAY, _SHORT} or _device(topic) is not None

    def decode(self, messages: Sequence[Message]) -> Decoded:
        """Read messages; never raises, whatever the bytes."""
        found = Found(messages)
        for n, message in enumerate(messages):
            refused = len(found.rejects)
            places = 0
            for device, part in _devices(found, message):
                for row in rows(message, device, _ROWS, found.rejects, part):
                    places += _note(found, n, message, device, row)
            if not places and len(found.rejects) == refused:
                found.kind(n, "telemetry")
        return found.decoded()


def _device(topic: str) -> str | None:
    """The device that a topic names; empty for `me`, None for another topic."""
    parts = topic.split("/")
    if len(parts) != 4 or parts[:2] != ["v1", "devices"] or parts[3] != "telemetry":
        return None
    if not is_name(parts[2]):
        return None
    return "" if parts[2] == "me" else parts[2]


def _devices(found: Found, message: Message) -> Iterator[tuple[str, bytes]]:
    """The devices of a message, each with its part of the payload; empty for one not named."""
    if message.topic not in {_GATEWAY, ""}:
        device = "" if message.topic == _SHORT else _device(message.topic)
        if device is None:
            detail = f"expected one of {', '.join(ThingsBoard.topics)}, found {message.topic!r}"
            found.rejects.append(refuse(RejectReason.UNKNOWN_TOPIC, detail, message))
        else:
            yield device, message.payload
        return
    noted: list[Reject] = []
    for devices in rows(message, "", _DEVICES, noted):
        parts = {device: bytes(part) for device, part in devices.items()}
        if not message.topic and not all(part[:1] == b"[" for part in parts.values()):
            # without a topic, what is no gateway's is a device's
            yield "", message.payload
            return
        if len(parts) > MAX_ROWS:
            detail = f"expected at most {MAX_ROWS} devices, found {len(parts)}"
            noted.append(refuse(RejectReason.TOO_LARGE, detail, message))
            break
        for device, part in parts.items():
            if part[:1] == b"[":
                yield device, part
            else:
                detail = f"expected an array, found {part[:40].decode(errors='replace')!r}"
                noted.append(refuse(RejectReason.BAD_VALUE, detail, message, device))
    if noted and not message.topic:
        yield "", message.payload
    else:
        found.rejects += noted


def _note(found: Found, n: int, message: Message, device: str, row: dict[str, Any]) -> bool:
    """Note what one object of telemetry says, or why it cannot be taken; whether it had a place."""
    values, ts = row, None
    if isinstance(row.get("values"), dict):
        values, ts = row["values"], row.get("ts")
    lon, lat = _first(values, _LON), _first(values, _LAT)
    if lon is None and lat is None:
        return False
    said = _first(values, _NAME)
    name = device or ("" if said is None else str(said))
    t = message.received_ms / 1000 if ts is None else _number(ts) / 1000
    if not name:
        found.refuse(n, RejectReason.MISSING_FIELD, _WHOSE)
    elif math.isnan(_number(lon)) or math.isnan(_number(lat)):
        detail = f"expected numbers for longitude and latitude, found {lon!r:.40}, {lat!r:.40}"
        found.refuse(n, RejectReason.BAD_VALUE, detail, name)
    elif math.isnan(t):
        detail = f"expected ts in epoch milliseconds, found {ts!r:.40}"
        found.refuse(n, RejectReason.BAD_VALUE, detail, name)
    elif device and said is not None and str(said) != device:
        detail = f"the topic is {device}'s, the payload says {said!r:.100}"
        found.refuse(n, RejectReason.IDENTITY_MISMATCH, detail, device)
    else:
        found.fix(
            n,
            name,
            t,
            _number(lon),
            _number(lat),
            speed_mps=_number(values.get("speed")) * KMH,
            heading_deg=_number(_first(values, _HEADING)),
            accuracy_m=_number(values.get("accuracy")),
            altitude_m=_number(values.get("altitude")),
            flags=flags_of(
                ignition=_truth(values.get("ignition")),
                armed=_truth(values.get("armed")),
                moving=_truth(_first(values, _MOVING)),
            ),
            alarms=_alarms(values.get("alarm")) | _alarms(values.get("alarms")),
        )
    return True


def _first(values: dict[str, Any], names: tuple[str, ...]) -> object:
    return next((values[name] for name in names if values.get(name) is not None), None)


def _number(said: object) -> float:
    """The number that is said, also as text; NaN for what is none."""
    if isinstance(said, bool) or not isinstance(said, int | float | str):
        return math.nan
    try:
        return float(said)
    except (ValueError, OverflowError):
        return math.nan


def _truth(said: object) -> bool | None:
    return _TRUTHS.get(said) if isinstance(said, bool | int | float | str) else None


def _alarms(said: object) -> int:
    """Bits of the alarms that are named, as text or as a list of it."""
    names = said if isinstance(said, list) else [said]
    bits = 0
    for name in names:
        if isinstance(name, str) and name in ALARM_BY_NAME:
            bits |= int(ALARM_BY_NAME[name])
    return bits


THINGSBOARD = ThingsBoard()

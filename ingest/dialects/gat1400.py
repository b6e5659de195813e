"""GA/T 1400 (视图库), JSON as platforms and cameras post it: motor and non-motor vehicles.

`MotorVehicleListObject`, `NonMotorVehicleListObject` and `SubscribeNotificationListObject` give
sightings; registration and keep-alive are kinds, and a word of the device of itself.  Numbers may
be texts; times are of China (UTC+8); codes are translated by `gat1400_codes`.  Pictures are kept by
reference and hash, those of people and faces not at all, nor are people and faces themselves.

The receiver calls `reduced` first, so that no picture waits in memory or reaches the disk.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from ingest.dialects import gat1400_codes as codes
from ingest.dialects import leaf
from ingest.dialects.dialect import Decoded
from ingest.dialects.rows import MAX_ROWS
from ingest.dialects.seen import Seen, Sightings
from ingest.message import Message
from ingest.reject import RejectReason

_LISTS = (
    ("MotorVehicleListObject", "MotorVehicleObject"),
    ("NonMotorVehicleListObject", "NonMotorVehicleObject"),
    ("MotorVehicleObjectList", "MotorVehicleObject"),
    ("NonMotorVehicleObjectList", "NonMotorVehicleObject"),
)
_WORDS = (
    *("MotorVehicleID", "NonMotorVehicleID", "DeviceID", "TollgateID", "HasPlate", "PlateNo"),
    *("PlateClass", "PlateColor", "PlateReliability", "PlateCharReliability", "VehicleClass"),
    *("VehicleColor", "Direction", "PassTime", "MarkTime", "AppearTime", "Longitude", "Latitude"),
    "StorageUrl1",
)
_SYSTEM = {"RegisterObject": "register", "KeepaliveObject": "keepalive"}
_GONE = {"UnRegisterObject": "unregister"}
_PEOPLE = {"FaceListObject": "face", "PersonListObject": "person"}
KEEPALIVE_MS = 900_000
"""Devices keep alive every minute or so; one that has not for this long is down."""
_NO_PLATE = frozenset({"无车牌", "无牌", "未识别", "未知", "车牌", "unknown"})
_CHARACTER = re.compile(r"-(\d{1,3})(?:,|$)")
_encode = msgspec.json.Encoder().encode


class Judged(NamedTuple):
    """One vehicle of a message: its id there, and whether a sighting came of it."""

    id: str
    is_taken: bool


class Gat1400:
    """The `Dialect`; it remembers nothing."""

    name = "gat1400"
    topics: tuple[str, ...] = ()  # they come over HTTP, see `ingest.gat1400`
    default_topic = "VIID/MotorVehicles"
    binary = False

    def accepts(self, topic: str) -> bool:
        """Whether `topic` is a resource of the standard."""
        return topic.startswith("VIID/")

    def decode(self, messages: Sequence[Message]) -> Decoded:
        """Read messages; never raises, whatever the bytes."""
        out = Sightings(messages)
        for n, message in enumerate(messages):
            _read(out, n, message.payload)
        return out.decoded()


def judge(payload: bytes) -> list[Judged]:
    """What `Gat1400.decode` makes of each vehicle of a message, in their order."""
    return _read(Sightings([Message(Gat1400.default_topic, payload, 0)]), 0, payload)


def reduced(payload: bytes) -> bytes | leaf.Refusal:
    """A message that decodes to the same, without pictures, people and what is not looked at."""
    body = leaf.an_object(payload)
    if isinstance(body, tuple):
        return body
    kept: dict[str, Any] = {}
    for name in (*_SYSTEM, *_GONE):
        if name in body:
            kept[name] = {"DeviceID": leaf.text(leaf.inner(body, name).get("DeviceID"))}
    for name in ("SubscribeListObject", "SubscribeNotificationListObject", *_PEOPLE):
        if name in body:
            kept[name] = {}
    for outer, name in _LISTS[:2]:
        if isinstance(leaf.inner(body, outer).get(name), list):
            kept[outer] = {name: []}
    for outer, name, told in _vehicles(body):
        kept.setdefault(outer, {name: []})[name].append(_reduced(told))
    return _encode(kept)


def _reduced(told: Any) -> dict[str, Any] | None:
    if not isinstance(told, dict):
        return None
    words: dict[str, Any] = {name: _word(told, name) for name in _WORDS if name in told}
    return words | {"SubImageList": {"SubImageInfoObject": _pictures(told)}}


def _read(out: Sightings, n: int, payload: bytes) -> list[Judged]:
    body = leaf.an_object(payload)
    if isinstance(body, tuple):
        out.refuse(n, *body)
        return []
    told = list(_vehicles(body))
    if len(told) > MAX_ROWS:
        detail = f"expected at most {MAX_ROWS} vehicles, found {len(told)}"
        out.refuse(n, RejectReason.TOO_LARGE, detail)
        return []
    if not told:
        _kind(out, n, body)
    return [
        _vehicle(out, n, vehicle, f"{name} {row}: ") for row, (_, name, vehicle) in enumerate(told)
    ]


def _kind(out: Sightings, n: int, body: dict[str, Any]) -> None:
    for names, is_up in ((_SYSTEM, True), (_GONE, False)):
        for name, kind in names.items():
            if name in body:
                out.kind(n, kind)
                device = leaf.text(leaf.inner(body, name).get("DeviceID"))
                lasts_ms = KEEPALIVE_MS if kind == "keepalive" else 0
                out.notice(n, device, is_up=is_up, lasts_ms=lasts_ms)
                return
    if "SubscribeListObject" in body:
        out.kind(n, "subscribe")
    elif "SubscribeNotificationListObject" in body:
        out.kind(n, "notification")
    elif people := next((kind for name, kind in _PEOPLE.items() if name in body), None):
        out.kind(n, people)
    elif any(isinstance(leaf.inner(body, outer).get(name), list) for outer, name in _LISTS):
        out.kind(n, "empty")
    else:
        expected = "MotorVehicleListObject.MotorVehicleObject or another list of the standard"
        out.refuse(n, RejectReason.MISSING_FIELD, f"expected {expected}, found none")


def _vehicles(body: dict[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Every vehicle that a message holds, with the names of its list and of its kind."""
    notes = leaf.inner(body, "SubscribeNotificationListObject").get("SubscribeNotificationObject")
    for holder in (body, *leaf.many(notes)):
        if not isinstance(holder, dict):
            continue
        for (outer, name), plain in zip(_LISTS, _LISTS[:2] * 2, strict=True):
            listed = leaf.inner(holder, outer).get(name)
            for vehicle in leaf.many(listed):
                yield plain[0], name, vehicle


def _vehicle(out: Sightings, n: int, told: Any, where: str) -> Judged:
    if not isinstance(told, dict):
        out.refuse(n, RejectReason.BAD_VALUE, f"{where}expected an object")
        return Judged("", is_taken=False)

    def word(name: str) -> str | None:
        return _word(told, name)

    named = word("MotorVehicleID") or word("NonMotorVehicleID") or ""
    times = [word(name) for name in ("PassTime", "AppearTime", "MarkTime")]
    at = next((one for one in times if one), None)
    t_s = leaf.compact_s(at)
    if at and math.isnan(t_s):
        detail = f"{where}expected a time as yyyyMMddHHmmss, found {at!r}"
        out.refuse(n, RejectReason.BAD_VALUE, detail, word("DeviceID") or "")
        return Judged(named, is_taken=False)
    read = word("PlateNo")
    if (word("HasPlate") or "").lower() in {"0", "false"} or (read or "").lower() in _NO_PLATE:
        read = None
    image, sha256 = _picture(told)
    seen = Seen(
        camera=word("DeviceID") or word("TollgateID"),
        t_s=t_s,
        plate=read,
        confidence=_reliability(told) if read else math.nan,
        plate_color=codes.color(word("PlateColor")),
        vehicle_class=codes.vehicle_class(word("VehicleClass"), word("PlateClass")),
        vehicle_color=codes.color(word("VehicleColor")),
        image=image,
        image_sha256=sha256,
        # there are cameras that give all vehicles one id
        read_id=f"{named}/{at}/{read or ''}" if named else None,
        lon=leaf.number(told.get("Longitude"), -1e9, 1e9),
        lat=leaf.number(told.get("Latitude"), -1e9, 1e9),
        direction_deg=codes.direction_deg(word("Direction")),
    )
    return Judged(named, out.add(n, seen, where))


def _word(told: dict[str, Any], name: str) -> str | None:
    value = told.get(name)
    if isinstance(value, bool):
        return "1" if value else "0"
    if name == "StorageUrl1":
        return leaf.picture(value)[0]
    return leaf.text(value)


def _reliability(told: dict[str, Any]) -> float:
    """0 to 1: `PlateReliability` in per cent, else that of the character least sure.

    A fraction of one is one; of 1, which some mean as the whole and the standard as a per cent,
    the characters decide.
    """
    whole = leaf.number(told.get("PlateReliability"), 0, 100)
    told_of = leaf.text(told.get("PlateCharReliability")) or ""
    each = [min(int(one), 100) for one in _CHARACTER.findall(told_of)]
    if each and (math.isnan(whole) or whole == 1):
        return min(each) / 100
    return whole if whole < 1 else whole / 100


def _pictures(told: dict[str, Any]) -> list[dict[str, str | None]]:
    """The pictures of a vehicle without their bytes; those of people and faces are left out."""
    listed = told.get("SubImageList")
    if isinstance(listed, str):  # some write the list as a text
        parsed = leaf.an_object(listed.encode("utf-8", "replace"))
        listed = parsed if isinstance(parsed, dict) else None
    kept = []
    for one in leaf.many(leaf.inner(listed).get("SubImageInfoObject")):
        if not isinstance(one, dict):
            continue
        kind = (leaf.text(one.get("Type")) or "").zfill(2)
        if kind in codes.FACES:
            continue
        path, by_path = leaf.picture(one.get("StoragePath"))
        kept.append(
            {
                "Type": kind,
                "ImageID": leaf.text(one.get("ImageID")),
                "StoragePath": path,
                "Sha256": leaf.text(one.get("Sha256"))
                or leaf.sha256_of(one.get("Data"))
                or by_path,
            }
        )
    return kept


def _picture(told: dict[str, Any]) -> tuple[str | None, str | None]:
    """Reference and hash of the picture that shows the vehicle best."""
    rank = {kind: n for n, kind in enumerate(codes.PREFERRED)}
    held = sorted(_pictures(told), key=lambda one: rank.get(one["Type"] or "", len(rank)))
    for one in held:
        if reference := one["StoragePath"] or one["ImageID"]:
            return reference, one["Sha256"]
    return _word(told, "StorageUrl1"), None


GAT1400 = Gat1400()

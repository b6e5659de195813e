"""What the dialects of cameras gather: sightings, kinds, notices and rejects of many messages."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ingest.dialects import leaf
from ingest.dialects.dialect import Decoded, Notice
from ingest.dialects.sense import EARLIEST_S, LATEST_S, clock_detail, place_detail
from ingest.fix import FixBatch
from ingest.message import Message
from ingest.reject import Reject, RejectReason
from ingest.sighting import NUMBERS, TEXTS, SightingBatch

_CAMERA = re.compile(r"[^\x00-\x1f\x7f]{1,128}")


class Seen(NamedTuple):
    """One sighting, in the units of `SightingBatch` but for `t_s`, epoch seconds; NaN = unknown."""

    camera: str | None
    t_s: float
    plate: str | None = None
    confidence: float = math.nan
    plate_color: str | None = None
    vehicle_class: str | None = None
    vehicle_color: str | None = None
    image: str | None = None
    image_sha256: str | None = None
    read_id: str | None = None
    lon: float = math.nan
    lat: float = math.nan
    direction_deg: float = math.nan


class Sightings:
    """Gathers what `messages` say; `n` is everywhere a message's position among them."""

    def __init__(self, messages: Sequence[Message]) -> None:
        self._messages = messages
        self._rows: list[Seen] = []
        self._source: list[int] = []
        self._rejects: list[Reject] = []
        self._kinds: dict[int, str] = {}
        self._notices: list[Notice] = []

    def add(self, n: int, seen: Seen, where: str = "") -> bool:
        """Take a sighting, or refuse it; whether it was taken.

        `where` in the message it stands is told with the reason.
        """
        lon, lat, camera = seen.lon, seen.lat, seen.camera or ""
        if not camera:
            self.refuse(n, RejectReason.MISSING_FIELD, f"{where}nothing names the camera")
        elif not _CAMERA.fullmatch(camera):
            detail = f"{where}expected a camera's name, found {camera!r}"
            self.refuse(n, RejectReason.BAD_VALUE, detail)
        elif math.isnan(seen.t_s):
            detail = f"{where}no time that could be read"
            self.refuse(n, RejectReason.MISSING_FIELD, detail, camera)
        elif not EARLIEST_S <= seen.t_s < LATEST_S:
            detail = f"{where}{clock_detail(seen.t_s)}"
            self.refuse(n, RejectReason.CLOCK_OFF, detail, camera)
        elif abs(lon) > 180 or abs(lat) > 90:
            detail = f"{where}{place_detail(lon, lat)}"
            self.refuse(n, RejectReason.OUTSIDE_EARTH, detail, camera)
        else:
            if math.isnan(lon) or math.isnan(lat) or lon == lat == 0:
                seen = seen._replace(lon=math.nan, lat=math.nan)
            self._rows.append(seen)
            self._source.append(n)
            return True
        return False

    def refuse(self, n: int, reason: RejectReason, detail: str, camera: str = "") -> None:
        """Refuse (a part of) a message.  No picture and no face is kept with it."""
        message = self._messages[n]
        kept = leaf.keepable(message.payload)
        self._rejects.append(
            Reject(reason, detail, message.topic, kept, message.received_ms, camera)
        )

    def kind(self, n: int, name: str) -> None:
        """Say what a message is that holds no sighting."""
        self._kinds[n] = name

    def notice(self, n: int, camera: str | None, *, is_up: bool, lasts_ms: int = 0) -> None:
        """Take a camera's word of itself, for `lasts_ms`, 0 = until it says otherwise.

        One that has no proper name is nobody's.
        """
        if camera and _CAMERA.fullmatch(camera):
            at_ms = self._messages[n].received_ms
            until_ms = at_ms + lasts_ms if lasts_ms else 0
            self._notices.append(Notice(camera, is_up, at_ms, until_ms))

    def decoded(self) -> Decoded:
        """All that was gathered."""
        rows, received = self._rows, [m.received_ms for m in self._messages]
        source = np.array(self._source, np.int32)
        texts = {name: tuple(getattr(row, name) for row in rows) for name in TEXTS}
        t_ms = [round(row.t_s * 1000) for row in rows]
        numbers = {
            "t_ms": t_ms,
            "received_ms": [received[n] for n in self._source],
            "lon": [row.lon for row in rows],
            "lat": [row.lat for row in rows],
            "confidence": [row.confidence for row in rows],
            "direction_deg": [row.direction_deg for row in rows],
        }
        columns = {name: np.array(numbers[name], dtype) for name, dtype in NUMBERS.items()}
        batch = SightingBatch(**texts, **columns)  # type: ignore[arg-type]  # named as its fields
        nothing = np.empty(0, np.int32)
        return Decoded(
            FixBatch.empty(),
            nothing,
            batch,
            source,
            self._rejects,
            self._kinds,
            notices=self._notices,
        )

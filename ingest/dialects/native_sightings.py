"""Sightings of native messages as columns: what cameras say on `vg/v1/camera/{id}/sighting`.

Called by `native`; the dialects of other cameras make their own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
import numpy as np

from ingest.dialects.rows import Shape, refuse, rows
from ingest.dialects.sense import EARLIEST_S, HEADING_DEG, LATEST_S, clock_detail, sensible
from ingest.fix import Int32
from ingest.message import Message
from ingest.reject import Reject, RejectReason
from ingest.sighting import SightingBatch


class Sighting(msgspec.Struct, gc=False):
    """A sighting as it stands in the payload."""

    t: float
    plate: str | None = None
    confidence: float | None = None
    lon: float | None = None
    lat: float | None = None
    plate_color: str | None = None
    vehicle_class: str | None = None
    vehicle_color: str | None = None
    direction: float | None = None
    image: str | None = None
    image_sha256: str | None = None
    read_id: str | None = None
    camera: str | None = None


# a camera's number must not be answered to the terminal that happens to be its namesake
_SIGHTING = Shape.of(Sighting, is_numbered=False)


def sighting_batch(
    messages: Sequence[Message], names: Sequence[str], where: Sequence[int], rejects: list[Reject]
) -> tuple[SightingBatch, Int32]:
    """The sightings of the messages at positions `where`, and of which message each is.

    `names` are the cameras of all messages.  What makes no sense goes to `rejects`.
    """
    if not where:
        return SightingBatch.empty(), np.empty(0, np.int32)
    kept: list[tuple[Sighting, int]] = []
    for n in where:
        for row in rows(messages[n], names[n], _SIGHTING, rejects):
            problem = _problem(row, names[n])
            if problem is None:
                kept.append((row, n))
            else:
                rejects.append(refuse(*problem, messages[n], names[n]))
    nan = math.nan
    batch = SightingBatch(
        camera=tuple(names[n] for _, n in kept),
        plate=tuple(row.plate for row, _ in kept),
        plate_color=tuple(row.plate_color for row, _ in kept),
        vehicle_class=tuple(row.vehicle_class for row, _ in kept),
        vehicle_color=tuple(row.vehicle_color for row, _ in kept),
        image=tuple(row.image for row, _ in kept),
        image_sha256=tuple(row.image_sha256 for row, _ in kept),
        read_id=tuple(row.read_id for row, _ in kept),
        t_ms=np.array([round(row.t * 1000) for row, _ in kept], np.int64),
        received_ms=np.array([messages[n].received_ms for _, n in kept], np.int64),
        lon=np.array([nan if row.lon is None else row.lon for row, _ in kept], np.float64),
        lat=np.array([nan if row.lat is None else row.lat for row, _ in kept], np.float64),
        confidence=sensible([row.confidence for row, _ in kept], 0, 1),
        direction_deg=sensible([row.direction for row, _ in kept], *HEADING_DEG),
    )
    return batch, np.array([n for _, n in kept], np.int32)


def _problem(row: Sighting, name: str) -> tuple[RejectReason, str] | None:
    """Why a sighting cannot be meant; the first reason counts."""
    if not EARLIEST_S <= row.t < LATEST_S:
        return RejectReason.CLOCK_OFF, clock_detail(row.t)
    if abs(row.lon or 0.0) > 180 or abs(row.lat or 0.0) > 90:
        detail = f"expected lon within 180 and lat within 90, found {row.lon}, {row.lat}"
        return RejectReason.OUTSIDE_EARTH, detail
    if row.camera is not None and row.camera != name:
        detail = f"the topic is {name}'s, the payload says {row.camera!r}"
        return RejectReason.IDENTITY_MISMATCH, detail
    return None

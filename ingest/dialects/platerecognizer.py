"""Plate Recognizer: what its Stream posts to a webhook, and its Snapshot API answers.

(guides.platerecognizer.com, "Webhooks".)  Times are ISO 8601 in UTC, scores 0 to 1; the direction
counts in the picture, not on the ground, and is not looked at.
"""

from __future__ import annotations

from typing import Any

from ingest.dialects import leaf
from ingest.dialects.passed_on import PassedOn
from ingest.dialects.seen import Seen, Sightings
from ingest.reject import RejectReason


def _read(out: Sightings, n: int, body: dict[str, Any]) -> None:
    body = leaf.inner(body, "data") or body
    results = body.get("results")
    if not isinstance(results, list):
        out.refuse(n, RejectReason.MISSING_FIELD, "expected results, found none")
        return
    told = [one for one in results if isinstance(one, dict)]
    if not told:
        out.kind(n, "empty")
    image, sha256 = leaf.picture(body.get("filename"))
    for one in told:
        vehicle = leaf.inner(one, "vehicle")
        colors = leaf.many(one.get("color"))
        out.add(
            n,
            Seen(
                camera=leaf.text(body.get("camera_id")),
                t_s=leaf.iso_s(body.get("timestamp")),
                plate=leaf.text(one.get("plate")),
                confidence=leaf.number(one.get("score"), 0, 1),
                vehicle_class=leaf.text(vehicle.get("type")),
                vehicle_color=leaf.text(leaf.inner(colors[0]).get("color")) if colors else None,
                image=image,
                image_sha256=sha256,
            ),
        )


PLATERECOGNIZER = PassedOn("platerecognizer", _read)

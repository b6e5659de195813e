"""Huawei Cloud VIAS: events of vehicles as it posts them (support.huaweicloud.com, "VIAS").

The camera is the part of `stream_id` before `#`.  `vehicle_type`, `license_plate_type` and
`direction` are numbers of the algorithm that mean nothing without its table, and are not looked at.
The picture comes inside the message; it is hashed and dropped.
"""

from __future__ import annotations

from typing import Any

from ingest.dialects import leaf
from ingest.dialects.passed_on import PassedOn
from ingest.dialects.seen import Seen, Sightings
from ingest.reject import RejectReason

_KINDS = {74240: "abnormal_parking", 75008: "vehicle_detection", 75009: "wrong_way"}


def _read(out: Sightings, n: int, body: dict[str, Any]) -> None:
    if "event_type" not in body:
        out.refuse(n, RejectReason.MISSING_FIELD, "expected an event_type, found none")
        return
    vehicles = [
        one
        for one in leaf.many(leaf.inner(body, "data").get("vehicles"))
        if isinstance(one, dict) and leaf.text(one.get("license_plate_id"))
    ]
    if not vehicles:
        event = leaf.text(body["event_type"]) or ""
        out.kind(n, _KINDS.get(int(event), "event") if event.isdecimal() else "event")
        return
    camera = (leaf.text(body.get("stream_id")) or "").partition("#")[0]
    named = leaf.text(body.get("message_id"))
    sha256 = leaf.sha256_of(body.get("image_base64"))
    for row, one in enumerate(vehicles):
        out.add(
            n,
            Seen(
                camera=camera,
                t_s=leaf.seconds(body.get("timestamp")),
                plate=leaf.text(one.get("license_plate_id")),
                image=named if sha256 else None,
                image_sha256=sha256,
                read_id=f"{named}/{row}" if named else None,
            ),
        )


HUAWEI_VIAS = PassedOn("huawei_vias", _read)

"""Camera messages and what dialects make of them, for the tests of those."""

from __future__ import annotations

import json
import math
from typing import Any

from ingest.dialects import DIALECTS, Decoded
from ingest.message import Message
from ingest.sighting import NUMBERS, TEXTS
from tests.unit.ingest.making import NOW_MS

CAMERAS = ("frigate", "onvif", "axis", "gat1400", "openalpr", "platerecognizer", "huawei_vias")


def message(body: object, topic: str) -> Message:
    payload = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    return Message(topic, payload, NOW_MS)


def decoded(dialect: str, body: object, topic: str | None = None) -> Decoded:
    chosen = DIALECTS[dialect]
    return chosen.decode([message(body, topic or chosen.default_topic)])


def rows(of: Decoded) -> list[dict[str, Any]]:
    """The sightings that were decoded, a mapping each; what is unknown is left out."""
    seen = of.sightings
    told = []
    for n in range(len(seen)):
        texts = {name: getattr(seen, name)[n] for name in TEXTS}
        numbers = {name: getattr(seen, name)[n].item() for name in NUMBERS}
        numbers = {name: None if math.isnan(value) else value for name, value in numbers.items()}
        row = texts | numbers
        told.append({name: value for name, value in row.items() if value is not None})
    return told


def row(dialect: str, body: object, topic: str | None = None) -> dict[str, Any]:
    """The one sighting of a message."""
    (only,) = rows(decoded(dialect, body, topic))
    return only


def kind(dialect: str, body: object, topic: str | None = None) -> str:
    """The kind of a message that holds nothing else."""
    of = decoded(dialect, body, topic)
    assert not len(of.sightings)
    assert of.rejects == []
    return of.kinds[0]


def refusal(dialect: str, body: object, topic: str | None = None) -> tuple[str, str]:
    """Reason and detail of the one thing that is refused of a message."""
    (reject,) = decoded(dialect, body, topic).rejects
    return str(reject.reason), reject.detail

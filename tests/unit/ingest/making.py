"""Messages and batches for the tests of intake."""

from __future__ import annotations

import json
import math

import numpy as np

from ingest.dialects import DIALECTS, Decoded
from ingest.fix import COLUMNS, FixBatch, alarm_names, flag_names
from ingest.message import Message

NATIVE = DIALECTS["native"]
NOW_MS = 1_750_000_030_000
T = 1_750_000_000
FIX = {"t": T, "lon": 112.355, "lat": 28.555}


def message(body: object, topic: str = "vg/v1/T1/fix", received_ms: int = NOW_MS) -> Message:
    payload = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Message(topic, payload, received_ms)


def decode(body: object, topic: str = "vg/v1/T1/fix") -> Decoded:
    return NATIVE.decode([message(body, topic)])


def refusal(body: object, topic: str = "vg/v1/T1/fix") -> tuple[str, str]:
    """Reason and detail of the one thing that is refused of `body`."""
    decoded = decode(body, topic)
    (reject,) = decoded.rejects
    return str(reject.reason), reject.detail


def vehicles(batch: FixBatch) -> list[str]:
    return [batch.ids[code] for code in batch.vehicle.tolist()]


def same_columns(one: FixBatch, other: FixBatch) -> None:
    assert vehicles(one) == vehicles(other)
    for name in COLUMNS:
        if name != "vehicle":
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


def said_by(name: str, body: object, topic: str = "") -> Decoded:
    """What one message of the dialect `name` holds."""
    dialect = DIALECTS[name]
    return dialect.decode([message(body, topic or dialect.default_topic)])


def row_of(decoded: Decoded, n: int = 0) -> dict[str, object]:
    """One fix with its units in the names, rounded as a person would check it; None = unknown."""
    fixes = decoded.fixes
    columns = {name: getattr(fixes, name)[n].item() for name in COLUMNS}
    row: dict[str, object] = {
        name: None if math.isnan(columns[name]) else round(columns[name], 3)
        for name in ("speed_mps", "heading_deg", "accuracy_m", "altitude_m")
    }
    return row | {
        "terminal": vehicles(fixes)[n],
        "t": columns["t_ms"] / 1000,
        "place": (columns["lon"], columns["lat"]),
        "flags": flag_names(columns["flags"]),
        "alarms": alarm_names(columns["alarms"]),
    }


def refused_by(name: str, body: object, topic: str = "") -> tuple[str, str]:
    """Reason and detail of the one thing that the dialect `name` refuses of `body`."""
    decoded = said_by(name, body, topic)
    (reject,) = decoded.rejects
    assert len(decoded.fixes) == 0
    return str(reject.reason), reject.detail

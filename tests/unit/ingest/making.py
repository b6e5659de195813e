"""Messages and batches for the tests of intake."""

from __future__ import annotations

import json

import numpy as np

from ingest.dialects import DIALECTS, Decoded
from ingest.fix import COLUMNS, FixBatch
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

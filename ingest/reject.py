"""Why a payload, row or fix was not taken: a value, never an exception.

One enumeration serves as metric label, log field and dead-letter field.  Dialects and admission
return `Reject`s beside the rows they accept, so a bad message harms nobody beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ingest.fix import NO_SEQ


class RejectReason(StrEnum):
    """Every reason there is; the documentation lists them and a test holds the two together."""

    NOT_JSON = "not_json"
    NOT_UTF8 = "not_utf8"
    MISSING_FIELD = "missing_field"
    BAD_VALUE = "bad_value"
    OUTSIDE_EARTH = "outside_earth"
    CLOCK_OFF = "clock_off"
    TOO_LARGE = "too_large"
    TOO_DEEP = "too_deep"
    IDENTITY_MISMATCH = "identity_mismatch"
    UNKNOWN_TOPIC = "unknown_topic"
    UNREGISTERED = "unregistered"
    BAD_FRAME = "bad_frame"
    BAD_CHECKSUM = "bad_checksum"
    ENCRYPTED = "encrypted"
    INCOMPLETE = "incomplete"


@dataclass(frozen=True, slots=True)
class Reject:
    """One thing that was refused.

    `payload` is the offending bytes (the dead-letter log keeps a bounded prefix of them); `detail`
    says in plain words what was expected and what was found.  `terminal` and `seq` are known when
    the row itself could be read: its terminal is told, or it would send the same row for ever.
    """

    reason: RejectReason
    detail: str
    topic: str = ""
    payload: bytes = b""
    received_ms: int = 0
    terminal: str = ""
    seq: int = NO_SEQ

"""Values of other people's JSON: a text, a number, a time, a picture; each or unknown.

For the dialects of cameras, which send numbers as texts, texts as objects and pictures inside the
message.  Nothing here raises on what a device may send, and nothing keeps a picture.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import math
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec

from ingest.reject import RejectReason

LONGEST = 128
"""Characters of a text that are kept: a plate, a colour, an id."""
LONGEST_REFERENCE = 2048
"""Characters of a reference to a picture; what is longer is taken for the picture itself."""

CHINA = timezone(timedelta(hours=8))
_PICTURE = re.compile(rb'"(?:data:[^"]{0,64},)?[A-Za-z0-9+/=\\_-]{512,}"?')
_NUMBERS, _PLAIN = (int, float), (str, int, float)
_parse = msgspec.json.Decoder().decode

Refusal = tuple[RejectReason, str]


def an_object(payload: bytes) -> dict[str, Any] | Refusal:
    """The JSON object that a payload is, or why it is none."""
    try:
        value = _parse(payload)
    except RecursionError:
        return RejectReason.TOO_DEEP, "expected a JSON object, found more depth"
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return _unreadable(payload, error)
    if not isinstance(value, dict):
        return RejectReason.BAD_VALUE, f"expected a JSON object, found {type(value).__name__}"
    return value


def _unreadable(payload: bytes, error: Exception) -> Refusal:
    try:
        payload.decode()
    except UnicodeDecodeError as found:
        detail = f"expected UTF-8: {found.reason} at byte {found.start}"
        return RejectReason.NOT_UTF8, detail
    # a number that no float can hold is JSON all the same
    is_value = "out of range" in str(error)
    return RejectReason.BAD_VALUE if is_value else RejectReason.NOT_JSON, f"expected JSON: {error}"


def inner(value: Any, *path: str) -> dict[str, Any]:
    """The object below `value` along `path`; an empty one where there is none."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def many(value: Any) -> list[Any]:
    """The members of an array; a lone object is taken for an array of one."""
    if isinstance(value, list):
        return value
    return [value] if isinstance(value, dict) else []


def text(value: Any, most: int = LONGEST) -> str | None:
    """A text without the blanks around it, or a number as one; None for what is none or empty."""
    if not isinstance(value, str):
        if isinstance(value, bool) or not isinstance(value, _NUMBERS):
            return None
        value = str(value)
    return value.strip()[:most] or None


def number(value: Any, low: float, high: float) -> float:
    """A number, or a text that is one, within [`low`, `high`]; NaN for everything else."""
    if value is None or isinstance(value, bool) or not isinstance(value, _PLAIN):
        return math.nan
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return math.nan
    return found if low <= found <= high else math.nan


def seconds(value: Any, per_second: int = 1) -> float:
    """Epoch seconds of a number that counts `per_second` a second; NaN for what is no number."""
    return number(value, -1e20, 1e20) / per_second


def iso_s(value: Any) -> float:
    """Epoch seconds of an ISO 8601 text, UTC where it names no zone; NaN for what is none."""
    try:
        told = datetime.fromisoformat(value if isinstance(value, str) else "")
        if told.tzinfo is None:
            told = told.replace(tzinfo=UTC)
        return told.timestamp()
    except (ValueError, OverflowError):
        return math.nan


def compact_s(value: Any, zone: timezone = CHINA) -> float:
    """Epoch seconds of `yyyyMMddHHmmss`, with or without milliseconds, as clocks of `zone` show it.

    NaN for what is none.
    """
    told = text(value) or ""
    if not (told.isascii() and told.isdigit() and len(told) in {14, 17}):
        return math.nan
    try:
        day = int(told[:4]), int(told[4:6]), int(told[6:8])
        hour, minute, second = int(told[8:10]), int(told[10:12]), int(told[12:14])
        at = datetime(*day, hour, minute, second, tzinfo=zone)
        return at.timestamp() + int(told[14:] or 0) / 1000
    except (ValueError, OverflowError):
        return math.nan


def picture(value: Any) -> tuple[str | None, str | None]:
    """Reference and SHA-256 of a picture: a picture sent along is hashed and dropped."""
    if not isinstance(value, str) or not value.strip():
        return None, None
    if value.startswith("data:") or len(value) > LONGEST_REFERENCE:
        return None, sha256_of(value.rpartition(",")[2])
    return text(value, LONGEST_REFERENCE), None


def sha256_of(data: Any) -> str | None:
    """SHA-256 in hexadecimal of what base64 `data` holds; None where it is no base64, or empty."""
    if not isinstance(data, str) or not data.strip():
        return None
    try:
        raw = base64.b64decode(data, validate=False)
    except (binascii.Error, ValueError):
        return None
    return hashlib.sha256(raw).hexdigest() if raw else None


def keepable(payload: bytes) -> bytes:
    """What of a refused payload may be kept: no picture, and nothing that speaks of a face."""
    if b"face" in payload.lower():
        return b""
    return _PICTURE.sub(b'"..."', payload)

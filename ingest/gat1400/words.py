"""What the receiver of GA/T 1400 says: ResponseStatus objects and the server's time.

Shapes as in GA/T 1400.4: one `ResponseStatusObject`, or a `ResponseStatusListObject` with one for
each object that was posted.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import IntEnum
from typing import Any

import msgspec

encode = msgspec.json.Encoder().encode


class Status(IntEnum):
    """ConfirmStatusType (GA/T 1400.3, annex B)."""

    OK = 0
    OTHER = 1
    BUSY = 2
    NOT_ALLOWED = 4
    NOT_JSON = 7
    BAD_JSON = 8


_WORDS = {
    Status.OK: "OK",
    Status.OTHER: "other error",
    Status.BUSY: "device busy",
    Status.NOT_ALLOWED: "invalid operation",
    Status.NOT_JSON: "invalid JSON format",
    Status.BAD_JSON: "invalid JSON content",
}


def answer_one(
    path: str, status: Status, named: str, now: datetime, detail: str = ""
) -> dict[str, Any]:
    """The answer to a request as a whole."""
    return {"ResponseStatusObject": _status(path, status, named, now, detail)}


def answer_list(path: str, told: Sequence[tuple[str, Status]], now: datetime) -> dict[str, Any]:
    """The answer to each object of a request: its id and what became of it."""
    statuses = [_status(path, status, named, now) for named, status in told]
    return {"ResponseStatusListObject": {"ResponseStatusObject": statuses}}


def server_time(server_id: str, now: datetime) -> dict[str, Any]:
    """Our own time, for devices to set their clocks by; `now` in China's zone."""
    return {
        "SystemTimeObject": {
            "VIIDServerID": server_id,
            "TimeMode": "1",
            "LocalTime": _time(now),
            "TimeZone": "Asia/Shanghai",
        }
    }


def _status(
    path: str, status: Status, named: str, now: datetime, detail: str = ""
) -> dict[str, Any]:
    return {
        "Id": named,
        "LocalTime": _time(now),
        "RequestURL": path,
        "StatusCode": int(status),
        "StatusString": detail or _WORDS[status],
    }


def _time(now: datetime) -> str:
    return now.strftime("%Y%m%d%H%M%S")

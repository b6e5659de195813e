"""What became of one attempt to deliver; every channel answers with one of these."""

from __future__ import annotations

from typing import Literal, NamedTuple


class Delivered(NamedTuple):
    """The receiver said yes."""

    detail: str = ""


class Retry(NamedTuple):
    """Not now; `after_s` is what the receiver asked for, where it did."""

    detail: str
    after_s: float = 0.0


class Refused(NamedTuple):
    """It will never take this one, however often it is asked."""

    detail: str


Result = Delivered | Retry | Refused

Fate = Literal["delivered", "retry", "refused"]


def fate_of(result: Result) -> Fate:
    """The label of metrics and logs."""
    match result:
        case Delivered():
            return "delivered"
        case Retry():
            return "retry"
        case Refused():
            return "refused"

"""Rows of JSON payloads, read strictly and fast, and tolerantly where that fails.

For every dialect whose payload is an object or an array of objects.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Self

import msgspec

from ingest.fix import NO_SEQ
from ingest.message import Message
from ingest.reject import Reject, RejectReason

MAX_ROWS = 10_000
_JSON_SPACE = b" \t\r\n"


class _Numbered(msgspec.Struct, gc=False):
    """What is wanted of a row that is refused."""

    seq: int | None = None


class Shape(NamedTuple):
    """How one kind of row is read; `is_numbered` when its `seq` is to be answered."""

    one: Callable[[bytes], Any]
    many: Callable[[bytes], list[Any]]
    is_numbered: bool

    @classmethod
    def of(cls, row: Any, *, is_numbered: bool) -> Self:
        """The shape of the structure `row`."""
        one = msgspec.json.Decoder(row).decode
        many = msgspec.json.Decoder(list[row]).decode
        return cls(one, many, is_numbered)


# rows apart from one another, so that a number out of range spoils its own row alone
_raw_row = msgspec.json.Decoder(msgspec.Raw).decode
_raw_rows = msgspec.json.Decoder(list[msgspec.Raw]).decode
_numbered = msgspec.json.Decoder(_Numbered).decode


def refuse(
    reason: RejectReason, detail: str, message: Message, terminal: str = "", seq: object = None
) -> Reject:
    """A reject of (a row of) `message`; a `seq` that is no such number counts as none."""
    known = isinstance(seq, int) and not isinstance(seq, bool) and 0 <= seq < 2**63
    return Reject(
        reason=reason,
        detail=detail,
        topic=message.topic,
        payload=message.payload,
        received_ms=message.received_ms,
        terminal=terminal,
        seq=int(str(seq)) if known else NO_SEQ,
    )


def rows(
    message: Message,
    name: str,
    shape: Shape,
    rejects: list[Reject],
    part: bytes | None = None,
) -> list[Any]:
    """The rows of a payload (or `part` of it), one object or an array, of the right shape.

    The others go to `rejects`, in the name of the terminal `name`.
    """
    payload = message.payload if part is None else part
    try:
        if payload[:1] == b"[":
            many = shape.many(payload)
            if len(many) <= MAX_ROWS:
                return many
        else:
            return [shape.one(payload)]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    return _tolerant(message, name, shape, rejects, payload)


def _tolerant(
    message: Message, name: str, shape: Shape, rejects: list[Reject], payload: bytes
) -> list[Any]:
    """Row by row, so that a bad row says what is wrong and harms no other."""

    def bury(reason: RejectReason, detail: str, seq: object = None) -> None:
        rejects.append(refuse(reason, detail, message, name, seq))

    try:
        payload.decode()
        is_array = payload.lstrip(_JSON_SPACE)[:1] == b"["
        many = _raw_rows(payload) if is_array else [_raw_row(payload)]
    except UnicodeDecodeError as error:
        bury(RejectReason.NOT_UTF8, f"expected UTF-8: {error.reason} at byte {error.start}")
        return []
    except RecursionError:
        bury(RejectReason.TOO_DEEP, "expected an object or an array of objects, found more depth")
        return []
    except msgspec.DecodeError as error:
        bury(RejectReason.NOT_JSON, f"expected JSON: {error}")
        return []
    good: list[Any] = []
    if len(many) > MAX_ROWS:
        detail = f"expected at most {MAX_ROWS} rows, found {len(many)}"
        bury(RejectReason.TOO_LARGE, detail)
        return []
    for n, row in enumerate(many):
        where = f"row {n}: " if is_array else ""
        try:
            good.append(shape.one(bytes(row)))
        except msgspec.DecodeError as error:
            seq = _seq_of(row) if shape.is_numbered else None
            bury(_reason(error), f"{where}{error}", seq)
    return good


def _reason(error: msgspec.DecodeError) -> RejectReason:
    if "missing required field" in str(error):
        return RejectReason.MISSING_FIELD
    # a number that no float can hold is JSON all the same
    if isinstance(error, msgspec.ValidationError) or "out of range" in str(error):
        return RejectReason.BAD_VALUE
    return RejectReason.NOT_JSON


def _seq_of(row: msgspec.Raw) -> int | None:
    """The number of a row that cannot be read otherwise."""
    try:
        return _numbered(bytes(row)).seq
    except msgspec.DecodeError:
        return None

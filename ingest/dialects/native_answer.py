"""What native terminals say to commands, on `vg/v1/{terminal}/cmd/answer`."""

from __future__ import annotations

from typing import Literal

import msgspec

from ingest.dialects.rows import refuse
from ingest.message import Message
from ingest.reject import Reject, RejectReason

END = "/cmd/answer"


class NativeAnswer(msgspec.Struct, gc=False):
    """An answer as it stands in the payload: the command's id, and how it went."""

    id: str
    result: Literal["done", "refused"]
    detail: str = ""


_read = msgspec.json.Decoder(NativeAnswer).decode


def read(message: Message) -> NativeAnswer | Reject:
    """The answer that a message holds, or why it holds none."""
    try:
        return _read(message.payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        is_json = isinstance(error, msgspec.ValidationError)
        reason = RejectReason.BAD_VALUE if is_json else RejectReason.NOT_JSON
        return refuse(reason, f"expected an answer to a command: {error}", message)

"""One file a dialect: bytes and topic to rows of a `FixBatch`, or a `Reject`.

A new dialect is one module beside `native` and one entry in `DIALECTS`.
"""

from ingest.dialects.dialect import Decoded, Dialect
from ingest.dialects.jt808 import JT808
from ingest.dialects.native import NATIVE

DIALECTS: dict[str, Dialect] = {
    NATIVE.name: NATIVE,
    JT808.name: JT808,
}

__all__ = ["DIALECTS", "Decoded", "Dialect"]

"""One file a dialect: bytes and topic to rows of a `FixBatch`, or a `Reject`.

A new dialect is one module beside `native` and one line in `DIALECTS`.
"""

from collections.abc import Sequence

from ingest.dialects.dialect import Decoded, Dialect, Speaker
from ingest.dialects.jt808 import JT808
from ingest.dialects.native import NATIVE
from ingest.dialects.router import Router

# In this order: where two accept a topic, the first has it.
_ALL: tuple[Dialect, ...] = (
    NATIVE,
    JT808,
)  # fmt: skip
DIALECTS: dict[str, Dialect] = {dialect.name: dialect for dialect in _ALL}


def router_of(names: Sequence[str] | None) -> Router:
    """The dialects of `names` as one, None = all that come over MQTT.  Raises `KeyError`."""
    if names is None:
        return Router([dialect for dialect in _ALL if dialect.topics])
    chosen = [DIALECTS[name] for name in names]
    return Router(sorted(chosen, key=_ALL.index))


__all__ = ["DIALECTS", "Decoded", "Dialect", "Router", "Speaker", "router_of"]

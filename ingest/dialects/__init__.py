"""One file a dialect: bytes and topic to rows of a `FixBatch` or `SightingBatch`, or a `Reject`.

A new dialect is one module beside `native` and one line in `DIALECTS`.
"""

from collections.abc import Sequence

from ingest.dialects.axis import AXIS
from ingest.dialects.dialect import Decoded, Dialect, Notice, Speaker
from ingest.dialects.frigate import FRIGATE
from ingest.dialects.gat1400 import GAT1400
from ingest.dialects.huawei_vias import HUAWEI_VIAS
from ingest.dialects.native import NATIVE
from ingest.dialects.onvif import ONVIF
from ingest.dialects.openalpr import OPENALPR
from ingest.dialects.platerecognizer import PLATERECOGNIZER
from ingest.dialects.router import Router

# In this order: where two accept a topic, the first has it.
_ALL: tuple[Dialect, ...] = (
    NATIVE,
    FRIGATE,
    ONVIF,
    AXIS,
    OPENALPR,
    PLATERECOGNIZER,
    HUAWEI_VIAS,
    GAT1400,
)  # fmt: skip
DIALECTS: dict[str, Dialect] = {dialect.name: dialect for dialect in _ALL}


def router_of(names: Sequence[str] | None) -> Router:
    """The dialects of `names` as one, None = all that come over MQTT.  Raises `KeyError`."""
    if names is None:
        return Router([dialect for dialect in _ALL if dialect.topics])
    chosen = [DIALECTS[name] for name in names]
    return Router(sorted(chosen, key=_ALL.index))


__all__ = ["DIALECTS", "Decoded", "Dialect", "Notice", "Router", "Speaker", "router_of"]

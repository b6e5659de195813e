"""One file a dialect: bytes and topic to rows of a `FixBatch` or `SightingBatch`, or a `Reject`.

A new dialect is one module beside `native` and one line in `DIALECTS`.
"""

from collections.abc import Sequence

from ingest.dialects.axis import AXIS
from ingest.dialects.dialect import Decoded, Dialect, Notice, Speaker
from ingest.dialects.emqx_jt808 import EMQX_JT808
from ingest.dialects.flespi import FLESPI
from ingest.dialects.frigate import FRIGATE
from ingest.dialects.gat1400 import GAT1400
from ingest.dialects.huawei_vias import HUAWEI_VIAS
from ingest.dialects.jt808 import JT808
from ingest.dialects.native import NATIVE
from ingest.dialects.native_packed import NATIVE_PACKED
from ingest.dialects.onvif import ONVIF
from ingest.dialects.openalpr import OPENALPR
from ingest.dialects.owntracks import OWNTRACKS
from ingest.dialects.platerecognizer import PLATERECOGNIZER
from ingest.dialects.router import Router
from ingest.dialects.thingsboard import THINGSBOARD
from ingest.dialects.traccar import TRACCAR

# In this order: where two accept a topic, the first has it.
_ALL: tuple[Dialect, ...] = (
    NATIVE,
    NATIVE_PACKED,
    OWNTRACKS,
    TRACCAR,
    THINGSBOARD,
    FLESPI,
    EMQX_JT808,
    JT808,
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
    """The dialects of `names` as one, None = all.  Raises `KeyError`.

    Those that come by other ways than MQTT are always among them: who opened the way wants them.
    """
    chosen = set(DIALECTS if names is None else (DIALECTS[name].name for name in names))
    return Router([d for d in _ALL if d.name in chosen or not d.topics])


__all__ = ["DIALECTS", "Decoded", "Dialect", "Notice", "Router", "Speaker", "router_of"]

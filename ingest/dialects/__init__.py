"""One file a dialect: bytes and topic to rows of a `FixBatch` or `SightingBatch`, or a `Reject`.

A new dialect is one module beside `native` and one entry in `DIALECTS`.
"""

from ingest.dialects.axis import AXIS
from ingest.dialects.dialect import Decoded, Dialect, Notice
from ingest.dialects.frigate import FRIGATE
from ingest.dialects.gat1400 import GAT1400
from ingest.dialects.huawei_vias import HUAWEI_VIAS
from ingest.dialects.native import NATIVE
from ingest.dialects.onvif import ONVIF
from ingest.dialects.openalpr import OPENALPR
from ingest.dialects.platerecognizer import PLATERECOGNIZER

DIALECTS: dict[str, Dialect] = {
    NATIVE.name: NATIVE,
    FRIGATE.name: FRIGATE,
    ONVIF.name: ONVIF,
    AXIS.name: AXIS,
    GAT1400.name: GAT1400,
    OPENALPR.name: OPENALPR,
    PLATERECOGNIZER.name: PLATERECOGNIZER,
    HUAWEI_VIAS.name: HUAWEI_VIAS,
}

__all__ = ["DIALECTS", "Decoded", "Dialect", "Notice"]

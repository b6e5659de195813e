"""The injected fixes as a recording that `vehicleguard replay` reads, to look into any case."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ingest.fix import FixBatch, Flag, alarm_names

NAME = "fixes.parquet"


def write(batch: FixBatch, path: Path) -> None:
    """Write the file, whole or not at all."""
    unfinished = path.with_name(path.name + ".part")
    try:
        pq.write_table(table_of(batch), unfinished, compression="zstd")
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def table_of(batch: FixBatch) -> pa.Table:
    """The columns of a recording, in order of arrival; one at the fix's own time is left unsaid."""
    texts, which = np.unique(batch.alarms, return_inverse=True)
    alarms = np.array([" ".join(alarm_names(int(bits))) for bits in texts], object)[which]
    return pa.table(
        {
            "vehicle_id": pa.DictionaryArray.from_arrays(
                pa.array(batch.vehicle), pa.array(batch.ids, pa.string())
            ),
            "t": batch.t_ms / 1000,
            "lon": batch.lon,
            "lat": batch.lat,
            "speed_mps": _known(batch.speed_mps),
            "accuracy_m": _known(batch.accuracy_m),
            "ignition": _truth(batch, Flag.IGNITION, Flag.IGNITION_KNOWN),
            "armed": _truth(batch, Flag.ARMED, Flag.ARMED_KNOWN),
            "alarms": pa.array(alarms, pa.string(), mask=batch.alarms == 0),
            "received": pa.array(batch.received_ms / 1000, mask=batch.received_ms == batch.t_ms),
        }
    )


def _known(column: np.ndarray) -> pa.Array:
    return pa.array(column, mask=np.isnan(column))


def _truth(batch: FixBatch, bit: Flag, known: Flag) -> pa.Array:
    return pa.array((batch.flags & bit) != 0, mask=(batch.flags & known) == 0)

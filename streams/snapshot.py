"""A fleet state as bytes and back: an Arrow IPC stream of one column a field, one row a vehicle.

Zones are named by id in it, because positions move when an operator edits the zone file.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import pyarrow as pa
from pyarrow import ipc

from streams.state import ROW, FleetState

VERSION = 1


class SnapshotError(ValueError):
    """The bytes are no snapshot that this version can read."""


class SnapshotStore(Protocol):
    """Where the runner keeps the newest snapshot."""

    def save(self, block: int, data: bytes) -> None:
        """Keep `data` as the state after block number `block`, durable on return."""
        ...

    def newest(self) -> tuple[int, bytes] | None:
        """Block number and bytes of the newest snapshot, or None."""
        ...


def encode(state: FleetState, zone_ids: Sequence[str]) -> bytes:
    """The snapshot of `state`; `zone_ids` name the zones its rows point to."""
    rows = state.rows
    columns = {"vehicle_id": pa.array(state.ids, pa.string())}
    names = ROW.names or ()
    columns |= {name: pa.array(np.ascontiguousarray(rows[name])) for name in names}
    zones = np.asarray([*zone_ids, None], object)
    columns["fence_zone"] = pa.array(zones[rows["fence_zone"]], pa.string())
    metadata: dict[str, str | bytes] = {"vg.schema": "fleet_state", "vg.version": str(VERSION)}
    if state.fences is not None:
        held = state.fences
        metadata["vg.fences"] = held if isinstance(held, bytes) else held.encode(len(state))
    table = pa.table(columns).replace_schema_metadata(metadata)
    sink = pa.BufferOutputStream()
    options = ipc.IpcWriteOptions(compression="zstd")
    with ipc.new_stream(sink, table.schema, options=options) as writer:
        writer.write_table(table)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def decode(data: bytes, zone_ids: Sequence[str]) -> FleetState:
    """The state that a snapshot holds; a zone that is gone leaves its vehicles unfenced by it.

    Raises `SnapshotError` when the bytes are no snapshot or of another version.
    """
    try:
        with ipc.open_stream(pa.py_buffer(data)) as reader:
            metadata = reader.schema.metadata or {}
            table = reader.read_all().combine_chunks()
    except (pa.ArrowInvalid, OSError) as error:
        msg = f"not an Arrow IPC stream: {error}"
        raise SnapshotError(msg) from error
    if metadata.get(b"vg.schema") != b"fleet_state" or metadata.get(b"vg.version") != (
        str(VERSION).encode()
    ):
        msg = f"not a fleet state of version {VERSION}: {metadata!r}"
        raise SnapshotError(msg)
    rows = np.zeros(table.num_rows, ROW)
    position = {zone: n for n, zone in enumerate(zone_ids)}
    for name in ROW.names or ():
        column = table.column(name)
        if name == "fence_zone":
            rows[name] = [position.get(zone, -1) for zone in column.to_pylist()]
        else:
            rows[name] = column.to_numpy()
    state = FleetState.restore(table.column("vehicle_id").to_pylist(), rows)
    state.fences = metadata.get(b"vg.fences")
    return state

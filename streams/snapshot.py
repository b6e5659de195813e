"""A fleet state as bytes and back: an Arrow IPC stream of one column a field, one row a vehicle.

Zones are named by id in it, because positions move when an operator edits the zone file.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec
import numpy as np
import pyarrow as pa

from ingest.store import arrow_bytes
from streams.departures import Departure
from streams.roster import Roster
from streams.state import ROW, FleetState

VERSION = 2
_SCHEMA = "fleet_state"


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
    columns = {"vehicle_id": _texts(state.ids)}
    names = ROW.names or ()
    columns |= {name: pa.array(np.ascontiguousarray(rows[name])) for name in names}
    zones = np.asarray([*zone_ids, None], object)
    columns["fence_zone"] = pa.array(zones[rows["fence_zone"]], pa.string())
    more: dict[str, str | bytes] = {
        "vg.clock": msgspec.json.encode(state.clock.tolist()),
        "vg.departures": msgspec.json.encode(list(state.departures)),
    }
    if state.fences is not None:
        held = state.fences
        more["vg.fences"] = held if isinstance(held, bytes) else held.encode(len(state))
    if state.plates is not None:
        seen = state.plates
        more["vg.plates"] = seen if isinstance(seen, bytes) else seen.encode()
    if state.sighted:
        more["vg.sighted"] = str(state.sighted)
    return arrow_bytes.write(pa.table(columns), _SCHEMA, VERSION, more)


def _texts(ids: Roster) -> pa.Array:
    data, at = ids.columns()
    held = pa.py_buffer(at.astype(np.int64)), pa.py_buffer(data.copy())
    return pa.LargeStringArray.from_buffers(len(ids), *held)


def decode(data: bytes, zone_ids: Sequence[str]) -> FleetState:
    """The state that a snapshot holds; a zone that is gone leaves its vehicles unfenced by it.

    Raises `SnapshotError` when the bytes are no snapshot or of another version.
    """
    try:
        table = arrow_bytes.read(data, _SCHEMA, VERSION)
    except ValueError as error:
        raise SnapshotError(str(error)) from error
    rows = np.zeros(table.num_rows, ROW)
    position = {zone: n for n, zone in enumerate(zone_ids)}
    for name in ROW.names or ():
        column = table.column(name)
        if name == "fence_zone":
            rows[name] = [position.get(zone, -1) for zone in column.to_pylist()]
        else:
            rows[name] = column.to_numpy()
    held = table.schema.metadata
    try:
        clock = msgspec.json.decode(held[b"vg.clock"], type=tuple[int, int])
        departures = msgspec.json.decode(held[b"vg.departures"], type=list[Departure])
        sighted = msgspec.json.decode(held.get(b"vg.sighted", b"0"), type=int)
    except (KeyError, msgspec.DecodeError) as error:
        msg = f"a fleet state without its clock: {error}"
        raise SnapshotError(msg) from error
    state = FleetState.restore(table.column("vehicle_id").to_pylist(), rows, clock, departures)
    state.fences = held.get(b"vg.fences")
    state.plates, state.sighted = held.get(b"vg.plates"), sighted
    return state

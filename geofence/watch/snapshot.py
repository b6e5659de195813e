"""A presence as bytes and back: an Arrow IPC stream, one row a vehicle, its entries as lists.

Zones are named by their key in it (`ZoneSet.keys`), because positions move when an operator edits
the zone file; `Presence.rebased` brings what was restored onto the zones of today.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from geofence.watch.presence import Presence, visitors_of
from geofence.watch.track import TRACK
from geofence.watch.visit import ENTRY
from ingest.store import arrow_bytes

VERSION = 1
_SCHEMA = "presence"


class PresenceError(ValueError):
    """The bytes are no presence that this version can read."""


def encode(presence: Presence, rows: int) -> bytes:
    """The presence of the first `rows` vehicles; equal presences give equal bytes."""
    presence.make_room(rows)
    tracks = presence.tracks[:rows]
    columns = {name: pa.array(np.ascontiguousarray(tracks[name])) for name in TRACK.names or ()}
    vehicle, entries = presence.listed()
    entries = entries[vehicle < rows]
    count = presence.visitors["count"][:rows].astype(np.int64)
    offsets = pa.array(np.concatenate([[0], np.cumsum(count)]), pa.int64())
    for name in ENTRY.names or ():
        values = presence.keys[entries[name]] if name == "zone" else entries[name]
        columns[f"entry_{name}"] = pa.LargeListArray.from_arrays(
            offsets, pa.array(np.ascontiguousarray(values))
        )
    zones = {
        "vg.keys": presence.keys.astype("<u8").tobytes().hex(),
        "vg.shapes": presence.shapes.astype("<u8").tobytes().hex(),
    }
    return arrow_bytes.write(pa.table(columns), _SCHEMA, VERSION, zones)


def decode(data: bytes) -> Presence:
    """The presence that a snapshot holds.

    Raises `PresenceError` when the bytes are no snapshot or of another version.
    """
    try:
        table = arrow_bytes.read(data, _SCHEMA, VERSION)
    except ValueError as error:
        raise PresenceError(str(error)) from error
    metadata = table.schema.metadata
    keys, shapes = (
        np.frombuffer(bytes.fromhex(metadata[name].decode()), "<u8").astype(np.uint64)
        for name in (b"vg.keys", b"vg.shapes")
    )
    rows = table.num_rows
    tracks = np.zeros(rows, TRACK)
    for name in TRACK.names or ():
        tracks[name] = table.column(name).to_numpy()
    lists = {name: _flat(table, f"entry_{name}") for name in ENTRY.names or ()}
    count, key = lists["zone"]
    entries = np.zeros(len(key), ENTRY)
    for name, (_, values) in lists.items():
        entries[name] = _positions(key, keys) if name == "zone" else values
    vehicle = np.repeat(np.arange(rows), count)
    return Presence(
        tracks=tracks,
        visitors=visitors_of(vehicle, entries, rows, keys),
        entries=entries if len(entries) else np.zeros(64, ENTRY),
        used=len(entries),
        keys=keys,
        shapes=shapes,
    )


def _flat(table: pa.Table, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Lengths and values of a column of lists."""
    column = table.column(name)
    lists = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
    offsets = lists.offsets.to_numpy()
    values = lists.values.to_numpy()
    return np.diff(offsets), values[offsets[0] : offsets[-1]] if len(offsets) else values


def _positions(key: np.ndarray, keys: np.ndarray) -> np.ndarray:
    if not len(key):
        return np.zeros(0, np.int32)
    order = np.argsort(keys)
    return order[np.searchsorted(keys, key, sorter=order)].astype(np.int32)

"""A block: a `FixBatch` as an Arrow IPC stream of one record batch.

The same bytes are a Kafka value, an SQLite blob and a replay file, and any Arrow tool reads them.
Layout: the Arrow columnar IPC streaming format (schema, dictionary, one record batch), buffers
compressed with LZ4; the schema's metadata carries `vg.schema` and `vg.version`.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from pyarrow import ipc

from ingest.fix import COLUMNS, FixBatch

VERSION = 1

_METADATA = {"vg.schema": "fixes", "vg.version": str(VERSION)}
_SCHEMA = pa.schema(
    [
        pa.field("vehicle", pa.dictionary(pa.int32(), pa.string()), nullable=False),
        *(
            pa.field(name, pa.from_numpy_dtype(np.dtype(dtype)), nullable=False)
            for name, dtype in COLUMNS.items()
            if name != "vehicle"
        ),
    ],
    metadata=_METADATA,
)
_OPTIONS = ipc.IpcWriteOptions(compression="lz4")


class BlockError(ValueError):
    """The bytes are not a block of fixes that this version can read."""


def encode(batch: FixBatch) -> bytes:
    """The block that holds `batch`; `decode(encode(b))` has equal columns."""
    arrays = [
        pa.DictionaryArray.from_arrays(pa.array(batch.vehicle), pa.array(batch.ids, pa.string())),
        *(pa.array(getattr(batch, name)) for name in COLUMNS if name != "vehicle"),
    ]
    sink = pa.BufferOutputStream()
    with ipc.new_stream(sink, _SCHEMA, options=_OPTIONS) as writer:
        writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=_SCHEMA))
    data: bytes = sink.getvalue().to_pybytes()
    return data


def decode(data: bytes) -> FixBatch:
    """The batch that a block holds.

    Raises `BlockError` when the bytes are no Arrow stream, or of another schema or a later version.
    """
    try:
        with ipc.open_stream(pa.py_buffer(data)) as reader:
            metadata = reader.schema.metadata or {}
            if metadata.get(b"vg.schema") != b"fixes":
                raise BlockError("Arrow stream without vg.schema=fixes: not a block of fixes")
            version = int(metadata.get(b"vg.version", b"0"))
            if not 1 <= version <= VERSION:
                msg = f"block version {version}; this build reads 1 to {VERSION}"
                raise BlockError(msg)
            table = reader.read_all().combine_chunks()
    except (pa.ArrowInvalid, OSError, ValueError) as error:
        if isinstance(error, BlockError):
            raise
        msg = f"not an Arrow IPC stream: {error}"
        raise BlockError(msg) from error
    if table.num_rows == 0:
        return FixBatch.empty()
    vehicle = table.column("vehicle").chunk(0)
    columns = {
        name: table.column(name).chunk(0).to_numpy(zero_copy_only=False)
        for name in COLUMNS
        if name != "vehicle"
    }
    return FixBatch(
        ids=tuple(vehicle.dictionary.to_pylist()),
        vehicle=vehicle.indices.to_numpy(zero_copy_only=False),
        **columns,
    )

"""Positions on the wire: one Arrow IPC stream of one record batch, buffers as they are.

Uncompressed, so that a small reader in a browser maps the columns without unpacking them.
"""

from __future__ import annotations

import pyarrow as pa
from pyarrow import ipc

MEDIA_TYPE = "application/vnd.apache.arrow.stream"


def encode(table: pa.Table) -> bytes:
    """`table` as an IPC stream; an empty table gives one batch of no rows."""
    sink = pa.BufferOutputStream()
    with ipc.new_stream(sink, table.schema) as writer:
        batches = table.combine_chunks().to_batches()
        for batch in batches or [pa.RecordBatch.from_pylist([], schema=table.schema)]:
            writer.write_batch(batch)
    data: bytes = sink.getvalue().to_pybytes()
    return data

"""A table as bytes and back, for snapshots: a compressed Arrow IPC stream that says what it is."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
from pyarrow import ipc


def write(table: pa.Table, schema: str, version: int, more: Mapping[str, str | bytes]) -> bytes:
    """The bytes of `table`; equal tables give equal bytes.  `more` is metadata beside the two."""
    said = {"vg.schema": schema, "vg.version": str(version), **more}
    table = table.replace_schema_metadata(said)
    sink = pa.BufferOutputStream()
    options = ipc.IpcWriteOptions(compression="zstd")
    with ipc.new_stream(sink, table.schema, options=options) as writer:
        writer.write_table(table)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def read(data: bytes, schema: str, version: int) -> pa.Table:
    """The table that `write` made of this schema and version.

    Raises `ValueError` when the bytes are no such stream, and says what they are.
    """
    try:
        with ipc.open_stream(pa.py_buffer(data)) as reader:
            table = reader.read_all().combine_chunks()
    except (pa.ArrowInvalid, OSError) as error:
        msg = f"not an Arrow IPC stream: {error}"
        raise ValueError(msg) from error
    held = table.schema.metadata or {}
    said = held.get(b"vg.schema", b"none"), held.get(b"vg.version", b"none")
    if said != (schema.encode(), str(version).encode()):
        msg = f"not a {schema} of version {version}: schema {said[0]!r}, version {said[1]!r}"
        raise ValueError(msg)
    return table

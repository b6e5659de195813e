"""Sightings as columns: what cameras and readers saw, and the block they are stored in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import ipc

from ingest.fix import Float32, Float64, Int64
from ingest.store import arrow_bytes

VERSION = 2
"""1 had no `read_id`; its blocks are read, and say of none that it has one."""
_SCHEMA = "sightings"
TEXTS = (
    "camera",
    "plate",
    "plate_color",
    "vehicle_class",
    "vehicle_color",
    "image",
    "image_sha256",
    "read_id",
)
NUMBERS: dict[str, type[np.generic]] = {
    "t_ms": np.int64,
    "received_ms": np.int64,
    "lon": np.float64,
    "lat": np.float64,
    "confidence": np.float32,
    "direction_deg": np.float32,
}


@dataclass(frozen=True, slots=True, eq=False)
class SightingBatch:
    """Columns over n sightings, in order of arrival.

    Texts are tuples of n (None = unknown): `camera` id, `plate` as read, colours and class in the
    camera's own words, `image` a reference (never the image) with its hash, `read_id` the camera's
    own name for this read, the same when it is told again (see `Once`).  `t_ms` (event time),
    `received_ms` int64[n]; `lon`, `lat` float64[n] WGS-84 degrees, NaN = look the camera up;
    `confidence` 0–1 and `direction_deg` float32[n], NaN = unknown.
    """

    camera: tuple[str, ...]
    plate: tuple[str | None, ...]
    plate_color: tuple[str | None, ...]
    vehicle_class: tuple[str | None, ...]
    vehicle_color: tuple[str | None, ...]
    image: tuple[str | None, ...]
    image_sha256: tuple[str | None, ...]
    read_id: tuple[str | None, ...]
    t_ms: Int64
    received_ms: Int64
    lon: Float64
    lat: Float64
    confidence: Float32
    direction_deg: Float32

    def __len__(self) -> int:
        return len(self.camera)

    @classmethod
    def of(cls, table: pa.Table) -> Self:
        """The sightings of a table with all columns of a block, of their types."""
        columns: dict[str, Any] = {n: tuple(table.column(n).to_pylist()) for n in TEXTS}
        # copies: Arrow's own memory is read-only
        columns |= {name: np.array(table.column(name), dtype) for name, dtype in NUMBERS.items()}
        return cls(**columns)

    @classmethod
    def empty(cls) -> Self:
        """A batch of no sightings."""
        columns: dict[str, Any] = dict.fromkeys(TEXTS, ())
        columns |= {name: np.empty(0, dtype) for name, dtype in NUMBERS.items()}
        return cls(**columns)

    @classmethod
    def concat(cls, batches: Sequence[Self]) -> Self:
        """All sightings of `batches`, in their order."""
        if len(batches) == 1:
            return batches[0]
        if not batches:
            return cls.empty()
        columns: dict[str, Any] = {
            name: tuple(chain.from_iterable(getattr(b, name) for b in batches)) for name in TEXTS
        }
        columns |= {name: np.concatenate([getattr(b, name) for b in batches]) for name in NUMBERS}
        return cls(**columns)

    def take(self, index: NDArray[np.intp] | NDArray[np.bool_]) -> Self:
        """The sightings that `index` selects, positions or mask."""
        chosen = np.arange(len(self))[index].tolist()
        columns: dict[str, Any] = {
            name: tuple(getattr(self, name)[i] for i in chosen) for name in TEXTS
        }
        columns |= {name: getattr(self, name)[index] for name in NUMBERS}
        return type(self)(**columns)


def encode(batch: SightingBatch) -> bytes:
    """The sightings as an Arrow IPC stream of one record batch (schema `sightings`)."""
    columns = {name: pa.array(getattr(batch, name), pa.string()) for name in TEXTS}
    columns |= {name: pa.array(getattr(batch, name)) for name in NUMBERS}
    table = pa.table(columns).replace_schema_metadata(
        {"vg.schema": _SCHEMA, "vg.version": str(VERSION)}
    )
    sink = pa.BufferOutputStream()
    with ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def decode(data: bytes) -> SightingBatch:
    """The sightings that `encode` made a block of.

    Raises `ValueError` when the bytes are no such block, or one of a version not known here.
    """
    try:
        return SightingBatch.of(arrow_bytes.read(data, _SCHEMA, VERSION))
    except ValueError:
        table = arrow_bytes.read(data, _SCHEMA, 1)
    return SightingBatch.of(table.append_column("read_id", pa.nulls(table.num_rows, pa.string())))

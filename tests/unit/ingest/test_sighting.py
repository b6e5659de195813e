"""Sightings are stored so that any Arrow tool can read them."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import ipc

from ingest import sighting
from tests.unit.ingest.making import NOW_MS, T, decode

CAMERA = "vg/v1/camera/C1/sighting"


def test_a_sighting_block_reads_with_arrow_alone() -> None:
    seen = decode(
        [
            {"t": T, "plate": "湘H12345", "confidence": 0.5, "lon": 112.5, "lat": 28.5},
            {"t": T + 1, "plate_color": "green"},
        ],
        CAMERA,
    ).sightings
    with ipc.open_stream(sighting.encode(seen)) as reader:
        assert reader.schema.metadata == {b"vg.schema": b"sightings", b"vg.version": b"2"}
        first, second = reader.read_all().to_pylist()
    assert first["camera"] == second["camera"] == "C1"
    assert (first["plate"], first["confidence"], first["lon"]) == ("湘H12345", 0.5, 112.5)
    assert (first["t_ms"], first["received_ms"]) == (T * 1000, NOW_MS)
    assert (second["plate"], second["plate_color"]) == (None, "green")
    assert math.isnan(second["lon"])
    assert math.isnan(second["confidence"])


def test_no_sightings_make_a_block_of_none() -> None:
    with ipc.open_stream(sighting.encode(decode([], CAMERA).sightings)) as reader:
        assert reader.read_all().num_rows == 0


def same(one: sighting.SightingBatch, other: sighting.SightingBatch) -> None:
    for name in sighting.TEXTS:
        assert getattr(one, name) == getattr(other, name)
    for name, dtype in sighting.NUMBERS.items():
        column = getattr(other, name)
        assert column.dtype == dtype
        np.testing.assert_array_equal(getattr(one, name), column)


def test_a_block_gives_back_what_was_put_in() -> None:
    rows = [{"t": T, "plate": "湘H12345", "direction": 90}, {"t": T + 1, "lon": 1.0, "lat": 2.0}]
    for seen in (decode(rows, CAMERA).sightings, decode([], CAMERA).sightings):
        same(seen, sighting.decode(sighting.encode(seen)))


def test_some_sightings_can_be_taken_by_mask_and_by_position() -> None:
    seen = decode([{"t": T + n, "plate": f"湘H1234{n}"} for n in range(3)], CAMERA).sightings
    same(seen.take(np.array([True, False, True])), seen.take(np.array([0, 2])))
    assert seen.take(np.array([2, 0])).plate == ("湘H12342", "湘H12340")


def test_a_block_of_the_version_before_is_read_and_names_no_read() -> None:
    seen = decode([{"t": T, "plate": "湘H12345", "read_id": "r"}], CAMERA).sightings
    with ipc.open_stream(sighting.encode(seen)) as reader:
        table = reader.read_all().drop_columns(["read_id"])
    table = table.replace_schema_metadata({"vg.schema": "sightings", "vg.version": "1"})
    sink = pa.BufferOutputStream()
    with ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    held = sighting.decode(sink.getvalue().to_pybytes())
    assert (held.plate, held.read_id) == (seen.plate, (None,))


def test_other_bytes_are_no_sightings() -> None:
    with pytest.raises(ValueError, match="Arrow"):
        sighting.decode(b"x")

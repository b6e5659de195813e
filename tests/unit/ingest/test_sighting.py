"""Sightings are stored so that any Arrow tool can read them."""

from __future__ import annotations

import math

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
        assert reader.schema.metadata == {b"vg.schema": b"sightings", b"vg.version": b"1"}
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

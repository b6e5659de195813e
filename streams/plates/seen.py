"""Where each plate was last seen: one fixed row a vehicle with a plate, and its snapshot."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ingest.store import arrow_bytes
from streams.pursuit.track import Sighted

ROW = np.dtype(
    [
        ("t_ms", "i8"),  # event time of the newest read that counted; 0 = never seen
        ("lon", "f8"),
        ("lat", "f8"),
        # first and last sign of what goes on, by kind of contradiction; 0 = nothing does
        ("elsewhere_ms", "i8"),
        ("elsewhere_last_ms", "i8"),
        ("two_places_ms", "i8"),
        ("two_places_last_ms", "i8"),
        ("direction_deg", "f4"),  # NaN = the reader did not say
        ("camera", "i4"),  # position in `LastSightings.cameras`
    ],
    align=True,
)
"""Layout of one plate's row.  Times in ms of event time, places in WGS-84 degrees."""

VERSION = 1
_SCHEMA = "last_sightings"
_TEXTS = ("vehicle_id", "camera")


class LastSightings:
    """Rows of the vehicles of a `PlateBook`, in its order, and the cameras that they name.

    Snapshot plus the sightings after it give the same bytes as never having stopped.
    """

    def __init__(self, vehicles: Sequence[str]) -> None:
        self.vehicles = tuple(vehicles)
        self._row_of = {vehicle: row for row, vehicle in enumerate(self.vehicles)}
        self.rows: NDArray[np.void] = np.zeros(len(self.vehicles), ROW)
        self.rows["direction_deg"] = np.nan
        self.cameras: list[str] = []
        self._camera_of: dict[str, int] = {}

    def camera(self, name: str) -> int:
        """The position of a camera in `cameras`, where it is put if it is new."""
        at = self._camera_of.setdefault(name, len(self.cameras))
        if at == len(self.cameras):
            self.cameras.append(name)
        return at

    def of(self, vehicle: str) -> tuple[Sighted, ...]:
        """Where the plate of a vehicle was last seen, for its pursuit; empty = nowhere yet."""
        number = self._row_of.get(vehicle)
        if number is None or self.rows["t_ms"][number] == 0:
            return ()
        row = self.rows[number]
        camera = self.cameras[int(row["camera"])]
        place = float(row["lon"]), float(row["lat"])
        return (Sighted(int(row["t_ms"]), *place, camera, float(row["direction_deg"])),)

    def encode(self) -> bytes:
        """The plates ever seen as an Arrow IPC stream, by vehicle id; equal states, equal bytes."""
        kept = np.flatnonzero(self.rows["t_ms"] > 0)
        rows = self.rows[kept]
        columns = {"vehicle_id": pa.array([self.vehicles[row] for row in kept], pa.string())}
        for name in ROW.names or ():
            if name != "camera":
                columns[name] = pa.array(np.ascontiguousarray(rows[name]))
        columns["camera"] = pa.array([self.cameras[at] for at in rows["camera"]], pa.string())
        order = np.argsort(np.array(columns["vehicle_id"].to_pylist(), np.str_), kind="stable")
        table = pa.table(columns).take(pa.array(order, pa.int64()))
        return arrow_bytes.write(table, _SCHEMA, VERSION, {})

    @classmethod
    def decode(cls, data: bytes, vehicles: Sequence[str]) -> LastSightings:
        """The state that a snapshot holds, for the plates there are now; others are forgotten.

        Raises `ValueError` when the bytes are no snapshot or of another version.
        """
        table = arrow_bytes.read(data, _SCHEMA, VERSION)
        state = cls(vehicles)
        at = np.array([state._row_of.get(v, -1) for v in table["vehicle_id"].to_pylist()], np.int64)
        held = np.zeros(len(at), ROW)
        for name in ROW.names or ():
            if name == "camera":
                held[name] = [state.camera(camera) for camera in table[name].to_pylist()]
            else:
                held[name] = table[name].to_numpy()
        state.rows[at[at >= 0]] = held[at >= 0]
        return state

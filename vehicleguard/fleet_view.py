"""Live vehicles as the console sees them: a window on the state, safe from any thread."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from alerts.incident import Incident
from alerts.level import Level
from console.ports import Page
from ingest.fix import Int32
from streams.state import FleetState, Motion, Tri
from vehicleguard.trail import Fix, Trails

_STATUS = {Motion.UNKNOWN: "unknown", Motion.PARKED: "parked", Motion.MOVING: "moving"}


class FleetView:
    """Positions by revision: whoever saw revision r asks for what changed after it.

    The pipeline's thread changes the state while it holds `lock`; readers copy under it.
    """

    def __init__(self, state: FleetState, levels: Mapping[str, Level], revision: int) -> None:
        self.lock = threading.Lock()
        self._state = state
        # above every revision of an earlier run, so that a page from then is sent everything anew
        self._revision = revision
        self._changed: NDArray[np.int64] = np.full(max(len(state), 1024), revision, np.int64)
        self._level: NDArray[np.uint8] = np.zeros(len(self._changed), np.uint8)
        self._trails = Trails()
        for vehicle_id, level in levels.items():
            if (row := state.row_of(vehicle_id)) is not None:
                self._level[row] = level

    def __len__(self) -> int:
        return len(self._state)

    def changed(self, rows: Int32) -> None:
        """Rows that a batch advanced.  Call it while holding `lock`."""
        self._grow()
        self._revision += 1
        self._changed[rows] = self._revision
        followed = rows[self._level[rows] > 0]
        self._trails.take(followed, self._state.rows[followed])

    def incident(self, incident: Incident) -> None:
        """An incident opened, rose or was closed: its vehicles look different now."""
        with self.lock:
            known = map(self._state.row_of, incident.vehicles)
            rows = [row for row in known if row is not None]
            if not rows:
                return
            self._grow()
            self._revision += 1
            self._changed[rows] = self._revision
            self._level[rows] = incident.level if incident.is_open else 0
            if not incident.is_open:
                for row in rows:
                    self._trails.forget(row)

    def trail(self, vehicle_id: str) -> list[Fix]:
        """The last believed fixes of a vehicle, oldest first: several while it is in an incident.

        Empty when no place of it is known.
        """
        with self.lock:
            number = self._state.row_of(vehicle_id)
            if number is None:
                return []
            held: Any = self._state.rows[number]
            newest = Fix.of(held)
            return [
                *(fix for fix in self._trails.of(number) if fix.t_ms < newest.t_ms),
                *([newest] if newest.t_ms > 0 else []),
            ]

    def positions(self, since: int) -> tuple[int, pa.Table]:
        """Every located vehicle that changed after revision `since`, and the revision now."""
        with self.lock:
            n = len(self._state)
            rows = self._state.rows
            pick = np.flatnonzero((self._changed[:n] > since) & (rows["fix_ms"] > 0))
            taken = rows[pick]
            level = self._level[pick]
            revision = self._revision
            ids = [self._state.ids[row] for row in pick]
        armed = (taken["armed_said"] == Tri.YES) | (taken["self_armed"] == 1)
        table = pa.table(
            {
                "row": pa.array(pick.astype(np.uint32)),
                "vehicle_id": pa.array(ids, pa.string()),
                "lon": pa.array(np.ascontiguousarray(taken["lon"])),
                "lat": pa.array(np.ascontiguousarray(taken["lat"])),
                "t": pa.array(taken["fix_ms"] / 1000),
                "speed_mps": pa.array(np.ascontiguousarray(taken["speed_mps"])),
                "heading_deg": pa.array(np.ascontiguousarray(taken["heading_deg"])),
                "status": pa.array(np.ascontiguousarray(taken["motion"])),
                "armed": pa.array(armed.astype(np.uint8)),
                "level": pa.array(level),
            }
        )
        return revision, table

    def page(self, cursor: str | None, limit: int) -> Page[Mapping[str, object]]:
        """Vehicles in the order in which they were first heard of; the cursor is a row number."""
        first = 0
        if cursor is not None:
            if not cursor.isdecimal():
                msg = f"not a cursor of this list: {cursor!r}"
                raise ValueError(msg)
            first = int(cursor)
        with self.lock:
            last = min(first + limit, len(self._state))
            items = [self._vehicle(row) for row in range(first, last)]
            more = last < len(self._state)
        return Page(items, str(last) if more else None)

    def one(self, vehicle_id: str) -> Mapping[str, object] | None:
        """One vehicle, or None when it was never heard of."""
        with self.lock:
            row = self._state.row_of(vehicle_id)
            return None if row is None else self._vehicle(row)

    def _vehicle(self, number: int) -> dict[str, object]:
        row: Any = self._state.rows[number]
        level = int(self._level[number]) if number < len(self._level) else 0
        located = int(row["fix_ms"]) > 0
        return {
            "id": self._state.ids[number],
            "t": int(row["seen_ms"]) / 1000,
            "lon": float(row["lon"]) if located else None,
            "lat": float(row["lat"]) if located else None,
            "speed_mps": _known(float(row["speed_mps"])),
            "heading_deg": _known(float(row["heading_deg"])),
            "status": _STATUS[Motion(int(row["motion"]))],
            "armed": int(row["armed_said"]) == Tri.YES or bool(row["self_armed"]),
            "ignition": {Tri.YES: True, Tri.NO: False, Tri.UNKNOWN: None}[
                Tri(int(row["ignition"]))
            ],
            "level": Level(level).label if level else None,
        }

    def _grow(self) -> None:
        while len(self._changed) < len(self._state):
            self._changed = np.concatenate([self._changed, np.zeros_like(self._changed)])
            self._level = np.concatenate([self._level, np.zeros_like(self._level)])


def _known(value: float) -> float | None:
    return None if np.isnan(value) else round(value, 3)

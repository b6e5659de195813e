"""Who is in which zone: the state of all vehicles, advanced by batches into transitions.

Signature first: a vehicle keeps the XOR of the keys of the zones that it is in; a fix whose zones
have the same signature changes nothing and costs one comparison, and only for the others are zones
listed and margins taken.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geofence import visit
from geofence.margin import Margins
from geofence.track import STEP, TRACK, TrackParameters, follow
from geofence.transition import TRANSITION, TransitionParameters
from geofence.visit import ENTRY, VISITOR
from geofence.zoneset import ZoneSet
from ingest.fix import FixBatch, Flag

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]
Records = NDArray[np.void]

_BITS = (int(Flag.LOCATED), int(Flag.BACK_FILL))


@dataclass
class Presence:
    """Tracks, visitors and entries of the vehicles with rows 0 to n - 1.

    * `tracks` `TRACK`[n] and `visitors` `VISITOR`[n]; `entries` `ENTRY`[e], where a visitor's are
      `entries[at:at + count]`.
    """

    tracks: Records = field(default_factory=lambda: np.zeros(0, TRACK))
    visitors: Records = field(default_factory=lambda: np.zeros(0, VISITOR))
    entries: Records = field(default_factory=lambda: np.zeros(1024, ENTRY))
    used: int = 0

    def make_room(self, rows: int) -> None:
        """Have rows for `rows` vehicles."""
        if rows > len(self.tracks):
            room = max(rows, 2 * len(self.tracks), 1024)
            self.tracks = _longer(self.tracks, room)
            self.visitors = _longer(self.visitors, room)

    def zones_of(self, vehicle: int) -> Int32:
        """The zones that a vehicle is in, ordered."""
        if vehicle >= len(self.visitors):
            return np.empty(0, np.int32)
        own = self.visitors[vehicle]
        entries = self.entries[own["at"] : own["at"] + own["count"]]
        zones: Int32 = np.sort(entries["zone"][entries["inside"] == 1])
        return zones


@dataclass
class Watch:
    """Zones made ready to be watched."""

    zones: ZoneSet
    tracking: TrackParameters = field(default_factory=TrackParameters)
    believing: TransitionParameters = field(default_factory=TransitionParameters)

    def __post_init__(self) -> None:
        self._margins = Margins.of(self.zones.zones).arrays()
        self._track = self.tracking.record()
        self._believe = self.believing.record()

    def advance(self, presence: Presence, batch: FixBatch, vehicle: Int32) -> Records:
        """Advance `presence` by `batch`, whose fixes are of the rows `vehicle` int32[n].

        Returns the transitions, `TRANSITION`[k], by fix, then zone.
        """
        n = len(batch)
        if n:
            presence.make_room(int(vehicle.max()) + 1)
        steps = np.empty(n, STEP)
        follow(
            presence.tracks, vehicle, batch.t_ms, batch.received_ms, batch.lon, batch.lat,
            batch.accuracy_m, batch.flags, self._track, _BITS, steps,
        )  # fmt: skip
        signature = self.zones.signatures(batch.lon, batch.lat)
        busy = np.empty(n, np.int64)
        busy = busy[: visit.select(presence.visitors, vehicle, steps, signature, busy)]
        lon, lat = batch.lon[busy], batch.lat[busy]
        fix, zone = self.zones.match(lon, lat)
        at = np.zeros(len(busy) + 1, np.int64)
        np.cumsum(np.bincount(fix, minlength=len(busy)), out=at[1:])
        presence.entries, presence.used, found, transitions = visit.advance(
            presence.visitors, presence.entries, presence.used, busy, vehicle, steps,
            batch.lon, batch.lat, batch.accuracy_m, signature, at, zone, self.zones.keys,
            self._margins, self._believe,
        )  # fmt: skip
        out = transitions[:found]
        return out[np.lexsort((out["zone"], out["fix"]))]


def _longer(records: Any, room: int) -> Any:
    out = np.zeros(room, records.dtype)
    out[: len(records)] = records
    return out

"""`Watch`: zones made ready, and the one call that turns a batch of fixes into transitions.

A vehicle at rest is where it rests, whatever its receiver wanders.  Signature first: a vehicle
keeps the XOR of the keys of the zones that it is in; a fix whose zones have the same signature
changes nothing and costs one comparison, and only for the others are zones listed and margins
taken.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from geofence.watch import visit
from geofence.watch.cross import Crossing
from geofence.watch.margin import Margins
from geofence.watch.presence import Presence
from geofence.watch.track import STEP, TrackParameters, follow
from geofence.watch.transition import TransitionParameters
from geofence.zoneset import ZoneSet
from ingest.fix import FixBatch, Flag

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]
Records = NDArray[np.void]

_BITS = (int(Flag.LOCATED), int(Flag.BACK_FILL))


@dataclass
class Watch:
    """What a presence is advanced by.

    `crossed` bool[z] names the zones for which to look for vehicles that jumped through them
    between two fixes; none by default, for it takes several places to look up a step.
    """

    zones: ZoneSet
    tracking: TrackParameters = field(default_factory=TrackParameters)
    believing: TransitionParameters = field(default_factory=TransitionParameters)
    crossed: Bool | None = None

    def __post_init__(self) -> None:
        self._margins = Margins.of(self.zones.zones).arrays()
        self._track = self.tracking.record()
        self._believe = self.believing.record()
        self._crossing: Crossing | None = None
        if self.crossed is not None and self.crossed.any():
            self._crossing = Crossing(self.zones, self.crossed)

    def advance(
        self, presence: Presence, batch: FixBatch, vehicle: Int32
    ) -> tuple[Records, Records]:
        """Advance `presence` by `batch`, whose fixes are of its rows `vehicle` int32[n].

        Returns the transitions, `TRANSITION`[k], by fix, then zone, and what became of each fix,
        `STEP`[n].  Raises `ValueError` for a presence over other zones (see `Presence.rebased`).
        """
        if not np.array_equal(presence.keys, self.zones.keys):
            raise ValueError("presence: expected one over the zones watched")
        n = len(batch)
        if n:
            presence.make_room(int(vehicle.max()) + 1)
        steps = np.empty(n, STEP)
        follow(
            presence.tracks, vehicle, batch.t_ms, batch.received_ms, batch.lon, batch.lat,
            batch.accuracy_m, batch.flags, self._track, _BITS, steps,
        )  # fmt: skip
        lon, lat = np.empty(n), np.empty(n)
        visit.stand(steps, batch.lon, batch.lat, lon, lat)
        signature = self.zones.signatures(lon, lat)
        busy = np.empty(n, np.int64)
        busy = busy[: visit.select(presence.visitors, vehicle, steps, signature, busy)]
        fix, zone = self.zones.match(lon[busy], lat[busy])
        at = np.zeros(len(busy) + 1, np.int64)
        np.cumsum(np.bincount(fix, minlength=len(busy)), out=at[1:])
        presence.entries, presence.used, found, noted = visit.advance(
            presence.visitors, presence.entries, presence.used, busy, vehicle, steps,
            lon, lat, batch.accuracy_m, signature, at, zone, self.zones.keys,
            self._margins, self._believe,
        )  # fmt: skip
        transitions = noted[:found]
        if self._crossing is not None:
            jumps = self._crossing.jumps(steps, vehicle, (batch.lon, batch.lat))
            transitions = np.concatenate([transitions, jumps])
        order = np.lexsort((transitions["zone"], transitions["fix"]))
        return transitions[order], steps

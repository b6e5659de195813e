"""The step from sightings to signals, as live runs and replays call it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ingest.cameras.register import Cameras
from ingest.registry import Plate
from ingest.sighting import SightingBatch
from streams.plates.book import PlateBook
from streams.plates.seen import LastSightings
from streams.plates.signals import signals_of
from streams.plates.watch import LastFixes, PlateWatch
from streams.signal import Signal
from streams.state import FleetState


class PlateGuard:
    """The registered plates and where the cameras are.

    Pure but for `FleetState.plates`, which it keeps; what stands there as bytes is of a snapshot.
    """

    def __init__(
        self, plate_of: Mapping[str, Plate] | None = None, cameras: Cameras | None = None
    ) -> None:
        self.book = PlateBook.of(plate_of or {})
        self._cameras = cameras or Cameras()
        self._watch = PlateWatch(self.book)

    def begin(self, fleet: FleetState) -> LastSightings:
        """Where the plates were last seen, made ready in `fleet` if it is not.

        Bytes of another version are forgotten: the next reads make it anew.
        """
        held = fleet.plates
        if isinstance(held, bytes):
            try:
                held = LastSightings.decode(held, self.book.vehicles)
            except ValueError:
                held = None
        if held is None:
            held = LastSightings(self.book.vehicles)
        fleet.plates = held
        return held

    def step(self, seen: SightingBatch, fleet: FleetState) -> list[Signal]:
        """What `seen`, in order of arrival, says beside the fixes that `fleet` has had so far."""
        state = self.begin(fleet)
        if not len(self.book):
            return []
        seen = seen.take(self.of_the_fleet(seen))
        vehicles = np.array(self.book.vehicles, object)
        found = self._watch.step(
            seen,
            self._cameras.places(seen),
            lambda rows: LastFixes.of(fleet, vehicles[rows].tolist()),
            state,
        )
        return signals_of(found, seen, self.book, fleet)

    def of_the_fleet(self, seen: SightingBatch) -> NDArray[np.bool_]:
        """Which sightings are of a registered plate, bool[n]; a city reads mostly others."""
        return self.book.match(seen.plate)[0] >= 0

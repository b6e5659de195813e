"""Pursuits as the console sees them: made anew at every request from the newest fixes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from alerts import ledger as ledgers
from alerts.incident import Incident
from alerts.ledger import Ledger
from alerts.level import Level
from console.ports import NoPursuitError, UnknownIncidentError
from geofence.datum import Datum, to_wgs84
from ingest.cameras.register import Cameras
from streams.pursuit import RoadNetwork, Sighted, Track, pursue
from streams.pursuit.cameras import Surroundings
from streams.pursuit.roads import RoadsError
from streams.settings import StreamSettings
from vehicleguard.fleet_view import FleetView

_NOT_PLACES = frozenset({"silence", "plate"})
"""Evidence whose signals are raised by a timer or a camera, at a time when there was no fix."""

Sightings = Callable[[str], Sequence[Sighted]]


def surroundings_of(settings: StreamSettings) -> Surroundings:
    """Roads and cameras that the settings name.  Raises `RoadsError`, `CamerasError`."""
    cameras = cameras_of(settings.cameras, settings.cameras_datum)
    network = None
    if settings.roads is not None:
        nodes, edges = (_file(settings.roads, name) for name in ("nodes", "edges"))
        network = RoadNetwork.from_csv(nodes, edges)
    return Surroundings(cameras, network)


def cameras_of(path: Path | None, datum: str | None) -> Cameras:
    """The cameras of a file in any datum; none without a file.  Raises `CamerasError`."""
    if path is None:
        return Cameras()
    by_datum = {str(datum): partial(to_wgs84, datum=datum) for datum in Datum}
    return Cameras.from_csv(path, datum, by_datum)


def _file(folder: Path, name: str) -> Path:
    for path in (folder / f"{name}.csv", folder / f"{name}.csv.gz"):
        if path.exists():
            return path
    msg = f"{folder}: expected {name}.csv or {name}.csv.gz, found neither"
    raise RoadsError(msg)


class PursuitView:
    """`console.ports.Pursuits`; `sightings` gives those of a vehicle's plate."""

    def __init__(
        self,
        ledger: Ledger,
        fleet: FleetView,
        clock_ms: Callable[[], int],
        around: Surroundings | None = None,
        sightings: Sightings = lambda _: (),
    ) -> None:
        self._ledger = ledger
        self._fleet = fleet
        self._clock_ms = clock_ms
        self._around = around
        self._sightings = sightings

    def of(self, incident_id: str) -> Mapping[str, object]:
        """The pursuit of one incident's vehicle as of now."""
        try:
            incident, _ = self._ledger.incident(incident_id)
        except ledgers.UnknownIncidentError as error:
            raise UnknownIncidentError(incident_id) from error
        if not incident.is_open or incident.level is not Level.RED:
            what = incident.level.label if incident.is_open else "closed"
            msg = f"{incident_id} is {what}; only an open red incident is pursued"
            raise NoPursuitError(msg)
        try:
            pursuit = pursue(
                self._track(incident),
                self._clock_ms(),
                self._sightings(incident.vehicle_id),
                self._around,
            )
        except ValueError as error:
            msg = f"{incident.vehicle_id}: {error}"
            raise NoPursuitError(msg) from error
        about = {"incident_id": incident_id, "vehicle_id": incident.vehicle_id}
        return {**about, **pursuit.to_wire()}

    def _track(self, incident: Incident) -> Track:
        trail = self._fleet.trail(incident.vehicle_id)
        newest_ms = trail[-1].t_ms if trail else math.inf
        unknown = math.nan
        # where its signals were raised was a fix, too, perhaps from before a restart
        told = [
            (round(report.t_detected * 1000), report.lon, report.lat, unknown, unknown, unknown)
            for report in incident.reports
            if not report.kinds & _NOT_PLACES
        ]
        rows = [row for row in told if row[0] <= newest_ms]
        return Track.of([*rows, *((*fix, unknown) for fix in trail)])

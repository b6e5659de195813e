"""Pursuits over the ledger and the fleet: from the newest fixes, for red incidents only."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from alerts.report import Report
from alerts.sqlite_ledger import SqliteLedger
from console import pursuit
from console.ports import NoPursuitError, UnknownIncidentError
from ingest.cameras.register import CamerasError
from ingest.fix import FixBatch
from streams.processor import Processor
from streams.pursuit import Sighted
from streams.pursuit.roads import RoadsError
from streams.rules import Rules
from streams.settings import StreamSettings
from streams.state import FleetState
from tests.timeline import HOME, Track, offset
from tests.unit.alerts.acting import close
from vehicleguard.fleet_view import FleetView
from vehicleguard.pursuit_view import PursuitView, surroundings_of


class Theft:
    """A vehicle rides off; each fix is a block of its own, as of a live terminal."""

    def __init__(self, fixes: int = 8, *, level: str = "red") -> None:
        self.state, self.ledger = FleetState(), SqliteLedger(":memory:")
        self.fleet, self.processor = FleetView(self.state, {}, 1), Processor(Rules())
        self.track = Track("v", armed=True, ignition=False).park(10)
        self.told(self.track.batch())
        self.ride(2)
        report = {
            "id": "s-1",
            "vehicle_id": "v",
            "kind": "moved_while_armed",
            "t": self.track.t_ms / 1000 - 20,
            "t_detected": self.track.t_ms / 1000,
            "lon": self.track.at[0],
            "lat": self.track.at[1],
            "strength": 0.9,
            "evidence": {"kinds": ["motion", "ignition_off"], "level": level},
        }
        for entry in self.ledger.receive([Report.from_wire(report)], self.track.t_ms):
            self.incident = entry.incident
            self.fleet.incident(entry.incident)
        self.ride(fixes)
        self.sightings: list[Sighted] = []

    def ride(self, fixes: int) -> None:
        for _ in range(fixes):
            before = len(self.track.rows)
            self.track.fix(after_s=10, at=offset(self.track.at, 120, 0), speed=12.0)
            self.told(self.track.batch().take(slice(before, None)))

    def told(self, batch: FixBatch) -> None:
        with self.fleet.lock:
            self.processor.step(batch, self.state)
            self.fleet.changed(self.state.intern(batch.ids))

    def pursuit(self, after_s: float = 40, around=None) -> pursuit.Pursuit:
        now_ms = self.track.t_ms + int(after_s * 1000)
        view = PursuitView(
            self.ledger, self.fleet, lambda: now_ms, around, lambda _: self.sightings
        )
        return pursuit.Pursuit(**view.of(self.incident.id))


def test_a_pursuit_begins_where_the_vehicle_was_last_seen() -> None:
    theft = Theft()
    found = theft.pursuit()
    assert (found.incident_id, found.vehicle_id) == (theft.incident.id, "v")
    assert found.last_seen.age_s == 40
    assert (found.last_seen.lon, found.last_seen.lat) == pytest.approx(theft.track.at, abs=1e-6)
    assert found.direction_deg == pytest.approx(90, abs=1)
    assert found.speed_mps == pytest.approx(12, abs=0.1)


def test_every_request_is_answered_from_the_newest_fix() -> None:
    theft = Theft()
    before = theft.pursuit()
    theft.ride(1)
    after = theft.pursuit(5)
    assert after.last_seen.t == before.last_seen.t + 10
    assert after.last_seen.age_s == 5


def test_a_run_that_has_just_started_takes_the_course_from_the_signals() -> None:
    theft = Theft()
    theft.fleet = FleetView(theft.state, {}, 1)
    assert theft.pursuit().direction_deg == pytest.approx(90, abs=1)


def test_a_newer_sighting_is_pursued() -> None:
    theft = Theft()
    place = offset(HOME, 0, 5000)
    theft.sightings = [Sighted(theft.track.t_ms + 30_000, *place, "C1")]
    found = theft.pursuit()
    assert (found.last_seen.by, found.last_seen.camera, found.last_seen.age_s) == (
        "plate", "C1", 10,
    )  # fmt: skip


def test_only_open_red_incidents_are_pursued() -> None:
    theft = Theft()
    with pytest.raises(UnknownIncidentError):
        PursuitView(theft.ledger, theft.fleet, lambda: 0).of("i-none")
    with pytest.raises(NoPursuitError, match="no place"):
        theft.pursuit(-1e6)
    entry = close(theft.ledger, theft.incident.id, None, at_ms=theft.track.t_ms)
    theft.fleet.incident(entry.incident)
    with pytest.raises(NoPursuitError, match="closed"):
        theft.pursuit()
    assert len(theft.fleet.trail("v")) == 1
    assert theft.fleet.trail("nobody") == []


def test_surroundings_are_read_as_the_settings_say(tmp_path: Path) -> None:
    nodes = "node_id,lon,lat\n1,112.35,28.555\n2,112.40,28.555\n"
    edges = "from_node,to_node,length_m,highway\n1,2,4885,primary\n"
    (tmp_path / "nodes.csv").write_text(nodes)
    (tmp_path / "edges.csv.gz").write_bytes(gzip.compress(edges.encode()))
    cameras = tmp_path / "cameras.csv"
    cameras.write_text("camera,lon,lat\nC1,112.38,28.555\n")
    settings = StreamSettings(roads=tmp_path, cameras=cameras, cameras_datum="wgs84")
    found = Theft().pursuit(around=surroundings_of(settings))
    assert [(c.id, c.by) for c in found.cameras] == [("C1", "road")]
    # after a minute and 40 s the way east is open; after five the road is at its end
    assert [len(r.gates) for r in found.roads] == [1, 0, 0]

    with pytest.raises(CamerasError, match="datum"):
        surroundings_of(StreamSettings(cameras=cameras))
    with pytest.raises(RoadsError, match=r"expected nodes\.csv"):
        surroundings_of(StreamSettings(roads=tmp_path / "none"))
    assert surroundings_of(StreamSettings()).network is None

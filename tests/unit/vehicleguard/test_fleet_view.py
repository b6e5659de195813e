"""The console's window on the fleet: by revision, paged, with levels that follow incidents."""

from __future__ import annotations

import dataclasses

import pytest

from alerts.event import State
from alerts.incident import Incident
from alerts.ledger import Wanted
from alerts.level import Level
from alerts.report import Report
from alerts.sqlite_ledger import SqliteLedger
from ingest.fix import FixBatch
from streams.processor import Processor
from streams.rules import Rules
from streams.state import FleetState
from tests.timeline import HOME, Track, offset
from vehicleguard.fleet_view import FleetView


class Fleet:
    """State, processor and view, as the pipeline holds them."""

    def __init__(self) -> None:
        self.state = FleetState()
        self.processor = Processor(Rules())
        self.view = FleetView(self.state, {}, 1)
        self.reports: list[Report] = []

    def told(self, *tracks: Track) -> None:
        batch = FixBatch.concat([track.batch() for track in tracks])
        with self.view.lock:
            found = self.processor.step(batch, self.state)
            self.view.changed(self.state.intern(batch.ids))
        self.reports += [Report.from_wire(signal.to_wire()) for signal in found]


def parked(vehicle: str, minutes: float = 10) -> Track:
    return Track(vehicle, armed=True, ignition=False).park(minutes)


def stolen(vehicle: str) -> Track:
    return parked(vehicle).ride(20)


def ids(fleet: Fleet, since: int) -> list[str]:
    _, table = fleet.view.positions(since)
    found: list[str] = table.column("vehicle_id").to_pylist()
    return found


def test_only_what_changed_after_a_revision_is_shown() -> None:
    fleet = Fleet()
    fleet.told(parked("a"), parked("b"))
    revision, table = fleet.view.positions(0)
    assert table.column("vehicle_id").to_pylist() == ["a", "b"]
    assert ids(fleet, revision) == []
    fleet.told(parked("c"), parked("b", 20))
    assert ids(fleet, revision) == ["b", "c"]
    assert ids(fleet, 0) == ["a", "b", "c"]


def test_positions_are_those_of_the_last_fix() -> None:
    fleet = Fleet()
    track = parked("a")
    fleet.told(track.fix(at=offset(HOME, 500, 0), speed=3))
    (row,) = fleet.view.positions(0)[1].to_pylist()
    assert (row["lon"], row["lat"]) == track.at
    assert row["t"] == track.t_ms / 1000
    assert row["speed_mps"] == 3
    assert (row["armed"], row["level"]) == (1, 0)


def test_a_vehicle_never_located_is_listed_without_a_place_and_not_drawn() -> None:
    fleet = Fleet()
    fleet.told(Track("lost").fix(located=False))
    assert ids(fleet, 0) == []
    one = fleet.view.one("lost")
    assert one is not None
    assert (one["lon"], one["lat"], one["speed_mps"]) == (None, None, None)
    assert fleet.view.one("never heard of") is None


def test_a_vehicle_tells_what_its_terminal_said() -> None:
    fleet = Fleet()
    fleet.told(parked("a"), Track("b").park(1))
    one, other = fleet.view.one("a"), fleet.view.one("b")
    assert one is not None
    assert other is not None
    assert (one["id"], one["armed"], one["ignition"], one["level"]) == ("a", True, False, None)
    assert (other["armed"], other["ignition"]) == (False, None)
    assert one["status"] == "parked"


def test_pages_cover_every_vehicle_once() -> None:
    fleet = Fleet()
    fleet.told(*(Track(f"v{n}").fix() for n in range(25)))
    seen: list[object] = []
    cursor = None
    while True:
        page = fleet.view.page(cursor, 10)
        seen += [item["id"] for item in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert seen == [f"v{n}" for n in range(25)]
    assert len(fleet.view) == 25
    with pytest.raises(ValueError, match="not a cursor"):
        fleet.view.page("-1", 10)


def _incident(fleet: Fleet) -> Incident:
    ledger = SqliteLedger(":memory:")
    ledger.receive(fleet.reports, 0)
    (entry,) = ledger.newest(Wanted(), None, 10)
    ledger.disconnect()
    return entry.incident


def test_a_vehicle_wears_the_level_of_its_incident_until_it_is_closed() -> None:
    fleet = Fleet()
    fleet.told(stolen("a"), parked("b"))
    incident = _incident(fleet)
    revision, _ = fleet.view.positions(0)
    fleet.view.incident(incident)
    assert ids(fleet, revision) == ["a"]
    one = fleet.view.one("a")
    assert one is not None
    assert one["level"] == incident.level.label
    revision, _ = fleet.view.positions(0)
    closed = dataclasses.replace(incident.course, state=State.CLOSED)
    fleet.view.incident(dataclasses.replace(incident, course=closed))
    assert ids(fleet, revision) == ["a"]
    one = fleet.view.one("a")
    assert one is not None
    assert one["level"] is None


def test_an_incident_of_a_vehicle_never_heard_of_does_no_harm() -> None:
    fleet = Fleet()
    fleet.told(stolen("a"))
    incident = _incident(fleet)
    empty = Fleet()
    empty.view.incident(incident)
    assert ids(empty, 0) == []


def test_levels_of_open_incidents_are_there_after_a_restart() -> None:
    fleet = Fleet()
    fleet.told(parked("a"), parked("b"))
    view = FleetView(fleet.state, {"b": Level.RED, "gone": Level.BLUE}, 1)
    assert view.positions(0)[1].column("level").to_pylist() == [0, int(Level.RED)]


def test_the_view_grows_with_the_fleet() -> None:
    fleet = Fleet()
    fleet.told(*(Track(f"v{n}").fix() for n in range(1500)))
    revision, table = fleet.view.positions(0)
    assert table.num_rows == 1500
    fleet.told(Track("v1499", t_ms=1_750_000_100_000).fix())
    assert ids(fleet, revision) == ["v1499"]

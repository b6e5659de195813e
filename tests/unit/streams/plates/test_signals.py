"""Contradicted plates as signals: what each says, and what it makes of its vehicle's episode."""

import math

import numpy as np
import pytest

from ingest.cameras.register import Cameras
from streams import snapshot
from streams.describe import ARMED
from streams.detect import Armed
from streams.plates import PlateGuard
from streams.plates.signals import level_with
from streams.processor import step
from streams.rules import Rules
from streams.signal import Evidence, Signal, SignalKind
from streams.state import FleetState, Tri
from tests.timeline import HOME, T0_MS, Track, offset
from tests.unit.streams.plates.making import BOOK, sightings

GUARD = PlateGuard(dict(zip(BOOK.vehicles, BOOK.plates, strict=True)))
PLACE, MOTION = Evidence.PLACE, Evidence.MOTION


def parked() -> FleetState:
    """A car whose tracker was last heard of at home, at `T0_MS`."""
    fleet = FleetState()
    track = Track("car", armed=True, ignition=False, t_ms=T0_MS - 600_000).park(10)
    step(track.batch(), fleet, Rules(), 0)
    return fleet


def stolen(level: int, because: Evidence) -> FleetState:
    """The same, with an episode of its own under way."""
    fleet = parked()
    row = fleet.rows[0]
    row["episode_ms"], row["level"], row["because"] = T0_MS - 60_000, level, int(because)
    row["score"] = 2.5
    return fleet


def told(*rows: dict, fleet: FleetState | None = None, guard: PlateGuard = GUARD) -> list[Signal]:
    return guard.step(sightings(*rows), parked() if fleet is None else fleet)


@pytest.mark.parametrize(
    ("level", "because", "reached"),
    [
        (0, Evidence(0), 1),
        (1, MOTION, 2),
        (1, PLACE, 2),
        (2, MOTION, 2),
        (2, PLACE | MOTION, 3),
        (3, Evidence.PERSON, 3),
    ],
)
def test_a_plate_alone_is_blue_and_a_second_kind_beside_what_the_tracker_told(
    level: int, because: Evidence, reached: int
) -> None:
    assert level_with(level, because) == reached


def test_a_plate_elsewhere_says_where_how_far_and_what_it_may_be() -> None:
    row = {"at": (9000, 0), "t_s": 60, "confidence": 0.95, "camera": "K1", "color": "green"}
    (signal,) = told(row)
    assert signal.kind is SignalKind.PLATE_ELSEWHERE
    assert (signal.lon, signal.lat) == offset(HOME, 9000, 0)
    assert (signal.t_ms, signal.t_detected_ms, signal.episode_ms) == (T0_MS + 60_000,) * 3
    evidence = signal.evidence
    assert evidence["apart_m"] == pytest.approx(9000, rel=0.01)
    assert evidence["needed_mps"] == pytest.approx(150, rel=0.01)
    assert (evidence["other_lon"], evidence["other_lat"]) == pytest.approx(HOME, abs=1e-4)
    about = {"apart_m", "needed_mps", "other_lon", "other_lat"}
    assert {key: value for key, value in evidence.items() if key not in about} == {
        "kinds": ["plate"],
        "episode": T0_MS / 1000 + 60,
        "score": 0.0,
        "level": "blue",
        "because": ["plate"],
        "armed": "by_owner",
        "ignition": "off",
        "plate": "湘H12345",
        "camera": "K1",
        "cause": "cloned",
        "between_s": 60.0,
        "confidence": 0.95,
    }


def test_one_plate_in_two_places_at_once_needs_no_speed_that_could_be_named() -> None:
    (signal,) = told({"at": (90_000, 0)}, {"at": (0, 0)}, fleet=FleetState())
    assert signal.kind is SignalKind.PLATE_IN_TWO_PLACES
    assert "needed_mps" not in signal.evidence
    assert "confidence" not in signal.evidence
    assert (signal.evidence["armed"], signal.evidence["ignition"]) == ("no", "unknown")


@pytest.mark.parametrize("armed", [Armed.NOT_ARMED, Armed.BY_ITSELF, Armed.BY_SCHEDULE])
def test_a_signal_says_who_armed_a_vehicle_whose_owner_did_not(armed: Armed) -> None:
    fleet = parked()
    fleet.rows["armed_said"], fleet.rows["self_armed"] = Tri.UNKNOWN, armed
    (signal,) = told({"at": (9000, 0)}, fleet=fleet)
    assert signal.evidence["armed"] == ARMED[armed]


def test_an_episode_is_told_of_once_and_twice_the_same_is_one_signal() -> None:
    rows = [{"at": (9000, 0), "t_s": s} for s in (0, 30, 60)]
    (first,) = told(*rows)
    (again,) = told(*rows)
    assert first.id == again.id
    assert first.to_wire() == again.to_wire()


@pytest.mark.parametrize(
    ("level", "because", "reached"),
    [(1, MOTION, "yellow"), (2, MOTION, "yellow"), (2, PLACE | MOTION, "red")],
)
def test_a_plate_joins_the_episode_of_its_vehicle(level: int, because: Evidence, reached) -> None:
    (signal,) = told({"at": (9000, 0)}, fleet=stolen(level, because))
    assert signal.episode_ms == T0_MS - 60_000
    assert signal.evidence["episode"] == signal.episode_ms / 1000
    assert signal.evidence["level"] == reached
    assert signal.evidence["because"] == [*because.names(), "plate"]
    assert signal.evidence["score"] == 2.5


def test_two_contradictions_in_one_episode_are_two_signals() -> None:
    fleet = stolen(1, MOTION)
    (first,) = told({"at": (9000, 0)}, fleet=fleet)
    fleet.rows["fix_ms"][0] += 2 * 3_600_000
    (second,) = told({"at": (9000, 0), "t_s": 2 * 3600}, fleet=fleet)
    assert first.episode_ms == second.episode_ms
    assert first.id != second.id


@pytest.mark.parametrize("level", [0, 1])
def test_an_episode_that_amounts_to_nothing_or_a_cloned_plate_joins_nothing(level: int) -> None:
    color = "green" if level else "blue"
    (signal,) = told({"at": (9000, 0), "color": color}, fleet=stolen(level, PLACE))
    assert signal.episode_ms == T0_MS
    assert (signal.evidence["level"], signal.evidence["because"]) == ("blue", ["plate"])


def test_reads_of_other_plates_are_nobodys_and_a_fleet_without_plates_has_none() -> None:
    rows = [{"plate": "湘A00001", "at": (9000, 0)}, {"plate": None, "at": (9000, 0)}]
    assert told(*rows) == []
    assert told({"at": (9000, 0)}, guard=PlateGuard()) == []


def test_a_sighting_without_a_place_is_where_its_camera_is() -> None:
    lon, lat = offset(HOME, 9000, 0)
    cameras = Cameras(("K1",), np.array([lon]), np.array([lat]), np.array([0], np.float32))
    guard = PlateGuard(dict(zip(BOOK.vehicles, BOOK.plates, strict=True)), cameras)
    nowhere = {"at": (math.nan, math.nan)}
    (signal,) = told({**nowhere, "camera": "K1"}, {**nowhere, "camera": "K2"}, guard=guard)
    assert (signal.lon, signal.lat) == (lon, lat)


def test_a_snapshot_of_the_fleet_goes_on_where_the_plates_were_last_seen() -> None:
    fleet, rows = parked(), [{"at": (90_000, 0), "t_s": 700}, {"t_s": 760}]
    whole = parked()
    wanted = told(*rows, fleet=whole)
    found = told(rows[0], fleet=fleet)
    fleet.sighted = 7
    data = snapshot.encode(fleet, [])
    fleet = snapshot.decode(data, [])
    assert snapshot.encode(fleet, []) == data  # also before anybody reads the plates' part
    assert fleet.sighted == 7
    found += told(rows[1], fleet=fleet)
    assert found == wanted
    assert [signal.kind for signal in wanted] == [SignalKind.PLATE_IN_TWO_PLACES]
    assert GUARD.begin(fleet).encode() == GUARD.begin(whole).encode()


def test_where_plates_were_last_seen_is_forgotten_rather_than_stand_in_the_way() -> None:
    fleet = parked()
    fleet.plates = b"of another version"
    assert GUARD.begin(fleet).of("car") == ()

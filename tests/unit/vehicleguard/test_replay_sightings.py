"""`vehicleguard replay --sightings`: cameras beside trackers, the same answer however it is cut."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.plates import PlateGuard
from streams.rules import Rules
from tests.timeline import HOME, T0_MS, Track, batch_of, offset
from tests.unit.streams.plates.making import BOOK, sightings
from vehicleguard import replay
from vehicleguard.cli import main
from vehicleguard.replay import Sighted

FAR = offset(HOME, 9000, 0)
FIXES = batch_of(
    sorted(
        Track("car", armed=True, ignition=False).park(15).ride(30).rows
        + Track("van", armed=True, at=offset(HOME, 0, 2000)).park(25).rows,
        key=lambda row: int(str(row["t_ms"])),
    )
)
LAST_S = (int(FIXES.received_ms[-1]) - T0_MS) // 1000

reads = st.lists(
    st.fixed_dictionaries(
        {
            "plate": st.sampled_from(["湘H12345", "湘H8D001", "湘H00000"]),
            "t_s": st.integers(-60, LAST_S + 60),
            "at": st.sampled_from([(0, 0), (1500, 0), (9000, 0), (70_000, 0)]),
            "color": st.sampled_from([None, "blue", "yellow"]),
        }
    ),
    max_size=12,
).map(lambda rows: sorted(rows, key=lambda row: row["t_s"]))


def outcome(rows: list[dict], size: int) -> replay.Outcome:
    guard = PlateGuard(dict(zip(BOOK.vehicles, BOOK.plates, strict=True)))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(replay, "BATCH", size)
        return replay.replay(FIXES, Rules(), sighted=Sighted(guard, sightings(*rows)))


@settings(deadline=None, max_examples=25)
@given(reads, st.integers(1, 40))
def test_no_cut_of_batches_changes_what_cameras_and_trackers_say(rows, size) -> None:
    assert outcome(rows, size) == outcome(rows, 65_536)


def test_a_sighting_meets_the_fixes_that_arrived_before_it_and_no_later_ones() -> None:
    # at 14 min the car is at home still; at the end it is 2.4 km away on the road east
    at_home, on_its_way = {"t_s": 14 * 60}, {"t_s": LAST_S, "at": (60_000, 0)}
    rows = [at_home | {"at": (60_000, 0)}, on_its_way]
    told = [s for s in outcome(rows, 65_536).signals if str(s["kind"]).startswith("plate")]
    (alone,) = told  # of one episode
    assert alone["evidence"]["level"] == "blue"
    told = [s for s in outcome([on_its_way], 7).signals if str(s["kind"]).startswith("plate")]
    (beside,) = told
    assert beside["evidence"]["level"] in {"yellow", "red"}
    assert {"place", "plate"} <= set(beside["evidence"]["because"])


def test_without_sightings_and_without_fixes_there_is_nothing_to_say() -> None:
    assert outcome([], 10).signals == replay.replay(FIXES, Rules()).signals
    nobody = FIXES.take(slice(0, 0))
    guard = PlateGuard(dict(zip(BOOK.vehicles, BOOK.plates, strict=True)))
    seen = sightings({"at": (0, 0)}, {"at": (90_000, 0), "t_s": 60})
    found = replay.replay(nobody, Rules(), sighted=Sighted(guard, seen))
    assert [signal["kind"] for signal in found.signals] == ["plate_in_two_places"]
    assert len(found.incidents) == 1


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    fixes = "".join(f"car,{T0_MS / 1000 + 30 * n},{HOME[0]},{HOME[1]},true\n" for n in range(30))
    seen_s = T0_MS / 1000 + 880
    seen = [
        {"camera": "K1", "t": seen_s, "plate": "湘H12345"},
        {"camera": "K9", "t": seen_s, "plate": "湘H12345"},
        {"camera": "K1", "t": seen_s, "plate": "湘A00001"},
        {"camera": "K1"},
    ]
    texts = {
        "fixes.csv": f"vehicle_id,t,lon,lat,armed\n{fixes}",
        "seen.jsonl": "".join(json.dumps(row) + "\n" for row in seen),
        "registry.csv": "vehicle_id,plate\ncar,湘H·12345\n",
        "plain.csv": "vehicle_id\ncar\n",
        "cameras.csv": f"camera,lon,lat\nK1,{FAR[0]},{FAR[1]}\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text, "utf-8")
    return {name: tmp_path / name for name in texts} | {"out": tmp_path / "out"}


def call(files: dict[str, Path], registry: str | None, *more: object) -> Result:
    arguments = ["--out", files["out"], "--sightings", files["seen.jsonl"], files["fixes.csv"]]
    if registry:
        arguments += ["--registry", files[registry]]
    return CliRunner().invoke(
        main, ["replay", *map(str, [*arguments, *more])], catch_exceptions=False
    )


def test_files_of_sightings_and_cameras_give_signals_beside_those_of_trackers(files) -> None:
    said = call(
        files, "registry.csv", "--cameras", files["cameras.csv"], "--cameras-datum", "wgs84"
    )
    assert said.exit_code == 0, said.stderr
    (signal,) = map(json.loads, (files["out"] / "signals.jsonl").read_text().splitlines())
    assert signal["kind"] == "plate_elsewhere"
    assert (signal["lon"], signal["lat"]) == FAR
    assert math.isclose(signal["evidence"]["apart_m"], 9000, rel_tol=0.01)
    (incident,) = map(json.loads, (files["out"] / "incidents.jsonl").read_text().splitlines())
    assert incident["level"] == "blue"
    assert "skipped 1 sightings: missing_field" in said.stderr
    assert "3 sightings, 2 of registered plates, 1 of these at no known place" in said.stderr


@pytest.mark.parametrize("registry", [None, "plain.csv"])
def test_sightings_without_registered_plates_are_refused_in_one_line(files, registry) -> None:
    said = call(files, registry)
    assert said.exit_code == 2
    last = said.stderr.splitlines()[-1]
    assert (
        last == "vehicleguard replay: --sightings: expected plates, in a column plate of --registry"
    )
    assert not files["out"].exists()


def test_a_camera_file_that_does_not_say_its_datum_is_one_line_and_status_2(files) -> None:
    said = call(files, "registry.csv", "--cameras", files["cameras.csv"])
    assert said.exit_code == 2
    assert f"{files['cameras.csv']}: line 2: datum: nothing says it" in said.stderr.splitlines()[-1]

"""Rules published while the system runs take effect, and a restart keeps them."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.running import Running, free_port
from tests.terminals import Terminals
from tests.timeline import HOME, Track, offset
from tests.unit.geofence.make import circle, collection

RULE = """
[[zone_rule]]
id = "{}"
zones = ["{}"]
when = "enter"
[plausibility]
back_fill_after_s = 86400
"""
WEST, EAST = offset(HOME, -5000, 0), offset(HOME, 5000, 0)
ZONES = {
    **collection(
        circle(*WEST, 500, id="west", tags=["west"]), circle(*EAST, 500, id="east", tags=["east"])
    ),
    "datum": "wgs84",
}


def publish(folder: Path, text: str, run: Running) -> None:
    file = folder / "draft.toml"
    file.write_text(text)
    number = 1 + run.log.read_text().count("rules published")
    store = folder / "data" / "vehicleguard.sqlite"
    subprocess.run(
        [
            *(sys.executable, "-m", "vehicleguard", "rules", "publish", str(file)),
            *("--store", str(store), "--why", "a test"),
        ],
        check=True,
        capture_output=True,
    )
    wait(lambda: run.log.read_text().count("rules published") >= number, run)


def wait(done: object, run: Running, seconds: float = 30) -> None:
    assert callable(done)
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, run.tail()
        time.sleep(0.1)


def to_and_fro(track: Track, *places: tuple[float, float]) -> Track:
    for place in places:
        for at in (place, offset(place, 30, 0), offset(place, 0, 40)):
            track.fix(after_s=120, at=at)
    return track


def told(run: Running) -> int:
    """How many signals there are."""
    with run.client() as http:
        items = http.get("/api/v1/incidents", params={"limit": 100}).json()["items"]
    return sum(len(item["signals"]) for item in items)


@pytest.mark.service
def test_rules_published_on_the_way_take_effect_and_outlive_a_restart(tmp_path: Path) -> None:
    (tmp_path / "zones.geojson").write_text(json.dumps(ZONES))
    port = free_port()
    run = Running(
        tmp_path,
        f'[ingest]\nport = {port}\n[streams]\nzones = "{tmp_path / "zones.geojson"}"',
    )
    start_ms = int(time.time() * 1000) - 3 * 3_600_000

    def drive(track: Track, *places: tuple[float, float]) -> Track:
        moved = to_and_fro(
            Track(track.vehicle, t_ms=track.t_ms, at=track.at, ignition=True), *places
        )
        terminals = Terminals(port, [moved])
        try:
            terminals.wait(60)
        finally:
            terminals.close()
        return moved

    run.start()
    try:
        track = drive(Track("v", t_ms=start_ms, at=HOME, ignition=True), HOME, WEST, HOME)
        assert told(run) == 0
        publish(tmp_path, RULE.format("into-west", "west"), run)
        track = drive(track, HOME, WEST, HOME, EAST, HOME)
        wait(lambda: told(run) == 1, run)
        publish(tmp_path, RULE.format("into-east", "east"), run)
        track = drive(track, WEST, HOME, WEST, HOME, EAST, HOME)  # the old rule would tell of two
        wait(lambda: told(run) == 2, run)
        with run.client() as http:
            assert "vg_rules_version 2.0" in http.get("/metrics").text
        assert run.stop() == 0
        run.start()
        drive(track, WEST, HOME, WEST, HOME, EAST, HOME)
        wait(lambda: told(run) == 3, run)
    finally:
        run.stop()
    assert run.tracebacks() == []


# Two rules: one means the same in every version, though its words change; the other changes its
# meaning each time, over a zone that nobody comes to, so that it raises nothing of its own.
EDITED = """
[[zone_rule]]
id = "into-west"
name = "edit {0}"
zones = ["west"]
when = "enter"
severity = "yellow"
[[zone_rule]]
id = "far"
zones = ["far"]
when = "{1}"
cool_down_s = {0}
[plausibility]
back_fill_after_s = 86400
"""
FAR = circle(*offset(HOME, 0, 50_000), 500, id="far", tags=["far"])
VEHICLES, LAPS, FEWEST_SWAPS = 16, 24, 3


def edit(n: int) -> str:
    return EDITED.format(n, ("enter", "exit", "inside", "cross")[n % 4])


def replayed(tracks: list[Track], folder: Path, zones: Path) -> Counter[tuple[str, str]]:
    """(vehicle, signal) of `vehicleguard replay` under the first version, with no swap at all."""
    with (folder / "fixes.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["vehicle_id", "t", "lon", "lat", "ignition"])
        for track in tracks:
            for row in track.rows:
                t = int(str(row["t_ms"])) / 1000
                rows.writerow([track.vehicle, t, row["lon"], row["lat"], track.ignition])
    (folder / "rules.toml").write_text(edit(0))
    subprocess.run(
        [
            *(sys.executable, "-m", "vehicleguard", "replay", str(folder / "fixes.csv")),
            *("--rules", str(folder / "rules.toml"), "--zones", str(zones)),
            *("--out", str(folder / "out")),
        ],
        check=True,
        capture_output=True,
    )
    lines = (folder / "out" / "signals.jsonl").read_text().splitlines()
    return Counter((said["vehicle_id"], said["id"]) for said in map(json.loads, lines))


def filed(run: Running) -> Counter[tuple[str, str]]:
    """(vehicle, signal) of every incident, each as often as it is told."""
    out: Counter[tuple[str, str]] = Counter()
    cursor = None
    with run.client() as http:
        while True:
            asked = {"limit": 100} | ({"cursor": cursor} if cursor else {})
            page = http.get("/api/v1/incidents", params=asked).json()
            for item in page["items"]:
                out.update((item["vehicle_id"], signal) for signal in item["signals"])
            cursor = page["next"]
            if cursor is None:
                return out


@pytest.mark.service
def test_rules_swapped_while_fixes_keep_coming_lose_and_double_no_transition(
    tmp_path: Path,
) -> None:
    zones = tmp_path / "zones.geojson"
    zones.write_text(json.dumps({**ZONES, "features": [*ZONES["features"], FAR]}))
    start_ms = int(time.time() * 1000) - 20 * 3_600_000
    tracks = [
        to_and_fro(
            Track(f"v{n:02}", t_ms=start_ms + 5_000 * n, at=HOME, ignition=True),
            HOME,
            *(place for _ in range(LAPS) for place in (WEST, HOME)),
        )
        for n in range(VEHICLES)
    ]
    wanted = replayed(tracks, tmp_path, zones)
    entries = Counter(vehicle for vehicle, _ in wanted.elements())
    assert entries == {track.vehicle: LAPS for track in tracks}

    port = free_port()
    run = Running(tmp_path, f'[ingest]\nport = {port}\n[streams]\nzones = "{zones}"')
    run.start()
    try:
        publish(tmp_path, edit(0), run)
        terminals = Terminals(port, tracks)
        try:
            swaps = swap_while_driving(terminals, tmp_path, run)
            terminals.wait(60)
        finally:
            terminals.close()
        assert swaps >= FEWEST_SWAPS
        wait(lambda: sum(filed(run).values()) >= sum(wanted.values()), run)
        assert run.stop() == 0
        run.start()  # what came after the last snapshot is worked through again, and tells nothing
        assert filed(run) == wanted
    finally:
        run.stop()
    assert run.tracebacks() == []


def swap_while_driving(terminals: Terminals, folder: Path, run: Running) -> int:
    """Publish edit after edit until all is driven; how many of them worked on a block."""
    number = 0
    while terminals.acknowledged() < terminals.total:
        number += 1
        publish(folder, edit(number), run)
    return run.log.read_text().count("rules in use") - 1

"""Rules published while the system runs take effect, and a restart keeps them."""

from __future__ import annotations

import json
import subprocess
import sys
import time
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


def publish(folder: Path, name: str, tag: str, run: Running) -> None:
    file = folder / "draft.toml"
    file.write_text(RULE.format(name, tag))
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
        publish(tmp_path, "into-west", "west", run)
        track = drive(track, HOME, WEST, HOME, EAST, HOME)
        wait(lambda: told(run) == 1, run)
        publish(tmp_path, "into-east", "east", run)
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

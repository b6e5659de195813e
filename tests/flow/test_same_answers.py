"""The same fixes give the same incidents, recorded or live."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.running import Running, free_port
from tests.terminals import Terminals
from tests.timeline import HOME, Track, offset

RULES = "[plausibility]\nback_fill_after_s = 86400\n"


def stories(start_ms: int) -> list[Track]:
    def track(name: str, **said: bool) -> Track:
        return Track(name, t_ms=start_ms, at=offset(HOME, 0, 900 * len(name)), **said)

    forgot = track("forgot-to-disarm", armed=True, ignition=True).park(10).ride(12)
    return [
        track("ridden", armed=True, ignition=False).park(10).ride(12),
        track("pushed-away", armed=True, ignition=False).park(10).ride(40, mps=1.4),
        track("armed-itself", ignition=False).park(15).ride(12).park(15).ride(12),
        track("no-key-wire").park(15).ride(12),
        track("stays", armed=True).park(20),
        forgot,
    ]


def recorded(told: list[Track], folder: Path) -> list[dict[str, object]]:
    """The incidents of `vehicleguard replay` over the same fixes."""
    with (folder / "fixes.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["vehicle_id", "t", "lon", "lat", "speed_mps", "armed", "ignition"])
        for track in told:
            for row in track.rows:
                known = ["" if said is None else said for said in (track.armed, track.ignition)]
                t = int(str(row["t_ms"])) / 1000
                rows.writerow([track.vehicle, t, row["lon"], row["lat"], row["speed_mps"], *known])
    subprocess.run(
        [
            *(sys.executable, "-m", "vehicleguard", "replay", str(folder / "fixes.csv")),
            *("--rules", str(folder / "rules.toml"), "--out", str(folder / "out")),
        ],
        check=True,
        capture_output=True,
    )
    lines = (folder / "out" / "incidents.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.service
def test_a_live_run_and_a_replay_find_the_same_incidents(tmp_path: Path) -> None:
    (tmp_path / "rules.toml").write_text(RULES)
    told = stories(int(time.time() * 1000) - 3 * 3_600_000)
    wanted = recorded(told, tmp_path)
    assert {incident["level"] for incident in wanted} == {"blue", "yellow", "red"}

    port = free_port()
    run = Running(
        tmp_path, f'[ingest]\nport = {port}\n[streams]\nrules = "{tmp_path / "rules.toml"}"'
    )
    run.start()
    terminals = Terminals(port, told)
    try:
        terminals.wait(120)
        with run.client() as http:
            deadline = time.monotonic() + 10
            while time.monotonic() < deadline:
                live = http.get("/api/v1/incidents", params={"limit": 100}).json()["items"]
                if len(live) == len(wanted) and sum(len(i["signals"]) for i in live) == sum(
                    len(i["signals"]) for i in wanted
                ):
                    break
                time.sleep(0.1)
    finally:
        terminals.close()
        assert run.stop() == 0
    keys = wanted[0].keys()

    def by_id(incidents: list[dict[str, object]]) -> dict[str, dict[str, object]]:
        return {str(i["id"]): {key: i[key] for key in keys} for i in incidents}

    assert by_id(live) == by_id(wanted)
    assert run.tracebacks() == []

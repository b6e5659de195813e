"""`vehicleguard demo` as a new user meets it: starts, shows a theft, stops whole, goes on."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.running import ROOT, free_port


class Demo:
    """One `vehicleguard demo` on free ports, its output read as it comes."""

    def __init__(self, data: Path) -> None:
        self.ports = free_port(), free_port()
        console, mqtt = (str(port) for port in self.ports)
        self.log = data.with_suffix(f".{console}.log")
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "vehicleguard", "demo", "--vehicles", "400"),
                    *("--data", str(data), "--port", console, "--mqtt-port", mqtt),
                ],
                cwd=data.parent,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stdout=log,
                stderr=log,
            )

    def said(self) -> str:
        return self.log.read_text("utf-8")

    def address(self) -> tuple[str, str]:
        found = until(lambda: re.search(r"Open\s+(http://\S+)/#token=(\S+)", self.said()), 60)
        return found[1], found[2]

    def get(self, path: str) -> Any:
        url, token = self.address()
        answer = httpx.get(f"{url}{path}", headers={"Authorization": f"Bearer {token}"})
        answer.raise_for_status()
        return answer.json()

    def stop(self) -> list[psutil.Process]:
        """Ctrl-C; the processes that were its children (to see that they are gone)."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)
        return children


def until(look: Callable[[], Any], seconds: float) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.1)
    raise AssertionError("it did not come")


@pytest.fixture
def demos(tmp_path: Path) -> Iterator[Callable[[], Demo]]:
    started: list[Demo] = []

    def start() -> Demo:
        started.append(Demo(tmp_path / "demo"))
        return started[-1]

    yield start
    for demo in started:
        if demo.process.poll() is None:
            demo.stop()


@pytest.mark.service
def test_the_demo_shows_a_theft_stops_whole_and_goes_on(demos: Callable[[], Demo]) -> None:
    first = demos()
    incident = until(lambda: first.get("/api/v1/incidents")["items"], 120)[0]
    assert incident["level"] in {"blue", "yellow", "red"}
    assert "SIMULATED" in first.said()
    status = first.get("/api/v1/status")
    assert status["simulated"] is True
    vehicles = first.get("/api/v1/vehicles?limit=1000")["items"]
    assert {vehicle["id"][:2] for vehicle in vehicles} == {"YY", "AU"}
    children = first.stop()
    assert first.process.returncode == 0
    assert len(children) >= 2, "a broker and a fleet"
    assert psutil.wait_procs(children, timeout=5)[1] == []
    assert "Traceback" not in first.said()

    second = demos()
    held = second.get("/api/v1/incidents")["items"]
    assert incident["id"] in {item["id"] for item in held}
    known = {item["id"] for item in second.get("/api/v1/vehicles?limit=1000")["items"]}
    assert {vehicle["id"] for vehicle in vehicles} <= known
    fixes = second.get("/api/v1/status")["fixes_total"]
    until(lambda: second.get("/api/v1/status")["fixes_total"] > fixes, 60)
    second.stop()
    assert second.process.returncode == 0

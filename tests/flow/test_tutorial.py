"""Whoever follows the tutorial gets what it says, on a system that really runs."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.running import ROOT, Running, free_port
from tests.terminals import Terminals
from tests.timeline import Track
from tests.tutorial import steps, typed
from vehicleguard import sample

DOCS = ROOT / "docs"
BEFORE, INSIDE = (-97.7500, 30.2850), (-97.7370, 30.2850)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(DOCS / "tutorial", tmp_path / "my-fences")
    shutil.copy(sample.path("austin_bus.parquet"), tmp_path / "my-fences" / "buses.parquet")
    return tmp_path / "my-fences"


def begin(folder: Path, port: int) -> Running:
    """The tutorial's own settings, on ports that are free."""
    settings = (folder / "settings.toml").read_text("utf-8").replace('data = "data"\n', "")
    run = Running(folder, f"[ingest]\nport = {port}\n{settings}")
    run.start()
    return run


def wait(done: object, run: Running, seconds: float = 30) -> None:
    assert callable(done)
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, run.tail()
        time.sleep(0.1)


def incidents(run: Running) -> list[dict[str, object]]:
    with run.client() as http:
        return http.get("/api/v1/incidents").json()["items"]


def see_the_alert(run: Running, port: int) -> None:
    wait(lambda: "rules published" in run.log.read_text("utf-8"), run)
    drive_in(port)
    wait(lambda: incidents(run), run)
    (incident,) = incidents(run)
    assert (incident["vehicle_id"], incident["level"]) == ("bus", "yellow")


def drive_in(port: int) -> None:
    bus = Track("bus", t_ms=int(time.time() * 1000) - 280_000)
    for place in (BEFORE, BEFORE, INSIDE, INSIDE, INSIDE):
        bus.fix(after_s=55, at=place)
    terminals = Terminals(port, [bus])
    try:
        terminals.wait(60)
    finally:
        terminals.close()


@pytest.mark.service
@pytest.mark.parametrize("page", ["fence-tutorial.md"])
def test_every_step_of_the_tutorial_gives_what_it_says(folder: Path, page: str) -> None:
    said = typed("vehicleguard run --settings settings.toml --check", folder)
    assert said == "settings are right\n"
    port, run = free_port(), None
    try:
        for command, output in steps((DOCS / page).read_text("utf-8")):
            if "--store" in command and run is None:
                run = begin(folder, port)
            assert typed(command, folder) == output, command
            if run is not None and "publish quiet.toml" in command:
                see_the_alert(run, port)
        assert run is not None
        assert run.stop() == 0
        assert run.tracebacks() == []
    finally:
        if run is not None:
            run.stop()
    for name in ("datum", "campus", "redrawn"):
        assert drawn(folder / f"{name}.svg") == drawn(DOCS / "images" / f"fence-{name}.svg")


def drawn(picture: Path) -> list[tuple[str, str | None, str | None]]:
    """Its elements, without numbers that may differ in a last digit."""
    root = ET.fromstring(picture.read_text("utf-8"))  # noqa: S314 - our own
    return [(e.tag, e.text, e.get("fill")) for e in root.iter()]

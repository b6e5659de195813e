"""Cameras' health in a run: through a restart, in the metrics, on the command line."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from prometheus_client import CollectorRegistry

from ingest import sqlite
from ingest.cameras.register import Cameras
from ingest.cameras.sqlite_cameras import SqliteCameraHealth
from ingest.dialects import DIALECTS, Notice
from ingest.fix import FixBatch
from ingest.message import Message
from ingest.sighting import SightingBatch
from ingest.store.sqlite_log import SqliteLog
from vehicleguard.camera_list import listed
from vehicleguard.camera_watch import CameraWatch
from vehicleguard.cli import main
from vehicleguard.embedded import STORE
from vehicleguard.metrics import Metrics

NOW_MS = int(time.time() * 1000) // 60_000 * 60_000
OFF_S = -90  # the clock of "off" is ahead
PLACES = Cameras(("K1",), np.array([112.3]), np.array([28.5]), np.array([np.nan], np.float32))


def seen(camera: str, minute: int, lag_s: float = 0.5) -> SightingBatch:
    """One read that arrived `minute` minutes after two hours ago."""
    at_ms = NOW_MS - 7_200_000 + minute * 60_000
    body = json.dumps({"t": at_ms / 1000 - lag_s, "plate": f"A{minute:05d}"}).encode()
    topic = f"vg/v1/camera/{camera}/sighting"
    return DIALECTS["native"].decode([Message(topic, body, at_ms)]).sightings


class Run:
    """A store, and the watches that live on it one after another."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / STORE
        self.open()

    def open(self, sighted: int = 0) -> None:
        self.connection = sqlite.connect(self.path)
        self.log = SqliteLog(self.connection)
        self.metrics = Metrics(CollectorRegistry())
        store = SqliteCameraHealth(self.connection)
        self.watch = CameraWatch(PLACES, store, self.log, self.metrics)
        self.watch.begin(sighted)

    def take(self, batch: SightingBatch) -> SightingBatch:
        self.log.append(FixBatch.empty(), batch, [], NOW_MS)
        return self.watch.look(self.log.last_sightings(), batch)

    def restart(self, sighted: int) -> None:
        self.connection.close()
        self.open(sighted)

    def value(self, name: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(name, labels) or 0.0


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    held = Run(tmp_path)
    with closing(held.connection):
        yield held
    held.connection.close()


def test_a_clock_that_is_off_is_put_right_for_detection_and_kept_as_it_was(run: Run) -> None:
    for minute in range(20):
        told = run.take(seen("off", minute, OFF_S))
    arrived = NOW_MS - 7_200_000 + 19 * 60_000
    assert told.t_ms.tolist() == [arrived]
    (*_, (_, kept)) = run.log.sightings_from(1)
    assert kept.t_ms.tolist() == [arrived - OFF_S * 1000]
    assert run.value("vg_sightings_straightened_total") == 20 - 8


@pytest.mark.parametrize("saved_at", [None, 0, 7, 15])
def test_a_restart_gives_the_same_health_and_the_same_times(run: Run, tmp_path, saved_at) -> None:
    batches = [seen("off", minute, OFF_S) for minute in range(30)]
    (tmp_path / "other").mkdir()
    without = Run(tmp_path / "other")
    told = [without.take(batch).t_ms.tolist() for batch in batches]
    ours = []
    for n, batch in enumerate(batches):
        if n == 15:
            run.restart(15)
        ours.append(run.take(batch).t_ms.tolist())
        if n == saved_at:
            run.watch.save()
    assert ours == told
    assert run.watch.health.encode() == without.watch.health.encode()
    without.connection.close()


def test_a_state_that_cannot_be_read_is_learned_anew_from_the_log(run: Run) -> None:
    for minute in range(12):
        run.take(seen("off", minute, OFF_S))
    wanted = run.watch.health.encode()
    SqliteCameraHealth(run.connection).save(12, b"x")
    run.restart(12)
    # the registered camera comes first now, as it is expected before the log is read
    assert wanted == run.watch.health.encode()


def test_work_done_twice_counts_once(run: Run) -> None:
    batch = seen("K1", 0)
    run.take(batch)
    before = run.watch.health.encode()
    assert run.watch.look(1, batch).t_ms.tolist() == batch.t_ms.tolist()
    assert run.watch.health.encode() == before


def test_a_disk_that_refuses_does_not_stop_the_run(run: Run, monkeypatch) -> None:
    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(SqliteCameraHealth, "save", full)
    run.take(seen("K1", 0))
    run.watch.save()
    assert SqliteCameraHealth(run.connection).newest() is None


def test_reads_without_a_place_are_kept_and_counted(run: Run) -> None:
    for camera in ("K1", "strange", "strange"):
        run.take(seen(camera, 0))
    assert run.value("vg_sightings_unplaced_total") == 2
    assert run.log.last_sightings() == 3


def test_the_metrics_count_cameras_by_condition(run: Run) -> None:
    run.take(seen("a", 0))
    run.watch.told([Notice("b", is_up=False, at_ms=NOW_MS)])
    run.watch.count(NOW_MS)
    counts = {
        name: run.value("vg_cameras", condition=name)
        for name in ("never", "learning", "down", "good", "silent")
    }
    assert counts == {"never": 1, "learning": 1, "down": 1, "good": 0, "silent": 0}


def test_the_list_says_how_each_is_and_why_the_gravest_first(run: Run) -> None:
    for minute in range(20):
        run.take(seen("off", minute, OFF_S))
    run.watch.told([Notice("gone", is_up=False, at_ms=NOW_MS - 5000)])
    rows = listed(run.watch.health, PLACES, NOW_MS)
    assert [(row["camera"], row["condition"]) for row in rows] == [
        ("gone", "down"),
        ("off", "clock_off"),
        ("K1", "never"),
    ]
    gone, off, never = rows
    assert (gone["since"], gone["heard"]) == (NOW_MS / 1000 - 5, None)
    assert off["reason"] == "its clock is 90 s ahead"
    assert (off["lag_s"], off["reads"], off["is_registered"]) == (-90.0, 20, False)
    assert (never["since"], never["is_registered"]) == (None, True)


def call(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, ["cameras", *arguments])
    return result.exit_code, result.stdout, result.stderr


def test_the_command_lists_what_a_run_left_and_saw_after_it_saved(run: Run, tmp_path) -> None:
    for minute in range(20):
        run.take(seen("off", minute, OFF_S))
        if minute == 10:
            run.watch.save()
    run.take(seen("well", 0))
    code, out, _ = call("--data", str(tmp_path), "--json")
    assert code == 0
    rows = [json.loads(line) for line in out.splitlines()]
    assert {row["camera"]: row["condition"] for row in rows} == {
        "off": "clock_off",
        "well": "learning",
        "K1": "never",
    }
    code, out, _ = call("--data", str(tmp_path), "--ill", "--json")
    ill = [json.loads(line)["camera"] for line in out.splitlines()]
    assert (code, ill) == (0, ["off", "K1"])
    code, out, _ = call("--data", str(tmp_path))
    assert (code, "well" in out, "off" in out) == (0, True, True)


def test_the_command_says_when_there_is_no_store(tmp_path: Path) -> None:
    code, _, err = call("--data", str(tmp_path))
    assert (code, "no such store" in err) == (2, True)


def test_a_camera_file_is_checked_line_by_line(tmp_path: Path) -> None:
    path = tmp_path / "cameras.csv"
    path.write_text("camera,lon,lat\nK1,112,28\nK1,112,28\nK2,28,112\n,1,2\n")
    code, out, err = call("--check", str(path), "--datum", "gcj02")
    assert (code, out) == (2, "")
    assert [line.partition("line ")[2][0] for line in err.splitlines()] == ["3", "4", "5"]
    path.write_text("camera,lon,lat\nK1,112,28\n")
    assert call("--check", str(path))[0] == 2  # nothing says the datum
    code, out, _ = call("--check", str(path), "--datum", "wgs84")
    assert (code, out) == (0, f"{path}: 1 cameras, all right\n")

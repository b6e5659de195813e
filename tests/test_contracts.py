"""The import contracts hold, and they would notice."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("ingest", "geofence", "streams", "alerts", "console", "vehicleguard")
LAYERS = "Imports run one way"

FORBIDDEN = [
    ("alerts", "import streams.signal", LAYERS),
    ("streams", "import alerts", LAYERS),
    ("ingest", "import geofence", LAYERS),
    ("geofence", "import streams", LAYERS),
    ("console", "import vehicleguard", LAYERS),
    ("geofence", "import sqlite3", "geofence knows no database, broker or web"),
    ("geofence", "import psycopg", "geofence knows no database, broker or web"),
    ("alerts", "import numpy", "alerts knows no arrays and no payloads"),
    ("console", "import paho.mqtt.client", "the console knows no MQTT and no Kafka"),
]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    without = shutil.ignore_patterns("web", "page", "__pycache__")
    for room in ROOMS:
        shutil.copytree(ROOT / room, tmp_path / room, ignore=without)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    linter = Path(sys.executable).parent / "lint-imports"
    return subprocess.run(
        [linter, "--no-cache"],
        cwd=folder,
        env={"COLUMNS": "300"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_rooms_as_they_are_keep_every_contract(copy: Path) -> None:
    result = lint(copy)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(("room", "line", "contract"), FORBIDDEN, ids=lambda v: str(v)[:24])
def test_a_forbidden_import_breaks_its_contract(
    copy: Path, room: str, line: str, contract: str
) -> None:
    (copy / room / "trespass.py").write_text(f'"""Goes where it may not."""\n\n{line}\n')
    result = lint(copy)
    assert result.returncode == 1, result.stdout + result.stderr
    broken = [row for row in result.stdout.splitlines() if row.rstrip().endswith("BROKEN")]
    assert any(row.startswith(contract) for row in broken), result.stdout
    assert f"{room}.trespass" in result.stdout

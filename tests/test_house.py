"""The house keeps its own rules: rooms, lock files, data that may be shipped."""

import json
import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pyarrow.compute as pc
import pytest
from pyarrow import csv, parquet

ROOT = Path(__file__).parent.parent
ROOMS = ["ingest", "geofence", "streams", "alerts", "console", "vehicleguard"]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LOCKS = sorted(ROOT.glob("requirements*.lock"))
NOT_OURS = {
    *(".git", ".venv", "node_modules", "__pycache__", "build", "dist", "data", "test-results"),
    *(".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".import_linter_cache"),
}
DATA = {".parquet", ".csv", ".gz", ".xz", ".geojson", ".zst", ".arrow", ".sqlite"}
# Traces that state no open licence come from these boxes (west, south, east, north).
RESTRICTED = {
    "San Francisco": (-123.0, 37.0, -121.5, 38.5),
    "Beijing": (115.4, 39.4, 117.6, 41.1),
    "Myanmar": (92.0, 21.5, 98.9, 25.0),
}


def ours() -> Iterator[Path]:
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [f for f in folders if f not in NOT_OURS and not f.endswith(".egg-info")]
        if Path(folder) == ROOT / "console":
            folders[:] = [f for f in folders if f != "page"]
        yield from (Path(folder) / name for name in files)


def pins(lock: Path) -> set[str]:
    """`name==version`, without markers; a name may have a version for each Python."""
    return set(re.findall(r"^[\w.\[\],-]+==[^\s;]+", lock.read_text("utf-8"), re.MULTILINE))


def test_every_top_level_folder_is_there() -> None:
    wanted = [*ROOMS, "deploy", "docs", "tests", ".ci"]
    assert [name for name in wanted if not (ROOT / name).is_dir()] == []


def test_the_rooms_are_listed_the_same_everywhere() -> None:
    tool = PROJECT["tool"]
    assert tool["hatch"]["build"]["targets"]["wheel"]["packages"] == ROOMS
    assert tool["mypy"]["packages"] == ROOMS
    assert tool["importlinter"]["root_packages"] == ROOMS
    assert tool["ruff"]["lint"]["isort"]["known-first-party"] == ROOMS
    packages = [p.parent.name for p in ROOT.glob("*/__init__.py") if p.parent.name != "tests"]
    assert sorted(packages) == sorted(ROOMS)


def test_the_project_cannot_be_uploaded_by_accident() -> None:
    assert "Private :: Do Not Upload" in PROJECT["project"]["classifiers"]


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_is_typed_and_says_what_it_is_for(room: str) -> None:
    assert (ROOT / room / "py.typed").is_file()
    assert (ROOT / room / "__init__.py").read_text("utf-8").startswith('"""')


def test_there_are_the_six_lock_files() -> None:
    names = [f"requirements-{name}.lock" for name in ("build", "dev", "fuzz", "node", "rivals")]
    assert [lock.name for lock in LOCKS] == [*names, "requirements.lock"]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda p: p.name)
def test_a_lock_file_pins_by_hash_and_names_no_registry(lock: Path) -> None:
    text = lock.read_text("utf-8")
    assert "://" not in text
    assert not re.search(r"^\s*--(?!hash)", text, re.MULTILINE)
    entries = re.split(r"^(?=[\w.-]+(?:\[[\w,]+\])?==)", text, flags=re.MULTILINE)[1:]
    assert len(entries) == len([line for line in text.splitlines() if re.match(r"\w", line)])
    assert [e.split()[0] for e in entries if "--hash=sha256:" not in e] == []


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-build.lock"])
def test_the_development_lock_holds_the_others_at_the_same_versions(name: str) -> None:
    assert pins(ROOT / name) - pins(ROOT / "requirements-dev.lock") == set()


def test_what_the_bench_compares_with_changes_no_version_of_ours() -> None:
    held = pins(ROOT / "requirements-dev.lock")
    names = {pin.partition("==")[0] for pin in held}
    beside = {p for p in pins(ROOT / "requirements-rivals.lock") if p.partition("==")[0] in names}
    assert len(beside) > 2
    assert beside - held == set()


def test_the_page_s_lock_file_pins_by_hash_and_names_no_registry() -> None:
    lock = json.loads((ROOT / "console" / "web" / "package-lock.json").read_text("utf-8"))
    packages = {name: p for name, p in lock["packages"].items() if name and not p.get("link")}
    assert packages
    assert [name for name, p in packages.items() if "resolved" in p] == []
    # What is bundled inside another package is covered by that one's hash.
    unpinned = [n for n, p in packages.items() if "integrity" not in p and not p.get("inBundle")]
    assert unpinned == []


def test_every_shipped_data_file_is_attributed_beside_it() -> None:
    unattributed = [
        str(path.relative_to(ROOT))
        for path in ours()
        if DATA & set(path.suffixes)
        and not any(path.name in notice.read_text("utf-8") for notice in path.parent.glob("*.md"))
    ]
    assert unattributed == []


def test_no_trace_without_an_open_licence_is_shipped() -> None:
    for path in ours():
        if path.suffix == ".parquet":
            table = parquet.read_table(path)
        elif path.suffix == ".csv" or path.suffixes[-2:] == [".csv", ".gz"]:
            table = csv.read_csv(path)
        else:
            continue
        if not {"lon", "lat"} <= set(table.column_names):
            continue
        lon, lat = table["lon"], table["lat"]
        for where, (west, south, east, north) in RESTRICTED.items():
            columns = (pc.greater(lon, west), pc.less(lon, east))
            rows = (pc.greater(lat, south), pc.less(lat, north))
            inside = pc.and_(pc.and_(*columns), pc.and_(*rows))
            assert not pc.any(inside).as_py(), f"{path.relative_to(ROOT)}: fixes around {where}"


def test_no_boundary_of_the_restricted_atlas_is_shipped() -> None:
    # Its features carry `adcode` and `parent`; nothing of ours does.
    for path in ours():
        if path.suffix in {".geojson", ".json"} and "node_modules" not in path.parts:
            assert '"adcode"' not in path.read_text("utf-8"), path.relative_to(ROOT)


def test_no_module_is_a_room_for_odds_and_ends() -> None:
    odds = {"utils", "util", "helpers", "helper", "common", "misc"}
    assert [p for p in ours() if p.stem in odds and p.suffix in {".py", ".ts"}] == []


def test_no_test_is_skipped_and_nothing_is_left_undone() -> None:
    marks = re.compile(r"mark\.skip|pytest\.skip\(|mark\.xfail|\b(?:TO" + r"DO|FIX" + r"ME)\b")
    # a conftest may skip for want of a server, but never where REQUIRE_SERVICES says to fail
    excused = re.compile(
        r'if os\.environ\.get\("REQUIRE_SERVICES"\) == "1":\n +pytest\.fail\(.*\)\n +pytest\.skip\('
    )
    code = [p for p in ours() if p.suffix in {".py", ".ts", ".tsx", ".sh", ".sql"}]
    assert [
        str(p)
        for p in code
        if p != Path(__file__) and marks.search(excused.sub("", p.read_text("utf-8")))
    ] == []

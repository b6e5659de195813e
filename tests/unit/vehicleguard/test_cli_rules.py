"""`vehicleguard rules`: what operators are told, and what is kept."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from geofence.rules.versions import Content, VersionError, publish, roll_back
from ingest import sqlite
from vehicleguard.cli import main
from vehicleguard.sqlite_rules import SqliteVersions

RULES = """
[[zone_rule]]
id = "a"
zones = ["park"]
when = "enter"

[[zone_rule]]
id = "b"
zones = ["nowhere"]
vehicles = ["patrol", "gone"]
when = "outside"
"""


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["rules", *map(str, arguments)])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "rules.toml"
    path.write_text(RULES, "utf-8")
    return path


def content(n: int) -> Content:
    data = {"zone_rule": [{"id": "a", "zones": {"any": ["x"]}, "when": "enter", "cool_down_s": n}]}
    return Content(json.dumps(data), "json", data)


def test_check_counts_rules_and_zones_and_warns_of_rules_about_nothing(
    file: Path, tmp_path: Path
) -> None:
    zone = {
        "type": "Feature",
        "properties": {"radius_m": 10, "tags": ["park"]},
        "geometry": {"type": "Point", "coordinates": [112, 28]},
    }
    zones = tmp_path / "zones.geojson"
    zones.write_text(
        json.dumps({"type": "FeatureCollection", "datum": "wgs84", "features": [zone]})
    )
    vehicles = tmp_path / "vehicles.csv"
    vehicles.write_text("vehicle_id,groups\nv,patrol\n")
    result = run("check", file, "--zones", zones, "--registry", vehicles)
    assert result.exit_code == 0, result.output
    assert result.stdout == "2 rules over 1 zones; 1 matches no zone (warning)\n"
    assert result.stderr.splitlines() == [
        f"{file}: warning: rule b matches no zone",
        f"{file}: warning: no vehicle is in group gone",
    ]


def test_check_tells_every_error_and_exits_with_2(file: Path) -> None:
    file.write_text(RULES.replace('"enter"', '"entr"').replace('"b"', '"a"'))
    result = run("check", file)
    assert result.exit_code == 2
    first, second = result.stderr.splitlines()
    assert first.startswith(f"vehicleguard rules: {file}:5:8: zone_rule[0].when: expected ")
    assert second.startswith(f"vehicleguard rules: {file}:8:6: zone_rule[1].id: expected an id")


def test_a_rule_is_published_compared_and_rolled_back(file: Path, tmp_path: Path) -> None:
    store = ("--store", tmp_path / "run.sqlite")
    assert run("publish", file, *store, "--why", "first", "--who", "李明").exit_code == 0
    file.write_text("# less noise\n" + RULES.replace('"enter"', '"exit"'))
    assert run("publish", file, *store, "--why", "noise").stdout == "version 2 published\n"
    assert run("diff", 1, *store).stdout == 'a: changed\n  when: "enter" → "exit"\n'
    assert run("show", 2, *store).stdout == file.read_text("utf-8")
    assert run("rollback", 1, *store, "--why", "missed one").exit_code == 0
    assert run("diff", 1, 3, *store).stdout == "nothing changed\n"
    listed = [json.loads(line) for line in run("versions", *store, "--json").stdout.splitlines()]
    assert [(v["number"], v["parent"], v["restores"]) for v in listed] == [
        (1, None, None), (2, 1, None), (3, 2, 1)
    ]  # fmt: skip
    assert (listed[0]["who"], listed[2]["why"]) == ("李明", "missed one")
    assert "missed one" in run("versions", *store).stdout


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("publish", "FILE", "--why", "again"), "version 1 says the same: nothing to publish"),
        (("publish", "FILE", "--why", " "), "expected who publishes and why"),
        (("show", 9), "there is no version 9"),
        (("rollback", 9, "--why", "x"), "there is no version 9"),
        (("diff", 1, 2), "there is no version 2"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(
    file: Path, tmp_path: Path, arguments: tuple, expected: str
) -> None:
    store = ("--store", tmp_path / "run.sqlite")
    run("publish", file, *store, "--why", "first")
    result = run(*(file if a == "FILE" else a for a in arguments), *store)
    assert (result.exit_code, result.stderr) == (2, f"vehicleguard rules: {expected}\n")


def test_a_change_made_on_an_older_version_is_refused(file: Path, tmp_path: Path) -> None:
    store = ("--store", tmp_path / "run.sqlite")
    for n, when in enumerate(("enter", "exit")):
        file.write_text(RULES.replace("enter", when))
        run("publish", file, *store, "--why", str(n))
    file.write_text(RULES.replace("enter", "inside"))
    refused = run("publish", file, *store, "--why", "x", "--parent", 1)
    assert (refused.exit_code, refused.stderr) == (
        2, "vehicleguard rules: made on version 1, the newest is 2: look at what changed\n"
    )  # fmt: skip
    assert run("publish", file, *store, "--why", "x", "--parent", 2).exit_code == 0


def test_of_two_who_publish_at_once_one_is_refused(tmp_path: Path) -> None:
    class Late(SqliteVersions):
        def versions(self):  # what it saw before the other published
            return super().versions()[:1]

    connection = sqlite.connect(tmp_path / "run.sqlite")
    held = SqliteVersions(connection)
    publish(held, content(1), who="a", why="x", at_ms=1)
    publish(held, content(2), who="b", why="y", at_ms=2)
    with pytest.raises(VersionError, match="version 2 was published meanwhile"):
        publish(Late(connection), content(3), who="c", why="z", at_ms=3)
    assert [v.who for v in held.versions()] == ["a", "b"]
    assert roll_back(held, 1, who="d", why="back", at_ms=4).digest == content(1).digest
    connection.close()


@pytest.mark.parametrize("table", ["rule_versions", "rule_contents"])
def test_what_was_published_is_never_edited(tmp_path: Path, table: str) -> None:
    connection = sqlite.connect(tmp_path / "run.sqlite")
    publish(SqliteVersions(connection), content(1), who="a", why="x", at_ms=1)
    with pytest.raises(sqlite3.Error, match="never edited"):
        connection.execute(f"UPDATE {table} SET digest = 'x'")  # noqa: S608 - our own names
    connection.close()

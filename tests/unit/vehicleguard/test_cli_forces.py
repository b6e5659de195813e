"""`vehicleguard forces`, `dispatch` and `report`: what people are told, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from alerts.action import Said
from alerts.sqlite_ledger import SqliteLedger
from tests.unit.alerts.acting import step
from tests.unit.alerts.reports import report
from vehicleguard import sample
from vehicleguard.cli import main
from vehicleguard.embedded import STORE

T0 = 1_000_000
ID = "i-v-left_fence-1000.0"
SAMPLE = [
    "--check", sample.path(sample.PLATFORMS), "--posts", sample.path(sample.POSTS),
    "--units", sample.path(sample.UNITS), "--areas", sample.path(sample.JURISDICTIONS),
]  # fmt: skip


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [*map(str, arguments)])


def test_check_says_what_the_files_hold() -> None:
    result = run("forces", *SAMPLE)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "23 platforms, 92 posts, 184 units" in result.stdout
    assert "by rank: district 92, station 92" in result.stdout
    assert "township: 29 (29 by outline, 0 by centre, 0 by what is below)" in result.stdout


def test_check_names_every_bad_line_and_ends_with_2(tmp_path: Path) -> None:
    bad = tmp_path / "units.csv"
    bad.write_text("unit,platform\nu1,P99\n,P01\nu2,P01\n", "utf-8")
    result = run("forces", "--check", sample.path(sample.PLATFORMS), "--units", bad)
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        f"vehicleguard forces: {bad}: line 2: there is no platform P99",
        f"vehicleguard forces: {bad}: line 3: no unit",
    ]


def test_check_finds_forces_of_a_jurisdiction_that_is_not_there(tmp_path: Path) -> None:
    platforms = tmp_path / "platforms.csv"
    platforms.write_text("platform,name,lon,lat,area,datum\np,p,112,28,999,wgs84\n", "utf-8")
    areas = sample.path(sample.JURISDICTIONS)
    result = run("forces", "--check", platforms, "--areas", areas)
    assert result.exit_code == 2
    assert "platform p: there is no jurisdiction 999" in result.stderr


def test_check_without_a_file_or_with_units_alone_is_refused(tmp_path: Path) -> None:
    assert run("forces").exit_code == 2
    assert run("forces", "--areas", tmp_path / "none").exit_code == 2
    units = sample.path(sample.UNITS)
    alone = run("forces", "--units", units, "--areas", sample.path(sample.JURISDICTIONS))
    assert "units belong to platforms" in alone.stderr


@pytest.fixture
def store(tmp_path: Path) -> Path:
    ledger = SqliteLedger(tmp_path / STORE)
    ledger.receive([report(level="red")], at_ms=T0)
    step(ledger, ID, "assigned", at_ms=T0 + 1000, reason="nearest", said=Said(party="P01-1"))
    step(ledger, ID, "signed", at_ms=T0 + 31_000, said=Said(by="tap"))
    ledger.disconnect()
    names = ("platforms", "posts", "units")
    files = "".join(f'{name} = "{sample.path(f"{name}.csv")}"\n' for name in names)
    areas = sample.path(sample.JURISDICTIONS)
    (tmp_path / "settings.toml").write_text(f'[alerts.force]\n{files}areas = "{areas}"\n', "utf-8")
    return tmp_path


def test_dispatch_explains_whose_it_is_who_went_and_who_would_go_now(store: Path) -> None:
    result = run(
        "dispatch", "--explain", ID, "--data", store, "--settings", store / "settings.toml"
    )
    assert (result.exit_code, result.stderr) == (0, "")
    first, place, seen, assigned, signed, now = result.stdout.splitlines()
    assert first == f"{ID}: red, signed"
    assert place.startswith("  lies in Yiyang › Heshan District › ")
    assert seen.startswith("  with Heshan District; seen by Yiyang, Heshan District, ")
    assert "; on notice: P" in seen
    assert assigned == "  assigned P01-1, by officer: nearest"
    assert signed == "  signed, by officer"
    assert now.startswith("now, by straight: ")
    assert "reckoned from its post" in now


def test_dispatch_explains_in_chinese(store: Path) -> None:
    settings = store / "settings.toml"
    result = run(
        "dispatch", "--explain", ID, "--data", store, "--settings", settings, "--lang", "zh"
    )
    assert "  lies in 益阳市赫山区" in result.stdout
    assert "按驻地估算" in result.stdout


def test_without_forces_dispatch_says_that_nobody_is_known(store: Path) -> None:
    result = run("dispatch", "--explain", ID, "--data", store)
    assert "now, by straight: no unit is known" in result.stdout


def test_an_incident_or_store_that_is_not_there_is_refused_in_one_line(store: Path) -> None:
    for arguments, said in [
        (("dispatch", "--explain", "i-x", "--data", store), "there is no incident i-x"),
        (("dispatch", "--explain", ID, "--data", store / "no"), "no such store"),
        (("report", "--data", store / "no"), "no such store"),
    ]:
        result = run(*arguments)
        assert result.exit_code == 2
        assert said in result.stderr
        assert len(result.stderr.splitlines()) == 1


def test_report_prints_times_with_their_number(store: Path) -> None:
    settings = store / "settings.toml"
    lines = run("report", "--data", store, "--settings", settings, "--json").stdout.splitlines()
    rows = [json.loads(line) for line in lines]
    signed = {
        (row["since"], row["by"], row["group"]): (row["count"], row["p50_s"], row["by_tap"])
        for row in rows
        if row["moment"] == "signed"
    }
    assert signed["alerted", "all", "all"] == (1, 31.0, 1)
    assert signed["dispatched", "all", "all"] == (1, 30.0, 1)
    assert signed["alerted", "platform", "P01"] == (1, 31.0, 1)
    table = run("report", "--data", store, "--by", "hour").stdout
    assert "signed" in table
    assert "running" in table


def test_report_leaves_out_what_is_older_than_asked(store: Path) -> None:
    assert run("report", "--data", store, "--days", 1).stdout == "there are no red incidents\n"
    assert run("report", "--data", store, "--drills").stdout == "there are no drills\n"

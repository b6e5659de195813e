"""The capacity page's numbers are what its own inputs give."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from vehicleguard.bench.capacity import Inputs, Needs, needs

ROOT = Path(__file__).parents[3]
PAGES = [ROOT / "docs" / name for name in ("capacity.md", "capacity.zh-CN.md")]


def rows(page: Path, heading: str) -> list[list[str]]:
    """Cells of the first table after a heading's anchor, without its head."""
    text = page.read_text("utf-8").split(f'<a id="{heading}"></a>')[1]
    table = re.search(r"(?:^\|.*\|\n)+", text, re.MULTILINE)
    assert table is not None
    lines = [line.strip("|").split("|") for line in table[0].strip().split("\n")]
    return [[cell.strip(" *") for cell in line] for line in lines[2:]]


def number(cell: str) -> float:
    return float(cell.replace(",", ""))


def stated(page: Path) -> Inputs:
    """The page's inputs, named as the code names them in its last column."""
    found = {row[-1].strip("`"): number(row[1]) for row in rows(page, "inputs")}
    return Inputs(**found)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_page_says_what_its_inputs_give(page: Path) -> None:
    inputs = stated(page)
    table = rows(page, "needs")
    fleets = (30_000, 600_000, 10_000_000)
    found = {row[-1].strip("`"): row[1:-1] for row in table}
    assert set(found) == set(Needs._fields)
    for fleet, column in zip(fleets, zip(*found.values(), strict=True), strict=True):
        computed = needs(inputs, fleet)
        for name, cell in zip(found, column, strict=True):
            value = getattr(computed, name)
            # a number on the page is rounded to two digits that count, and never more than a tenth
            assert number(cell) == pytest.approx(value, rel=0.05, abs=0.005), (name, fleet, value)


def test_both_pages_say_the_same_numbers() -> None:
    english, chinese = PAGES
    assert stated(english) == stated(chinese)
    for heading in ("inputs", "needs"):
        ours, theirs = (rows(page, heading) for page in (english, chinese))
        assert [row[1:-1] for row in ours] == [row[1:-1] for row in theirs] or heading == "inputs"


@pytest.mark.parametrize("name", ["broker_us", "intake_us", "packed_broker_us"])
def test_what_was_measured_is_what_the_bench_page_says(name: str) -> None:
    value = next(row[1] for row in rows(PAGES[0], "inputs") if row[-1].strip("`") == name)
    bench = (ROOT / "docs" / "bench.md").read_text("utf-8").split("**Ingest**")[1]
    assert value in bench.split("**Processor**")[0]


def test_twice_the_vehicles_need_twice_as_much() -> None:
    inputs = Inputs(30, 141, 18, 83, 19, 13, 128, 40, 0.5, 14)
    one, two = needs(inputs, 1_000_000), needs(inputs, 2_000_000)
    for name in Needs._fields:
        if name != "intake_processes":
            assert getattr(two, name) == pytest.approx(2 * getattr(one, name))


def test_a_fleet_worked_out_by_hand() -> None:
    inputs = Inputs(10, 100, 20, 50, 20, 10, 100, 40, 0.5, 10)
    found = needs(inputs, 100_000)
    assert found.messages_per_s == 10_000
    assert found.broker_cores == pytest.approx(0.4)
    assert found.packed_broker_cores == pytest.approx(0.008)
    assert found.intake_cores == pytest.approx(0.2)
    assert found.intake_processes == 1
    assert found.disk_mb_s == pytest.approx(0.5)
    assert found.disk_tb == pytest.approx(0.432)
    # 7 + 20 + 100 + 4 + 34 = 165 bytes of MQTT; 4 x 52 and 3 x 29 of headers
    assert found.intake_mbit_s == pytest.approx(13.2)
    assert found.terminals_mbit_s == pytest.approx(10_000 * 460 * 8 / 1e6)

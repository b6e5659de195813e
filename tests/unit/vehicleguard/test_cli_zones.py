"""`vehicleguard zones`: what somebody who draws fences is told, and what is written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from click.testing import CliRunner, Result

from geofence import ZoneSet
from geofence.datum import Datum, from_wgs84
from tests.unit.geofence.make import circle, collection, corridor, polygon
from vehicleguard.cli import main

HERE = (112.35, 28.58)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["zones", *map(str, arguments)])


def written(path: Path, *features: Any, **members: Any) -> Path:
    path.write_text(json.dumps({**collection(*features), **members}), "utf-8")
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return written(
        tmp_path / "zones.geojson",
        circle(*HERE, 300, id="school", name="三小 <&>", tags=["school"]),
        corridor([(112.3, 28.5), (112.4, 28.5)], 40, id="bank"),
        datum="wgs84",
        attribution="us",
    )


def test_check_says_what_a_file_holds(file: Path) -> None:
    result = run("check", file)
    assert (result.exit_code, result.stderr) == (0, "")
    first, kinds, extent, tags = result.stdout.splitlines()
    assert first == "2 zones, wgs84"
    assert kinds == "  1 circle, 1 corridor; 3 vertices"
    assert extent.startswith(
        "  longitude 112.2998 to 112.4002, latitude 28.4998 to 28.5827 (wgs84)"
    )
    assert tags == "  tags: school 1, none 1"


def test_check_tells_every_refusal_what_was_mended_and_warns(tmp_path: Path) -> None:
    open_ring = polygon([[112, 28], [112.1, 28], [112.1, 28.1]], id="open")
    open_ring["geometry"]["coordinates"][0].insert(0, [112, 28.05])
    bad = written(
        tmp_path / "bad.geojson",
        circle(*HERE, -1, id="a"),
        circle(28.58, 112.35, 5),
        open_ring,
        circle(*HERE, 5, id="a"),
        datum="wgs84",
    )
    result = run("check", bad)
    assert result.exit_code == 2
    lines = result.stderr.splitlines()
    assert lines[0].startswith(f'{bad}: mended: feature 2 "open": geometry.coordinates')
    assert lines[1].startswith(f"{bad}: warning: no id, so the position has to stand for it")
    said = [line.removeprefix(f"vehicleguard zones: {bad}: ") for line in lines[2:]]
    assert [one.split(":")[0] for one in said] == ['feature 0 "a"', "feature 1", 'feature 3 "a"']
    assert said[1].endswith("(swapped?)")


def test_without_a_datum_a_file_is_refused_with_the_reason(tmp_path: Path) -> None:
    silent = written(tmp_path / "silent.geojson", circle(*HERE, 5, id="a"))
    for arguments in (("check", silent), ("at", *HERE, silent)):
        result = run(*arguments)
        assert result.exit_code == 2
        assert "650 m from WGS-84" in result.stderr
        assert len(result.stderr.splitlines()) == 1
    assert run("check", silent, "--datum", "gcj02").stdout.startswith("1 zone, gcj02\n")


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_convert_keeps_zones_members_and_properties(file: Path, tmp_path: Path, datum: str) -> None:
    out = tmp_path / "out.geojson"
    result = run("convert", file, "--to", datum, "--out", out)
    assert result.stdout == f"2 zones: wgs84 → {datum}, in {out}\n"
    document = json.loads(out.read_text("utf-8"))
    assert (document["datum"], document["attribution"]) == (datum, "us")
    x, y = from_wgs84(*(np.array([v]) for v in HERE), Datum(datum))
    assert document["features"][0]["geometry"]["coordinates"] == [x[0], y[0]]
    assert ZoneSet.from_geojson(out).zones[0].properties["name"] == "三小 <&>"
    assert run("diff", file, out).stdout == "nothing changed\n"


def test_convert_writes_nothing_when_a_feature_is_refused(tmp_path: Path) -> None:
    bad = written(tmp_path / "bad.geojson", circle(*HERE, -1), circle(*HERE, 1), datum="wgs84")
    out = tmp_path / "out.geojson"
    out.write_text("as it was")
    assert run("convert", bad, "--to", "gcj02", "--out", out).exit_code == 2
    assert out.read_text() == "as it was"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bad.geojson", "out.geojson"]


def test_at_says_what_holds_a_position_in_its_own_datum(file: Path) -> None:
    assert run("at", *HERE, file).stdout == "in school (三小 <&>)\n"
    x, y = from_wgs84(*(np.array([v]) for v in HERE), Datum.GCJ02)
    assert run("at", x[0], y[0], file, "--of", "gcj02").stdout == "in school (三小 <&>)\n"
    outside = run("at", x[0], y[0], file).stdout
    assert outside.startswith("in no zone; ")
    assert outside.endswith(" m from school (三小 <&>)\n")


def test_a_position_in_the_west_is_no_option(file: Path) -> None:
    assert run("at", -97.7, 30.2, file).stdout.startswith("in no zone; 12,")


def test_diff_tells_each_change_by_id(file: Path, tmp_path: Path) -> None:
    new = written(
        tmp_path / "new.geojson",
        circle(*HERE, 350, id="school", name="三小", tags=["school", "quiet"]),
        circle(*HERE, 10, id="gate"),
        datum="wgs84",
    )
    assert run("diff", file, new).stdout.splitlines() == [
        "gate: added",
        "bank: removed",
        "school: redrawn, by up to 50.0 m; tags school → quiet school; name 三小 <&> → 三小",
    ]
    told = [json.loads(line) for line in run("diff", file, new, "--json").stdout.splitlines()]
    assert [one["what"] for one in told] == ["added", "removed", "changed"]


def test_show_draws_names_fixes_and_what_is_compared(file: Path, tmp_path: Path) -> None:
    fixes = tmp_path / "fixes.csv"
    fixes.write_text(f"vehicle_id,t,lon,lat\nv,1750000000,{HERE[0]},{HERE[1]}\n")
    out = tmp_path / "p.svg"
    result = run("show", file, "--fixes", fixes, "--compare", file, "--out", out)
    assert result.stdout == f"2 zones drawn in {out}\n"
    root = ET.fromstring(out.read_text("utf-8"))  # noqa: S314 - written a line above
    texts = [e.text for e in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"三小 <&>", "bank", "zones.geojson", "school (1)", "no tag (1)", "2 km"} <= set(texts)
    assert "grey dots: recorded fixes" in texts
    dashed = [e for e in root.iter() if "stroke-dasharray" in e.attrib]
    assert len(dashed) == 2 + 1  # two zones, and the legend's line


def test_half_a_surrogate_pair_and_nan_are_carried_through(tmp_path: Path) -> None:
    odd = written(
        tmp_path / "odd.geojson",
        circle(*HERE, 9, id="\ud800", name="\udc00", speed=float("nan")),
        datum="wgs84",
    )
    out = tmp_path / "out.geojson"
    assert run("convert", odd, "--to", "bd09", "--out", out).exit_code == 0
    assert run("diff", odd, out).stdout == "nothing changed\n"
    assert run("at", *HERE, odd).stdout == "in \ufffd (\ufffd)\n"
    assert run("show", odd, "--out", tmp_path / "p.svg").exit_code == 0
    assert run("check", odd).exit_code == 0
    other = written(tmp_path / "other.geojson", circle(*HERE, 9, id="a"), datum="wgs84")
    told = run("diff", odd, other, "--json").stdout.splitlines()
    assert [json.loads(line)["zone"] for line in told] == ["a", "\ud800"]


def test_show_draws_only_the_zones_that_were_asked_for(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "p.svg"
    result = run("show", file, "--only", "bank", "--compare", file, "--out", out)
    assert result.stdout == f"1 zone drawn in {out}\n"
    assert "school" not in out.read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("check", "nowhere.geojson"), "expected a readable GeoJSON file"),
        (("check", "EMPTY"), "features: expected one zone or more, got none"),
        (("convert", "EMPTY", "--to", "gcj02", "--out", "x"), "expected one zone or more"),
        (("show", "EMPTY", "--out", "x.svg"), "expected one zone or more"),
        (("show", "FILE", "--out", "x.png"), "expected a name that ends in .svg"),
        (("show", "FILE", "--out", "no/where/x.svg"), "cannot be written"),
        (("show", "FILE", "--fixes", "nowhere.csv", "--out", "x.svg"), "cannot be read"),
        (("show", "FILE", "--only", "gate", "--out", "x.svg"), "there is no zone gate"),
        (("show", "REFUSED", "--out", "x.svg"), "every feature is refused"),
        (("diff", "FILE", "TEXT"), "got no JSON"),
        (("at", *HERE, "FOLDER"), "expected a readable GeoJSON file"),
        (("at", *HERE, "REFUSED"), "1 feature refused: zones check says why"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    file: Path, tmp_path: Path, arguments: tuple[object, ...], expected: str
) -> None:
    places = {
        "FILE": file,
        "FOLDER": tmp_path,
        "EMPTY": written(tmp_path / "empty.geojson", datum="wgs84"),
        "REFUSED": written(tmp_path / "r.geojson", circle(*HERE, -1, id="a"), datum="wgs84"),
        "TEXT": tmp_path / "text",
    }
    (tmp_path / "text").write_text("hello")
    result = run(*(places.get(str(a), a) for a in arguments))
    assert result.exit_code == 2, result.output
    (line,) = result.stderr.splitlines()
    assert line.startswith("vehicleguard zones: ")
    assert expected in line

"""Forces as they are listed: what is read, and that every bad line is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.force import ForceError, Forces, Mode, Rank
from alerts.force.forces import Files

PLATFORMS = (
    "platform,name,lon,lat,area\np1,桃花仑,112.33,28.57,430903\np2,大码头,112.35,28.59,430902\n"
)
POSTS = "post,name,lon,lat,platform,area\nv1,新桥村,112.30,28.55,p1,430903001\n"
UNITS = (
    "unit,platform,name,post,rank,mode,shifts,capabilities,area,limit\n"
    'u1,p1,1号车,,district,car,Mon-Fri 08:00-20:00;Sat 10:00-12:00,"drone, dog",,2\n'
    "u2,p1,,v1,,foot,,,,\n"
)


def files(folder: Path, **texts: str | bytes) -> Files:
    given = {"platforms": PLATFORMS, "posts": POSTS, "units": UNITS, **texts}
    paths = {}
    for name, text in given.items():
        paths[name] = folder / f"{name}.csv"
        paths[name].write_bytes(text if isinstance(text, bytes) else text.encode())
    return Files(**paths)


def refused(folder: Path, **texts: str | bytes) -> tuple[str, ...]:
    with pytest.raises(ForceError) as caught:
        Forces.from_csv(files(folder, **texts), "wgs84")
    return caught.value.problems


def test_units_have_what_their_lines_say_and_the_rest_from_where_they_belong(
    tmp_path: Path,
) -> None:
    forces = Forces.from_csv(files(tmp_path), "wgs84")
    one, two = forces.units.values()
    assert (one.name, one.rank, one.mode, one.limit) == ("1号车", Rank.DISTRICT, Mode.CAR, 2)
    assert one.capabilities == {"drone", "dog"}
    assert len(one.shift.windows) == 2
    assert (one.home, one.area) == ((112.33, 28.57), "430903")
    assert (two.name, two.rank, two.mode, two.limit) == ("u2", Rank.STATION, Mode.FOOT, 1)
    assert (two.home, two.area) == ((112.30, 28.55), "430903001")


def test_positions_of_a_chinese_map_are_moved_and_those_beside_them_are_not(
    tmp_path: Path,
) -> None:
    mixed = "platform,name,lon,lat,datum\na,a,112.33,28.57,gcj02\nb,b,112.33,28.57,wgs84\n"
    forces = Forces.from_csv(Files(files(tmp_path, platforms=mixed).platforms))
    a, b = forces.platforms.values()
    assert (b.lon, b.lat) == (112.33, 28.57)
    assert 500 < abs(a.lon - 112.33) * 97_900 + abs(a.lat - 28.57) * 110_900 < 1000


def test_every_bad_line_is_named_not_only_the_first(tmp_path: Path) -> None:
    units = (
        "unit,platform,post,rank,mode,shifts,limit\n"
        ",p1,,,,,\nu1,p9,,,,,\nu2,p2,v1,,,,\nu3,p1,,general,,,\nu4,p1,,,tank,,\n"
        "u5,p1,,,,Noday 1:00-2:00,\nu6,p1,,,,,0\nu7,p1,,,,,1.5\nu8,p1,,,,,nan\n"
        "u9,p1,,,,,\nu9,p1,,,,,\n"
    )
    problems = refused(tmp_path, units=units)
    assert [int(one.split(":")[0].removeprefix("line ")) for one in problems] == [
        2, 3, 4, 5, 6, 7, 8, 9, 10, 12,
    ]  # fmt: skip
    assert problems[2] == "line 4: post v1 belongs to platform p1, not to p2"
    assert "expected one of foot, bike, car, found tank" in problems[4]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("x,x,200,28", "lon: expected -180 to 180, found 200"),
        ("x,x,28.5,112.3", "lat: expected -90 to 90, found 112.3"),
        ("x,x,nan,28", "lon: expected -180 to 180, found nan"),
        ("x,x,1e999,28", "lon: expected -180 to 180, found 1e999"),
        ("x,x,,28", "lon: expected -180 to 180, found nothing"),
        (",x,112,28", "no platform"),
        ("x,,112,28", "no name"),
        ("x", "lon: expected -180 to 180, found nothing"),
    ],
)
def test_a_place_that_is_none_is_refused(tmp_path: Path, line: str, said: str) -> None:
    text = f"platform,name,lon,lat\n{line}\n"
    problems = refused(tmp_path, platforms=text)
    assert len(problems) == 1
    assert problems[0].startswith("line 2: ")
    assert said in problems[0]


def test_without_a_datum_nothing_is_read(tmp_path: Path) -> None:
    with pytest.raises(ForceError, match="datum: nothing says it"):
        Forces.from_csv(files(tmp_path))
    text = "platform,name,lon,lat,datum\na,a,112,28,mars\nb,b,112,28,gcj02\n"
    problems = refused(tmp_path, platforms=text)
    assert "found mars" in problems[0]
    assert "expected wgs84, as asked for, found gcj02" in problems[1]


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe\x00", b"platform\n", b"[" * 100_000, b"a" * 1_000_000, b'"' * 1_000_001],
    ids=["empty", "not utf-8", "columns", "deep", "long", "quotes"],
)
def test_what_is_no_table_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(ForceError) as caught:
        Forces.from_csv(files(tmp_path, platforms=content), "wgs84")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ForceError, match="expected a CSV file"):
        Forces.from_csv(Files(tmp_path / "none.csv"), "wgs84")


@settings(deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {"unit": st.sampled_from(["", "u1", "u2"]), "platform": st.sampled_from(["p1", "p9"])}
        ),
        max_size=6,
    )
)
def test_a_file_is_read_whole_or_refused_with_as_many_lines_as_are_bad(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("forces")
    text = "unit,platform,name\n" + "".join(f"{r['unit']},{r['platform']},n\n" for r in rows)
    seen: set[str] = set()
    bad = 0
    for row in rows:
        good = bool(row["unit"]) and row["platform"] == "p1" and row["unit"] not in seen
        bad += not good
        if good:
            seen.add(row["unit"])
    given_files = files(folder, units=text)
    if bad:
        with pytest.raises(ForceError) as caught:
            Forces.from_csv(given_files, "wgs84")
        assert len(caught.value.problems) == bad
    else:
        assert set(Forces.from_csv(given_files, "wgs84").units) == seen


def test_areas_that_are_not_there_are_told(tmp_path: Path) -> None:
    forces = Forces.from_csv(files(tmp_path), "wgs84")
    assert forces.unknown_areas({"430902", "430903"}) == [
        "post v1: there is no jurisdiction 430903001",
        "unit u2: there is no jurisdiction 430903001",
    ]

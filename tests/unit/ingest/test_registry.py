"""The registry file: what it holds and which line is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.registry import Plate, Registry, RegistryError


def read(tmp_path: Path, content: str | bytes) -> Registry:
    path = tmp_path / "registry.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return Registry.from_csv(path)


def error_of(tmp_path: Path, content: str | bytes) -> str:
    with pytest.raises(RegistryError) as caught:
        read(tmp_path, content)
    text = str(caught.value)
    assert "\n" not in text
    start = f"{tmp_path / 'registry.csv'}: "
    assert text.startswith(start)
    return text.removeprefix(start)


def test_terminals_are_mapped_to_vehicles(tmp_path: Path) -> None:
    registry = read(tmp_path, "terminal,vehicle_id,owner\nT1, car ,x\nT2,car,y\n,bike,z\n\n")
    assert registry.vehicle_of == {"T1": "car", "T2": "car", "bike": "bike"}
    assert registry.vehicles == {"car", "bike"}


def test_a_spreadsheet_s_byte_order_mark_and_line_ends_do_no_harm(tmp_path: Path) -> None:
    assert read(tmp_path, "\ufeffvehicle_id\r\n湘H1\r\n").vehicle_of == {"湘H1": "湘H1"}


def test_a_line_said_twice_is_said_once(tmp_path: Path) -> None:
    assert read(tmp_path, "terminal,vehicle_id\nT1,car\nT1,car\n").vehicle_of == {"T1": "car"}


def test_a_registry_of_nobody_registers_nobody(tmp_path: Path) -> None:
    assert read(tmp_path, "vehicle_id\n").vehicles == set()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "line 1: expected a column vehicle_id, found nothing"),
        ("terminal,car\n", "line 1: expected a column vehicle_id, found terminal, car"),
        ("terminal,vehicle_id\nT1,car\nT2,\n", "line 3: no vehicle_id"),
        ("terminal,vehicle_id\nT1,a\nT1,b\n", "line 3: terminal T1 is on a already"),
        (
            "terminal,vehicle_id\nT1,\nT2,\nT3,\nT4,\nT5,\n",
            "line 2: no vehicle_id; line 3: no vehicle_id; line 4: no vehicle_id (and 2 more)",
        ),
    ],
)
def test_what_is_wrong_is_one_line_with_its_number(tmp_path: Path, content: str, said: str) -> None:
    assert error_of(tmp_path, content) == said


def test_a_file_that_is_no_text_says_so(tmp_path: Path) -> None:
    assert error_of(tmp_path, b"vehicle_id\n\xff\xfe\n").startswith("expected a CSV file in UTF-8")


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="No such file"):
        Registry.from_csv(tmp_path / "none.csv")


def test_a_vehicle_is_in_the_groups_of_all_its_rows(tmp_path: Path) -> None:
    text = "terminal,vehicle_id,groups\nT1,car,patrol night\nT2,car,夜班；rental\n,bike,\n"
    assert read(tmp_path, text).groups_of == {"car": {"patrol", "night", "夜班", "rental"}}


def test_a_vehicle_may_have_a_plate_a_colour_and_a_class(tmp_path: Path) -> None:
    head = "vehicle_id,plate,plate_color,vehicle_class\n"
    lines = "car,湘H·12345,蓝,轿车\nbike,,,\nvan,湘HD6789,,\n"
    assert read(tmp_path, head + lines).plate_of == {
        "car": Plate("湘H·12345", "blue", "car"),
        "van": Plate("湘HD6789"),
    }


def test_two_terminals_of_a_vehicle_may_name_its_plate_twice(tmp_path: Path) -> None:
    text = "terminal,vehicle_id,plate\nT1,car,湘H12345\nT2,car,湘h 12345\nT3,car,\n"
    assert read(tmp_path, text).plate_of == {"car": Plate("湘H12345")}


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("a,湘H12345,,\nb,湘h·12345,,\n", "line 3: plate 湘h·12345 is on a already"),
        ("a,湘H1O345,,\nb,湘H10345,,\n", "line 3: plate 湘H10345 is on a already"),
        ("a,湘H12345,,\na,湘H99999,,\n", "line 3: a has the plate 湘H12345 already"),
        ("a,无牌,,\n", "line 2: plate 无牌 is none that a camera could read"),
        ("a,湘H12345,plaid,\n", "line 2: plate_color plaid is not known"),
        ("a,湘H12345,,boat\n", "line 2: vehicle_class boat is not known"),
    ],
)
def test_a_plate_that_cannot_be_is_a_line_that_is_wrong(
    tmp_path: Path, lines: str, said: str
) -> None:
    assert error_of(tmp_path, f"vehicle_id,plate,plate_color,vehicle_class\n{lines}") == said


def test_a_terminal_that_is_a_number_is_known_with_zeros_before_it() -> None:
    registry = Registry({"13912345678": "bike", "T-7": "car"}).with_numbers()
    assert registry.vehicle_of["013912345678"] == "bike"
    assert registry.vehicle_of["00000000013912345678"] == "bike"
    assert registry.vehicle_of["T-7"] == "car"
    assert registry.vehicles == {"bike", "car"}


def test_a_number_that_two_terminals_may_mean_is_nobody_s() -> None:
    registry = Registry({"7": "bike", "07": "car"}).with_numbers()
    assert registry.vehicle_of == {"7": "bike", "07": "car"}


def test_a_number_written_in_full_keeps_its_vehicle() -> None:
    registry = Registry({"000000000007": "bike"}).with_numbers()
    assert registry.vehicle_of["000000000007"] == "bike"

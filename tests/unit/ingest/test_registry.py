"""The registry file: what it holds and which line is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.registry import Registry, RegistryError


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

"""Which terminal sits on which vehicle, its groups and its plate: read once from a CSV file."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from ingest import plate

_BETWEEN = re.compile(r"[\s,;，；、]+")
_SHOWN = 3  # bad lines named in one error; the rest are counted


class RegistryError(ValueError):
    """A registry cannot be used; the text is one line: file, line, what was expected."""


@dataclass(frozen=True, slots=True)
class Plate:
    """A vehicle's plate as registered; colour and class in one word, None = not told."""

    text: str
    color: str | None = None
    vehicle_class: str | None = None


@dataclass(frozen=True)
class Registry:
    """Maps from terminal to vehicle id, and from vehicle id to groups and plate, if it has any."""

    vehicle_of: Mapping[str, str]
    groups_of: Mapping[str, frozenset[str]] = field(default_factory=dict)
    plate_of: Mapping[str, Plate] = field(default_factory=dict)

    @property
    def vehicles(self) -> frozenset[str]:
        """Every registered vehicle."""
        return frozenset(self.vehicle_of.values())

    def with_numbers(self) -> Self:
        """The same, its terminals that are numbers known as JT/T 808 writes them, too.

        There a number has 12 digits, or 20 since 2019, with zeros before it.
        """
        padded: dict[str, str] = {}
        disputed = set()
        for terminal, vehicle in self.vehicle_of.items():
            if terminal.isascii() and terminal.isdigit():
                for number in (terminal.zfill(12), terminal.zfill(20)):
                    if padded.setdefault(number, vehicle) != vehicle:
                        disputed.add(number)
        for number in disputed:  # 7 and 07 are two terminals: neither may speak as 000000000007
            del padded[number]
        return replace(self, vehicle_of={**padded, **self.vehicle_of})

    @classmethod
    def from_csv(cls, path: Path) -> Self:
        """Read columns `vehicle_id`, `terminal` (its vehicle's id where there is none), `groups`.

        Groups are names separated by spaces, commas or semicolons; those of all rows of a vehicle
        count.  `plate`, `plate_color` and `vehicle_class` may be there, too: one plate a vehicle
        and one vehicle a plate.

        Raises `RegistryError` naming every kind of bad line it met.
        """
        vehicle_of: dict[str, str] = {}
        groups_of: dict[str, frozenset[str]] = {}
        plates = _Plates()
        problems = []
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                rows = csv.DictReader(file)
                if "vehicle_id" not in (rows.fieldnames or ()):
                    found = ", ".join(rows.fieldnames or ()) or "nothing"
                    msg = f"{path}: line 1: expected a column vehicle_id, found {found}"
                    raise RegistryError(msg)
                for row in rows:
                    vehicle = (row.get("vehicle_id") or "").strip()
                    terminal = (row.get("terminal") or "").strip() or vehicle
                    if not vehicle:
                        problems.append(f"line {rows.line_num}: no vehicle_id")
                    elif vehicle_of.get(terminal, vehicle) != vehicle:
                        problems.append(
                            f"line {rows.line_num}: terminal {terminal} is on "
                            f"{vehicle_of[terminal]} already"
                        )
                    else:
                        vehicle_of[terminal] = vehicle
                        groups = frozenset(_BETWEEN.split(row.get("groups") or "")) - {""}
                        if groups:
                            groups_of[vehicle] = groups_of.get(vehicle, groups) | groups
                        problems += plates.read(rows.line_num, vehicle, row)
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            msg = f"{path}: expected a CSV file in UTF-8: {error}"
            raise RegistryError(msg) from error
        if problems:
            more = f" (and {len(problems) - _SHOWN} more)" if len(problems) > _SHOWN else ""
            msg = f"{path}: {'; '.join(problems[:_SHOWN])}{more}"
            raise RegistryError(msg)
        return cls(vehicle_of, groups_of, plates.of)


class _Plates:
    """The plates of a registry, line by line."""

    def __init__(self) -> None:
        self.of: dict[str, Plate] = {}
        self._plain_of: dict[str, str] = {}
        self._vehicle_of: dict[str, str] = {}

    def read(self, line: int, vehicle: str, row: Mapping[str, str | None]) -> list[str]:
        """Take in one line; what is wrong with it."""
        text, color, kind = (
            (row.get(name) or "").strip() for name in ("plate", "plate_color", "vehicle_class")
        )
        if not text:
            return []
        plain = plate.normal([text])[0].as_py()
        if plain is None:
            return [f"line {line}: plate {text} is none that a camera could read"]
        if (other := self._vehicle_of.setdefault(plain, vehicle)) != vehicle:
            return [f"line {line}: plate {text} is on {other} already"]
        if self._plain_of.setdefault(vehicle, plain) != plain:
            return [f"line {line}: {vehicle} has the plate {self.of[vehicle].text} already"]
        for name, word, known in (
            ("plate_color", color, plate.color_of(color)),
            ("vehicle_class", kind, plate.class_of(kind)),
        ):
            if word and known is None:
                return [f"line {line}: {name} {word} is not known"]
        self.of.setdefault(vehicle, Plate(text, plate.color_of(color), plate.class_of(kind)))
        return []

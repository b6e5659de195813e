"""Which terminal sits on which vehicle, and which groups it is in: read once from a CSV file."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

_BETWEEN = re.compile(r"[\s,;，；、]+")
_SHOWN = 3  # bad lines named in one error; the rest are counted


class RegistryError(ValueError):
    """A registry cannot be used; the text is one line: file, line, what was expected."""


@dataclass(frozen=True)
class Registry:
    """`vehicle_of` maps terminal to vehicle id, `groups_of` vehicle id to its groups, if any."""

    vehicle_of: Mapping[str, str]
    groups_of: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def vehicles(self) -> frozenset[str]:
        """Every registered vehicle."""
        return frozenset(self.vehicle_of.values())

    @classmethod
    def from_csv(cls, path: Path) -> Self:
        """Read columns `vehicle_id`, `terminal` (its vehicle's id where there is none), `groups`.

        Groups are names separated by spaces, commas or semicolons; those of all rows of a vehicle
        count.

        Raises `RegistryError` naming every kind of bad line it met.
        """
        vehicle_of: dict[str, str] = {}
        groups_of: dict[str, frozenset[str]] = {}
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
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            msg = f"{path}: expected a CSV file in UTF-8: {error}"
            raise RegistryError(msg) from error
        if problems:
            more = f" (and {len(problems) - _SHOWN} more)" if len(problems) > _SHOWN else ""
            msg = f"{path}: {'; '.join(problems[:_SHOWN])}{more}"
            raise RegistryError(msg)
        return cls(vehicle_of, groups_of)

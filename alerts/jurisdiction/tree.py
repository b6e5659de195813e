"""The tree of areas: who is above whom.  Pure; knows nothing of where they lie."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from alerts.vocabulary import Name


class Rung(IntEnum):
    """市 city, 县区 county, 乡镇 township, 村社区 village, 网格 grid; a higher number is deeper."""

    CITY = 1
    COUNTY = 2
    TOWNSHIP = 3
    VILLAGE = 4
    GRID = 5

    @property
    def label(self) -> str:
        """The spelling of files."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Area:
    """One jurisdiction; `parent` is the code of the one above, empty for the whole."""

    code: str
    name: Name
    rung: Rung
    parent: str = ""


class Tree:
    """Areas by code, under one root.

    Raises `ValueError` with a line for each that is wrong: a code twice, a parent that is not there
    or not above, no root or more than one.
    """

    def __init__(self, areas: Sequence[Area]) -> None:
        self.areas: dict[str, Area] = {}
        self._children: dict[str, list[str]] = {}
        problems = [
            f"{area.code}: is there twice"
            for area in areas
            if self.areas.setdefault(area.code, area) is not area
        ]
        for area in self.areas.values():
            above = self.areas.get(area.parent)
            if area.parent and above is None:
                problems.append(f"{area.code}: parent {area.parent} is not there")
            elif above is not None and above.rung >= area.rung:
                what = f"{area.rung.label} in the {above.rung.label} {above.code}"
                problems.append(f"{area.code}: expected a parent above it, found a {what}")
            elif above is not None:
                self._children.setdefault(area.parent, []).append(area.code)
        roots = [area.code for area in self.areas.values() if not area.parent]
        if len(roots) != 1:
            found = ", ".join(roots[:5]) or "none"
            problems.append(f"expected one area without a parent, found {found}")
        if problems:
            raise ValueError("\n".join(problems))
        self.root = roots[0]

    def children(self, code: str) -> Sequence[str]:
        """The areas right below, in the order of the file."""
        return self._children.get(code, ())

    def path(self, code: str) -> tuple[str, ...]:
        """From the root to `code`.  Raises `KeyError` for an unknown one."""
        found = [code]
        while parent := self.areas[found[-1]].parent:
            found.append(parent)
        return tuple(reversed(found))

    def is_above(self, above: str, code: str) -> bool:
        """Whether `code` lies below `above`, at whatever depth."""
        return above != code and above in self.path(code)

    def on_rung(self, path: Iterable[str], rung: Rung) -> str | None:
        """The area of `path` on that rung, None where there is none."""
        return next((code for code in path if self.areas[code].rung is rung), None)

    def bottom_up(self) -> list[str]:
        """All codes, each after everything below it."""
        return sorted(self.areas, key=lambda code: -self.areas[code].rung)

    def named(self, path: Iterable[str]) -> Name:
        """The names of a path in both languages."""
        names: Mapping[str, Name] = {code: self.areas[code].name for code in path}
        return Name(
            " › ".join(name.en for name in names.values()),
            "".join(name.zh for name in names.values()),
        )

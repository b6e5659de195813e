"""Lines of a CSV file, and what is wrong with them: every bad line is named, none is guessed at."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from alerts.points import DATUMS, Position, in_wgs84

_SHOWN = 3  # bad lines named in one error; the rest are counted
MAX_LINES = 200_000


class ForceError(ValueError):
    """A file of forces cannot be used; the text is one line, `problems` are all of its bad ones."""

    def __init__(self, path: Path, problems: Sequence[str]) -> None:
        self.path = path
        self.problems = tuple(problems)
        more = f" (and {len(problems) - _SHOWN} more)" if len(problems) > _SHOWN else ""
        super().__init__(f"{path}: {'; '.join(problems[:_SHOWN])}{more}")


class LineError(ValueError):
    """What is wrong with one line."""


class Line:
    """One line: texts stripped, asked for by column."""

    def __init__(self, number: int, values: Mapping[str, object]) -> None:
        self.number = number
        self._values = values

    def text(self, column: str) -> str:
        """The column's text, empty where there is none."""
        value = self._values.get(column)
        return value.strip() if isinstance(value, str) else ""

    def needed(self, column: str) -> str:
        """The column's text.  Raises `LineError` where there is none."""
        if not (text := self.text(column)):
            msg = f"no {column}"
            raise LineError(msg)
        return text

    def number_of(self, column: str, low: float, high: float) -> float:
        """A number from `low` to `high`.  Raises `LineError`."""
        try:
            value = float(self.text(column))
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            found = self.text(column)[:40] or "nothing"
            msg = f"{column}: expected {low:g} to {high:g}, found {found}"
            raise LineError(msg)
        return value

    def datum(self, stated: str | None) -> str:
        """The datum of its position, said by the column or by `stated`.  Raises `LineError`."""
        said = self.text("datum").lower() or stated
        if said is None:
            msg = f"datum: nothing says it; expected one of {', '.join(DATUMS)}"
            raise LineError(msg)
        if said not in DATUMS:
            msg = f"datum: expected one of {', '.join(DATUMS)}, found {said[:40]}"
            raise LineError(msg)
        if stated not in {None, said}:
            msg = f"datum: expected {stated}, as asked for, found {said}"
            raise LineError(msg)
        return said

    def position(self) -> Position:
        """Its lon and lat in degrees, as they stand there.  Raises `LineError`."""
        return self.number_of("lon", -180, 180), self.number_of("lat", -90, 90)


def lines(path: Path, columns: Sequence[str]) -> Iterator[Line]:
    """The lines of a CSV file in UTF-8 with a head that names at least `columns`.

    Raises `ForceError` for a file that is none.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            names = rows.fieldnames or ()
            if any(name not in names for name in columns):
                found = ", ".join(names)[:200] or "nothing"
                problem = f"line 1: expected columns {', '.join(columns)}, found {found}"
                raise ForceError(path, [problem])
            for count, row in enumerate(rows):
                if count == MAX_LINES:
                    problem = f"line {rows.line_num}: expected {MAX_LINES:,} lines at most"
                    raise ForceError(path, [problem])
                yield Line(rows.line_num, row)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ForceError(path, [f"expected a CSV file in UTF-8: {error}"]) from error


def moved(points: Sequence[Position], datums: Sequence[str]) -> list[Position]:
    """WGS-84 of positions that have a datum each, in order."""
    out: list[Position] = list(points)
    for datum in sorted(set(datums)):
        at = [n for n, one in enumerate(datums) if one == datum]
        for n, point in zip(at, in_wgs84([points[n] for n in at], datum), strict=True):
            out[n] = point
    return out

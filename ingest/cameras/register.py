"""Where the cameras are: id, place and the way each looks, read once from a CSV file."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import numpy as np

from ingest.fix import Float32, Float64
from ingest.sighting import SightingBatch

Conversion = Callable[[Float64, Float64], tuple[Float64, Float64]]
AS_IT_IS: Mapping[str, Conversion] = {"wgs84": lambda lon, lat: (lon, lat)}
"""The datums that are read without a conversion; the others come from whoever knows them."""

_SHOWN = 3  # bad lines named in one error; the rest are counted


class CamerasError(ValueError):
    """A camera file cannot be used; the text is one line: file, line, what was expected."""


@dataclass(frozen=True, eq=False)
class Cameras:
    """`ids` of n cameras; `lon`, `lat` float64[n] WGS-84 degrees.

    `direction_deg` float32[n] is the way each looks, 0 = north, clockwise, NaN = unknown.
    """

    ids: tuple[str, ...] = ()
    lon: Float64 = field(default_factory=lambda: np.empty(0))
    lat: Float64 = field(default_factory=lambda: np.empty(0))
    direction_deg: Float32 = field(default_factory=lambda: np.empty(0, np.float32))

    def __post_init__(self) -> None:
        object.__setattr__(self, "_row", {name: row for row, name in enumerate(self.ids)})

    def __len__(self) -> int:
        return len(self.ids)

    def __contains__(self, camera: object) -> bool:
        return camera in self._row  # type: ignore[attr-defined]  # set in __post_init__

    def places(self, seen: SightingBatch) -> tuple[Float64, Float64]:
        """Where each sighting was made, float64[n] each: as it says, else its camera's place.

        NaN where neither is known.
        """
        row_of: dict[str, int] = self._row  # type: ignore[attr-defined]  # set in __post_init__
        row = np.array([row_of.get(name, -1) for name in seen.camera], np.int64)
        told = ~np.isnan(seen.lon) & ~np.isnan(seen.lat)
        found = (row >= 0) & ~told
        lon, lat = np.where(told, seen.lon, np.nan), np.where(told, seen.lat, np.nan)
        lon[found], lat[found] = self.lon[row[found]], self.lat[row[found]]
        return lon, lat

    @classmethod
    def from_csv(
        cls,
        path: Path,
        datum: str | None = None,
        conversions: Mapping[str, Conversion] = AS_IT_IS,
    ) -> Self:
        """Read columns `camera`, `lon`, `lat` and, where there are, `direction_deg` and `datum`.

        Every place needs a datum, said by the column or by `datum`; one that contradicts the other
        is refused.  `conversions` give WGS-84 by the datum's name.

        Raises `CamerasError` naming every kind of bad line it met.
        """
        rows, problems = _lines(path, datum, conversions)
        if problems:
            more = f" (and {len(problems) - _SHOWN} more)" if len(problems) > _SHOWN else ""
            msg = f"{path}: {'; '.join(problems[:_SHOWN])}{more}"
            raise CamerasError(msg)
        return cls._converted(rows, conversions)

    @staticmethod
    def problems(
        path: Path,
        datum: str | None = None,
        conversions: Mapping[str, Conversion] = AS_IT_IS,
    ) -> list[str]:
        """Everything that `from_csv` would refuse the file for, a line each; empty = nothing."""
        try:
            return _lines(path, datum, conversions)[1]
        except CamerasError as error:
            return [str(error).removeprefix(f"{path}: ")]

    @classmethod
    def _converted(
        cls,
        rows: Mapping[str, _Place],
        conversions: Mapping[str, Conversion],
    ) -> Self:
        numbers = np.array([row[:3] for row in rows.values()], np.float64).reshape(-1, 3)
        lon, lat = numbers[:, 0].copy(), numbers[:, 1].copy()
        said = np.array([row[3] for row in rows.values()], np.str_)
        for name in sorted(set(said.tolist())):
            at = np.flatnonzero(said == name)
            lon[at], lat[at] = conversions[name](lon[at], lat[at])
        return cls(tuple(rows), lon, lat, numbers[:, 2].astype(np.float32))


_Place = tuple[float, float, float, str]


def _lines(
    path: Path, datum: str | None, conversions: Mapping[str, Conversion]
) -> tuple[dict[str, _Place], list[str]]:
    """The good lines by camera, and what is wrong with the others.  Raises `CamerasError`."""
    rows: dict[str, _Place] = {}
    problems = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.DictReader(file)
            names = lines.fieldnames or ()
            missing = [name for name in ("camera", "lon", "lat") if name not in names]
            if missing:
                found = ", ".join(names) or "nothing"
                msg = f"{path}: line 1: expected columns camera, lon, lat, found {found}"
                raise CamerasError(msg)
            for line in lines:
                try:
                    camera, row = _row(line, datum, conversions)
                    if camera in rows:
                        _refuse(f"camera {camera} is there already")
                    rows[camera] = row
                except _LineError as error:
                    problems.append(f"line {lines.line_num}: {error}")
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        msg = f"{path}: expected a CSV file in UTF-8: {error}"
        raise CamerasError(msg) from error
    return rows, problems


class _LineError(ValueError):
    pass


def _refuse(text: str) -> None:
    raise _LineError(text)


def _row(
    line: Mapping[str, str | None], datum: str | None, conversions: Mapping[str, Conversion]
) -> tuple[str, _Place]:
    """Id, lon, lat, direction and datum of one line.  Raises `_LineError`."""

    def text(name: str) -> str:
        return (line.get(name) or "").strip()

    def number(name: str, low: float, high: float) -> float:
        try:
            value = float(text(name))
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            _refuse(f"{name}: expected {low:g} to {high:g}, found {text(name) or 'nothing'}")
        return value

    if not text("camera"):
        _refuse("no camera")
    said = text("datum").lower() or datum
    if said is None:
        _refuse(f"datum: nothing says it; expected one of {', '.join(conversions)}")
    elif datum not in {None, said}:
        _refuse(f"datum: expected {datum}, as asked for, found {said}")
    elif said not in conversions:
        _refuse(f"datum: expected one of {', '.join(conversions)}, found {said}")
    lon, lat = number("lon", -180, 180), number("lat", -90, 90)
    direction = number("direction_deg", 0, 360) if text("direction_deg") else math.nan
    return text("camera"), (lon, lat, direction, said or "")

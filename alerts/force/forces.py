"""All forces of a city, read from three CSV files: platforms, village posts, units.

A line that cannot be used refuses the file, and every such line is named: a unit that is silently
missing is found out in the night in which it is needed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, Self, TypeVar

from alerts.force.member import Mode, Platform, Post, Rank, Unit
from alerts.force.shift import TIME_ZONE, Shift
from alerts.force.table import ForceError, Line, LineError, lines, moved
from alerts.points import Position

MAX_LIMIT = 20
_WORDS = re.compile(r"[\s,;，；、]+")

_M = TypeVar("_M", Platform, Post)
_E = TypeVar("_E", bound=StrEnum)

__all__ = ["Files", "ForceError", "Forces"]


class Files(NamedTuple):
    """Where forces are listed; None = none of that kind."""

    platforms: Path
    posts: Path | None = None
    units: Path | None = None


@dataclass(frozen=True)
class Forces:
    """Members by id, in the order of their files."""

    platforms: Mapping[str, Platform] = field(default_factory=dict)
    posts: Mapping[str, Post] = field(default_factory=dict)
    units: Mapping[str, Unit] = field(default_factory=dict)

    @classmethod
    def from_csv(cls, files: Files, datum: str | None = None, time_zone: str = TIME_ZONE) -> Self:
        """Read the files; `datum` is what positions refer to where no column `datum` says it.

        * platforms: `platform`, `name`, `lon`, `lat`, optionally `area` (code of a jurisdiction);
        * posts: `post`, `name`, `lon`, `lat`, `platform`, optionally `area`;
        * units: `unit`, `platform`, optionally `name`, `post`, `rank` (station, district, city;
          station where it is empty), `mode` (foot, bike, car), `shifts` (`alerts.force.shift`;
          always where it is empty), `capabilities` (words), `area` (its post's or platform's where
          it is empty), `limit` (incidents at once, 1 to 20).

        Raises `ForceError` naming every bad line of the first file that has any.
        """
        platforms = _places(files.platforms, "platform", datum, _platform)
        posts: dict[str, Post] = {}
        if files.posts is not None:
            posts = _places(files.posts, "post", datum, lambda line, at: _post(line, at, platforms))
        units: dict[str, Unit] = {}
        if files.units is not None:
            units = _units(files.units, platforms, posts, time_zone)
        return cls(platforms, posts, units)

    def unknown_areas(self, codes: Collection[str]) -> list[str]:
        """What names a jurisdiction that is not among `codes`, a line each."""
        kinds: Sequence[tuple[str, Mapping[str, Platform | Post | Unit]]] = (
            ("platform", self.platforms), ("post", self.posts), ("unit", self.units),
        )  # fmt: skip
        return [
            f"{kind} {one.id}: there is no jurisdiction {one.area}"
            for kind, members in kinds
            for one in members.values()
            if one.area and one.area not in codes
        ]


def _places(
    path: Path, key: str, datum: str | None, made: Callable[[Line, Position], _M]
) -> dict[str, _M]:
    """Members with a position, by id, in WGS-84."""
    kept: dict[str, Line] = {}
    points: list[Position] = []
    datums: list[str] = []
    problems = []
    for line in lines(path, (key, "name", "lon", "lat")):
        try:
            name = line.needed(key)
            if name in kept:
                msg = f"{key} {name} is there already, in line {kept[name].number}"
                raise LineError(msg)  # noqa: TRY301 - collected with the others
            at, said = line.position(), line.datum(datum)
            made(line, at)  # what is wrong with the rest of it is told now
        except LineError as error:
            problems.append(f"line {line.number}: {error}")
        else:
            kept[name] = line
            points.append(at)
            datums.append(said)
    if problems:
        raise ForceError(path, problems)
    converted = moved(points, datums)
    return {name: made(line, at) for (name, line), at in zip(kept.items(), converted, strict=True)}


def _platform(line: Line, at: Position) -> Platform:
    return Platform(line.needed("platform"), line.needed("name"), *at, line.text("area"))


def _post(line: Line, at: Position, platforms: Mapping[str, Platform]) -> Post:
    platform = _of(line, "platform", platforms)
    area = line.text("area") or platform.area
    return Post(line.needed("post"), line.needed("name"), *at, platform.id, area)


def _units(
    path: Path, platforms: Mapping[str, Platform], posts: Mapping[str, Post], time_zone: str
) -> dict[str, Unit]:
    found: dict[str, Unit] = {}
    problems = []
    for line in lines(path, ("unit", "platform")):
        try:
            unit = _unit(line, platforms, posts, time_zone)
            if found.setdefault(unit.id, unit) is not unit:
                msg = f"unit {unit.id} is there already"
                raise LineError(msg)  # noqa: TRY301 - collected with the others
        except LineError as error:
            problems.append(f"line {line.number}: {error}")
    if problems:
        raise ForceError(path, problems)
    return found


def _unit(
    line: Line, platforms: Mapping[str, Platform], posts: Mapping[str, Post], time_zone: str
) -> Unit:
    name = line.needed("unit")
    platform = _of(line, "platform", platforms)
    at: Platform | Post = platform
    if line.text("post"):
        post = _of(line, "post", posts)
        if post.platform != platform.id:
            msg = f"post {post.id} belongs to platform {post.platform}, not to {platform.id}"
            raise LineError(msg)
        at = post
    try:
        shift = Shift.parse(line.text("shifts"), time_zone)
    except ValueError as error:
        msg = f"shifts: {error}"
        raise LineError(msg) from error
    limit = line.number_of("limit", 1, MAX_LIMIT) if line.text("limit") else 1
    if limit != int(limit):
        msg = f"limit: expected a whole number, found {limit:g}"
        raise LineError(msg)
    return Unit(
        id=name,
        name=line.text("name") or name,
        rank=_one_of(line, "rank", Rank, Rank.STATION),
        platform=platform.id,
        home=(at.lon, at.lat),
        post=line.text("post"),
        area=line.text("area") or at.area,
        mode=_one_of(line, "mode", Mode, Mode.CAR),
        shift=shift,
        capabilities=frozenset(_WORDS.split(line.text("capabilities").lower())) - {""},
        limit=int(limit),
    )


_Known = TypeVar("_Known")


def _of(line: Line, column: str, known: Mapping[str, _Known]) -> _Known:
    name = line.needed(column)
    if name not in known:
        msg = f"there is no {column} {name[:40]}"
        raise LineError(msg)
    return known[name]


def _one_of(line: Line, column: str, kinds: type[_E], usual: _E) -> _E:
    text = line.text(column).lower()
    if not text:
        return usual
    try:
        return kinds(text)
    except ValueError:
        msg = f"{column}: expected one of {', '.join(kinds)}, found {text[:40]}"
        raise LineError(msg) from None

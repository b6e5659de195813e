"""A zone: one named area on the ground, and what can be wrong with one."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from shapely import LineString, MultiPolygon, Point, Polygon

Outline = Polygon | MultiPolygon | Point | LineString
Bounds = tuple[float, float, float, float]


class ZoneKind(StrEnum):
    """What a zone's area is made of."""

    POLYGON = "polygon"
    CIRCLE = "circle"
    CORRIDOR = "corridor"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Zone:
    """One feature of a zone file, in WGS-84 degrees (lon first).

    * `geometry`: the area itself for a polygon, the centre of a circle, the middle line of a
      corridor; None for a refused feature, which keeps its position and matches nothing.
    * `reach_m`: radius of a circle, half the width of a corridor, 0 for a polygon; metres.
    * `bounds`: (west, south, east, north) that hold the whole area, its reach included; None when
      refused.  Never too small; for circles and corridors up to 2 % of the reach too large.
    * `properties`: the feature's own, as they were given.
    """

    id: str
    name: str
    kind: ZoneKind
    geometry: Outline | None
    reach_m: float
    bounds: Bounds | None
    properties: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with one feature.

    `position` counts features from 0; `key` is where in the feature; `expected` says what should
    stand there and what was found.  `repaired` problems were mended without a doubt about what was
    meant: the zone is in use.  All others refuse the feature.
    """

    position: int
    id: str
    key: str
    expected: str
    repaired: bool = False

    @property
    def feature(self) -> str:
        """The feature's position, and its id where it has one."""
        named = "" if self.id == str(self.position) else f' "{one_line(self.id)}"'
        return f"feature {self.position}{named}"

    def __str__(self) -> str:
        return f"{self.feature}: {self.key}: {self.expected}"


class ZoneError(ValueError):
    """Zones that cannot be used; its text is one line: file, feature, key, what was expected.

    * `key`: the part of the file, or the argument, at fault.
    * `source`: the file's path, None when the zones did not come from a file.
    * `problems`: every refused feature's, empty when the file as a whole is at fault.
    """

    def __init__(
        self,
        key: str,
        expected: str = "",
        source: str | os.PathLike[str] | None = None,
        problems: Sequence[Problem] = (),
    ) -> None:
        self.key = key
        self.source = None if source is None else os.fspath(source)
        self.problems = tuple(problems)
        where = "" if self.source is None else one_line(self.source, 400)
        super().__init__(": ".join(part for part in (where, key, expected) if part))

    @classmethod
    def of_features(
        cls, problems: Sequence[Problem], source: str | os.PathLike[str] | None
    ) -> Self:
        """The error of one or more refused features: names the first, counts the rest."""
        first, more = problems[0], len(problems) - 1
        rest = f" (and {more} more problem{'s' if more > 1 else ''})" if more else ""
        return cls(f"{first.feature}: {first.key}", f"{first.expected}{rest}", source, problems)


def shown(value: object) -> str:
    """A value as JSON, short and on one line, for a message."""
    if value is None:
        return "nothing"
    if isinstance(value, Mapping | list | tuple) and len(value) > 8:
        return f"{type(value).__name__} of {len(value)}"
    try:
        return one_line(json.dumps(value, ensure_ascii=False, default=repr))
    except (ValueError, TypeError, RecursionError):
        return type(value).__name__


def one_line(text: str, longest: int = 60) -> str:
    """`text` without control characters and of bounded length, fit for a message or a log."""
    clean = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return clean if len(clean) <= longest else clean[: longest - 1] + "…"

"""Where an incident lies: the areas that hold its position, down to the deepest one.

By outline, never by box.  Where the areas of a level have no outline it goes by the nearest centre
and says so; in a gap between outlines it goes by those further down.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal, NamedTuple

from alerts.jurisdiction.reading import Areas
from alerts.jurisdiction.tree import Tree
from alerts.points import Position
from alerts.vocabulary import Name
from geofence import ZoneSet
from geofence.metric import GEOD

NEAR_M = 100_000.0
"""A centre further away than this says nothing about a position."""

By = Literal["outline", "part", "nearest", "outside"]
"""On what grounds: it holds the position; an area below it does; its centre is the nearest of those
without an outline; none of these."""


class Stage(NamedTuple):
    """One area of the way down; `distance_m` to its centre where it is the nearest."""

    code: str
    by: By
    distance_m: float | None = None


class Placement(NamedTuple):
    """The way down from the root, one stage or more."""

    stages: tuple[Stage, ...]

    @property
    def code(self) -> str:
        """The deepest area."""
        return self.stages[-1].code

    @property
    def path(self) -> tuple[str, ...]:
        """All areas, the root first."""
        return tuple(stage.code for stage in self.stages)

    def said(self, tree: Tree) -> Name:
        """In words, with what is not by outline."""
        names = tree.named(self.path)
        if self.stages[-1].by == "outside":
            return Name(f"outside of {names.en}", f"{names.zh}以外")
        guessed = [stage for stage in self.stages if stage.by == "nearest" and stage.distance_m]
        if not guessed:
            return names
        first = guessed[0]
        en, zh = tree.areas[first.code].rung.label, _ZH[tree.areas[first.code].rung.label]
        km = (first.distance_m or 0) / 1000
        return Name(
            f"{names.en} (from the {en} on by the nearest centre, {km:.1f} km: no outline)",
            f"{names.zh}（自{zh}起无边界，按最近中心 {km:.1f} 公里）",
        )


_ZH = {"city": "市", "county": "县区", "township": "乡镇", "village": "村", "grid": "网格"}


class Placer:
    """Places positions in `areas`; immutable, safe from any thread."""

    def __init__(self, areas: Areas) -> None:
        self.tree = areas.tree
        self._codes = list(areas.outlines)
        self._zones = ZoneSet(list(areas.outlines.values()))
        self._centres = areas.centres

    def place(self, points: Sequence[Position]) -> list[Placement]:
        """Where each position (WGS-84 degrees) lies, in order."""
        held: list[set[str]] = [set() for _ in points]
        if points and self._codes:
            fixes, zones = self._zones.match([p[0] for p in points], [p[1] for p in points])
            for fix, zone in zip(fixes.tolist(), zones.tolist(), strict=True):
                held[fix].add(self._codes[zone])
        return [self._down(point, holds) for point, holds in zip(points, held, strict=True)]

    def _down(self, point: Position, holds: Collection[str]) -> Placement:
        depth: dict[str, int] = {}  # of the deepest area that holds it, by those above
        for code in holds:
            path = self.tree.path(code)
            for above in path:
                depth[above] = max(depth.get(above, 0), len(path))
        root = self.tree.root
        stages: list[Stage] = []
        at: Stage | None = Stage(root, "outline" if root in holds else "part")
        while at is not None:
            stages.append(at)
            at = self._next(self.tree.children(at.code), point, holds, depth)
        if root not in depth:
            by: By = "nearest" if len(stages) > 1 else "outside"
            stages[0] = Stage(root, by)
        return Placement(tuple(stages))

    def _next(
        self,
        children: Sequence[str],
        point: Position,
        holds: Collection[str],
        depth: dict[str, int],
    ) -> Stage | None:
        """The area to go on in: of several that hold it, the one that leads deepest."""
        found = [code for code in children if code in depth]
        if found:
            best = max(found, key=lambda code: (code in holds, depth[code]))
            return Stage(best, "outline" if best in holds else "part")
        return self._nearest([code for code in children if code in self._centres], point)

    def _nearest(self, codes: Sequence[str], point: Position) -> Stage | None:
        if not codes:
            return None
        lon, lat = ([self._centres[code][axis] for code in codes] for axis in (0, 1))
        n = len(codes)
        _, _, away = GEOD.inv([point[0]] * n, [point[1]] * n, lon, lat)
        distance_m, code = min(zip(away, codes, strict=True))
        return Stage(code, "nearest", float(distance_m)) if distance_m <= NEAR_M else None

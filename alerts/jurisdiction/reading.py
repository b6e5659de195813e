"""Areas read from GeoJSON: the tree, the outlines, and the centres of what has no outline.

A feature is an area: `code` (else `adcode`, else `id`), `name`, optionally `name_en`, `level`
(city, county or district, township, village, grid) and `parent` (a code, or an object with an
`adcode`, as DataV writes it).  Its geometry is a Polygon or MultiPolygon, or a Point, or null with
a property `center`: its centre.  What has none of these is placed by what lies below it.  Where no
feature is the parent that the highest ones name, the whole goes by the collection's own `name`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from alerts.jurisdiction.tree import Area, Rung, Tree
from alerts.points import Position
from alerts.vocabulary import Name
from geofence import Zone, ZoneError, geojson

MAX_AREAS = 100_000
_SHOWN = 3
_RUNGS = {rung.label: rung for rung in Rung} | {"district": Rung.COUNTY, "street": Rung.TOWNSHIP}

Json = Mapping[str, object]


class AreasError(ValueError):
    """Areas that cannot be used; the text is one line, `problems` are all that was found."""

    def __init__(self, source: str, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        more = f" (and {len(problems) - _SHOWN} more)" if len(problems) > _SHOWN else ""
        super().__init__(f"{source}: {'; '.join(problems[:_SHOWN])}{more}")


@dataclass(frozen=True)
class Areas:
    """The tree; `outlines` of the areas that have one, by code; `centres` of others, WGS-84."""

    tree: Tree
    outlines: Mapping[str, Zone]
    centres: Mapping[str, Position]

    @classmethod
    def read(cls, source: Path | str | Json, datum: str | None = None) -> Areas:
        """Read a file or the parsed object; `datum` where it does not say it itself.

        Raises `AreasError`.
        """
        document, called = _document(source)
        features = document.get("features")
        if not isinstance(features, list) or not features:
            raise AreasError(called, ["features: expected a list of one area or more"])
        if len(features) > MAX_AREAS:
            raise AreasError(called, [f"features: expected {MAX_AREAS:,} at most"])
        areas, shapes, problems = _features(features)
        areas = [*_implied(areas, document), *areas]
        try:
            tree = Tree(areas)
            found = geojson.read_stated({**document, "features": shapes}, datum)
        except ZoneError as error:
            raise AreasError(called, [*problems, str(error)]) from error
        except ValueError as error:
            raise AreasError(called, [*problems, *str(error).splitlines()]) from error
        problems += [f"{one.id}: {one.key}: {one.expected}" for one in found.refused]
        if problems:
            raise AreasError(called, problems)
        outlines, centres = {}, {}
        for zone in found.zones:
            if zone.reach_m == 0:
                outlines[zone.id] = zone
            elif zone.geometry is not None:
                centre = zone.geometry.centroid
                centres[zone.id] = (float(centre.x), float(centre.y))
        return cls(tree, outlines, centres)


def _document(source: Path | str | Json) -> tuple[Json, str]:
    if isinstance(source, Mapping):
        return source, "areas"
    called = os.fspath(source)
    try:
        document = json.loads(Path(source).read_bytes())
    except OSError as error:
        raise AreasError(called, [f"cannot be read: {error.strerror or error}"]) from error
    except (ValueError, RecursionError) as error:
        raise AreasError(called, [f"not JSON: {str(error)[:100]}"]) from error
    if not isinstance(document, dict):
        raise AreasError(called, ["expected a FeatureCollection"])
    return document, called


def _features(features: Sequence[object]) -> tuple[list[Area], list[Json], list[str]]:
    """The areas, their shapes as features of zones, and what is wrong."""
    areas: list[Area] = []
    shapes: list[Json] = []
    problems: list[str] = []
    for n, feature in enumerate(features):
        held = feature if isinstance(feature, Mapping) else {}
        properties = held.get("properties")
        try:
            area = _area(properties if isinstance(properties, Mapping) else {}, held.get("id"))
        except ValueError as error:
            problems.append(f"feature {n}: {error}")
            continue
        areas.append(area)
        shape = _shape(held.get("geometry"), properties)
        if shape is not None:
            # a centre is a circle of no matter what size: so it is converted with the outlines
            own = {"radius_m": 1} if shape.get("type") == "Point" else {}
            shapes.append(
                {"type": "Feature", "id": area.code, "properties": own, "geometry": shape}
            )
    return areas, shapes, problems


def _area(properties: Json, feature_id: object) -> Area:
    code = next(
        (
            text
            for value in (properties.get("code"), properties.get("adcode"), properties.get("id"))
            if (text := _code(value))
        ),
        _code(feature_id),
    )
    if not code:
        raise ValueError("code: expected a text or a number")
    level = properties.get("level")
    rung = _RUNGS.get(level) if isinstance(level, str) else None
    if rung is None:
        found = str(level)[:40]
        msg = f"{code}: level: expected one of {', '.join(_RUNGS)}, found {found}"
        raise ValueError(msg)
    above = properties.get("parent")
    if isinstance(above, Mapping):
        above = above.get("adcode")
    return Area(code, _name(properties, code), rung, _code(above))


def _code(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return str(value).strip()[:64]


def _name(said: Json, code: str) -> Name:
    zh, en = (said.get(key) for key in ("name", "name_en"))
    zh = zh if isinstance(zh, str) and zh else code
    return Name(en if isinstance(en, str) and en else zh, zh)


def _shape(geometry: object, properties: object) -> Json | None:
    if isinstance(geometry, Mapping):
        return geometry
    centre = properties.get("center") if isinstance(properties, Mapping) else None
    return None if centre is None else {"type": "Point", "coordinates": centre}


def _implied(areas: Sequence[Area], document: Json) -> list[Area]:
    """The area above all others, where they name one that no feature is."""
    known = {area.code for area in areas}
    absent = {area.parent for area in areas} - known - {""}
    has_root = any(not area.parent for area in areas)
    if len(absent) != 1 or has_root:
        return []
    code = absent.pop()
    top = min(area.rung for area in areas)
    return [Area(code, _name(document, code), Rung(top - 1))] if top > Rung.CITY else []

"""Outlines that cross themselves: mended when there is one meaning, else given back as refused.

About 6 % of the county outlines in circulation are invalid in the OGC sense, nearly all by spikes
and by rings that touch or cross over a few metres, so refusing them all is no choice.
"""

from __future__ import annotations

import shapely
from shapely import LinearRing, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from geofence.zone import one_line

_SAME = 1e-3
"""Share of the area by which two readings of a crossing outline may differ and mean the same."""


def repaired(area: Polygon | MultiPolygon) -> tuple[Polygon | MultiPolygon | None, str]:
    """A valid outline and how it was mended ("" if it was valid), or None and what is wrong.

    There are two readings: every crossing changes the side (`shapely.make_valid`, and what is
    used), or shells are filled and holes cut out of them, whichever way they wind.  Where they
    agree, crossing meant one thing; where they do not (a ring wound twice, a hole outside its
    shell), nobody can tell.  Parts of a MultiPolygon are mended one by one, and parts that overlap
    or share an edge are united.  Spikes without an area are dropped.
    """
    if area.is_valid:
        return area, ""
    parts = list(area.geoms) if isinstance(area, MultiPolygon) else [area]
    mended: list[Polygon] = []
    reasons: list[str] = []
    for part in parts:
        if part.is_valid:
            mended.append(part)
            continue
        reason = one_line(shapely.is_valid_reason(part))
        reasons.append(reason)
        crossed = _polygons(shapely.make_valid(part))
        filled = _filled(part.exterior).difference(
            shapely.union_all([_filled(hole) for hole in part.interiors])
        )
        if not crossed or filled.area == 0.0:
            return None, f"an outline without an area ({reason})"
        if MultiPolygon(crossed).symmetric_difference(filled).area > _SAME * filled.area:
            return None, f"an outline that can be read in two ways ({reason})"
        mended += crossed
    whole: BaseGeometry = MultiPolygon(mended) if len(mended) > 1 else mended[0]
    if not whole.is_valid:
        reasons.append("parts overlap or share an edge")
        whole = shapely.union_all(mended)
    assert isinstance(whole, Polygon | MultiPolygon)  # noqa: S101 - unions of polygons are
    return whole, f"expected a valid outline, mended: {'; '.join(reasons)}"


def _filled(ring: LinearRing) -> BaseGeometry:
    return shapely.make_valid(Polygon(ring), method="structure", keep_collapsed=False)


def _polygons(geometry: BaseGeometry) -> list[Polygon]:
    """The parts of `geometry` that have an area."""
    return [
        part
        for part in shapely.get_parts(shapely.get_parts(geometry))
        if isinstance(part, Polygon) and part.area > 0.0
    ]

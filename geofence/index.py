"""The index over zones: pieces with bounding boxes, candidates by tree, verdicts by exact test.

A zone falls into pieces (the parts of a MultiPolygon, the segments of a corridor; a circle is a
segment of no length) so that a scattered or winding zone costs only where it is.  The tree stands
over the pieces' boxes and is asked for a whole batch of fixes at once.  A tree over the batch's
fixes, asked for the zones, took up to twice as long for 100 to 8,192 fixes and 5 to 1,000 zones,
and must be built anew for every batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geofence.metric import grown, nearest_on_segment, within
from geofence.zone import Zone

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]
Objects = NDArray[np.object_]


@dataclass(frozen=True, slots=True, eq=False)
class ZoneIndex:
    """Pieces of zones as columns of length p, polygons first, and the tree over their boxes.

    * `zone`: int64[p], position of the zone that the piece belongs to.
    * `area`: Polygon[q], prepared, of the first q pieces.
    * `ends`: float64[p - q, 4], (lon, lat, lon, lat) of the segments that follow, degrees.
    * `reach_m`: float64[p - q], what lies within it of a segment is inside.

    Immutable once built, and safe to ask from any thread.
    """

    zone: Int64
    area: Objects
    ends: Float64
    reach_m: Float64
    tree: shapely.STRtree

    @classmethod
    def over(cls, zones: Sequence[Zone]) -> Self:
        """The index over `zones`; refused zones have no pieces."""
        parts: list[tuple[int, BaseGeometry]] = []
        segments: list[Float64] = []
        segment_zones: list[Int64] = []
        reaches: list[Float64] = []
        for position, zone in enumerate(zones):
            if zone.geometry is None:
                continue
            if zone.reach_m == 0.0:
                parts += [(position, part) for part in shapely.get_parts(zone.geometry)]
                continue
            line = shapely.get_coordinates(zone.geometry)
            ends = np.hstack([line[:-1], line[1:]]) if len(line) > 1 else np.hstack([line, line])
            segments.append(ends)
            segment_zones.append(np.full(len(ends), position, np.int64))
            reaches.append(np.full(len(ends), zone.reach_m))

        area = np.empty(len(parts), dtype=object)
        area[:] = [part for _, part in parts]
        part_zones = np.array([position for position, _ in parts], np.int64)
        ends = np.concatenate([np.empty((0, 4)), *segments])
        reach_m = np.concatenate([np.empty(0), *reaches])
        lon, lat = ends[:, 0::2], ends[:, 1::2]
        flat = np.column_stack([lon.min(1), lat.min(1), lon.max(1), lat.max(1)])
        box = np.concatenate([shapely.bounds(area).reshape(-1, 4), grown(flat, reach_m)])
        _prepare(area, box)
        return cls(
            zone=np.concatenate([part_zones, *segment_zones]),
            area=area,
            ends=ends,
            reach_m=reach_m,
            tree=shapely.STRtree(shapely.box(*box.T)),
        )

    def match(self, lon: Float64, lat: Float64) -> tuple[Int64, Int64]:
        """(fix, zone) int64[k] pairs for float64[n] degrees on the earth; unordered, may repeat."""
        if self.zone.size == 0 or lon.size == 0:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        fix, piece = self.tree.query(shapely.points(lon, lat))
        polygonal = piece < self.area.size
        held = np.empty(fix.size, np.bool_)
        for mask, hold in ((polygonal, self._in_area), (~polygonal, self._in_reach)):
            at = np.flatnonzero(mask)
            if at.size:
                held[at] = hold(piece[at], lon[fix[at]], lat[fix[at]])
        return fix[held].astype(np.int64), self.zone[piece[held]]

    def _in_area(self, piece: NDArray[np.intp], lon: Float64, lat: Float64) -> Bool:
        held: Bool = shapely.intersects_xy(self.area[piece], lon, lat)
        return held

    def _in_reach(self, piece: NDArray[np.intp], lon: Float64, lat: Float64) -> Bool:
        segment = piece - self.area.size
        a_lon, a_lat, b_lon, b_lat = self.ends[segment].T
        foot_lon, foot_lat = nearest_on_segment(lon, lat, (a_lon, a_lat), (b_lon, b_lat))
        return within(lon, lat, foot_lon, foot_lat, self.reach_m[segment])


def _prepare(area: Objects, box: Float64) -> None:
    """Build every polygon's point locator now.

    GEOS builds it at the first question, which two threads must not ask at once.
    """
    shapely.prepare(area)
    middle = 0.5 * (box[: area.size, :2] + box[: area.size, 2:])
    shapely.intersects_xy(area, middle[:, 0], middle[:, 1])

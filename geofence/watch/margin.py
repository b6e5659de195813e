"""How far a place is from a zone's boundary, in metres, positive inside.

Asked only for the few (fix, zone) pairs whose side is in question.  Edges lie in blocks with boxes,
so that an outline of a million vertices costs its boxes and a few blocks.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import shapely
from numpy.typing import NDArray

from geofence.grid.predicate import compiled
from geofence.index import outline_edges, segments
from geofence.metric import scale
from geofence.zone import Zone

Float64 = NDArray[np.float64]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

BLOCK = 32
_A = 6378137.0  # WGS-84 semi-major axis, m
_E2 = 0.00669437999014132  # WGS-84 first eccentricity squared


@dataclass(frozen=True, slots=True, eq=False)
class Margins:
    """Zones laid out to be asked for margins.  Immutable.

    * `edges` float64[e, 4] and `edge_at` int64[z + 1]: the outline of zone i is
      `edges[edge_at[i]:edge_at[i + 1]]`.
    * `boxes` float64[b, 4] (w, s, e, n) and `box_at` int64[z + 1]: those of each `BLOCK` of edges
      of a zone.
    * `ends` float64[c, 4], `reach_m` float64[c], `end_at` int64[z + 1]: segments of circles and
      corridors.
    * `deep_m` float64[z]: about half of how deep one can be in the zone.
    """

    edges: Float64
    edge_at: Int64
    boxes: Float64
    box_at: Int64
    ends: Float64
    reach_m: Float64
    end_at: Int64
    deep_m: Float64

    @classmethod
    def over(
        cls,
        edges: Float64,
        edge_zone: Int32,
        ends: Float64,
        reach_m: Float64,
        end_zone: Int32,
        deep_m: Float64,
    ) -> Self:
        """Margins to the same edges and segments that `Grid.over` takes, with `deep_m` above."""
        positions = np.arange(len(deep_m) + 1)
        edge_at = np.searchsorted(edge_zone, positions).astype(np.int64)
        end_at = np.searchsorted(end_zone, positions).astype(np.int64)
        counts = -(-np.diff(edge_at) // BLOCK)
        box_at = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        nth = np.arange(box_at[-1]) - np.repeat(box_at[:-1], counts)
        first = np.repeat(edge_at[:-1], counts) + BLOCK * nth
        boxes = np.empty((len(first), 4))
        if len(first):
            low = np.minimum(edges[:, :2], edges[:, 2:])
            high = np.maximum(edges[:, :2], edges[:, 2:])
            boxes[:, :2] = np.minimum.reduceat(low, first)
            boxes[:, 2:] = np.maximum.reduceat(high, first)
        return cls(edges, edge_at, boxes, box_at, ends, reach_m, end_at, deep_m)

    @classmethod
    def of(cls, zones: Sequence[Zone]) -> Self:
        """Margins to `zones`; a refused one has no boundary, and all is outside it."""
        edges, edge_zone = outline_edges(zones)
        ends, reach_m, end_zone = segments(zones)
        return cls.over(edges, edge_zone, ends, reach_m, end_zone, _depths(zones))

    def arrays(self) -> tuple[Float64, Int64, Float64, Int64, Float64, Float64, Int64, Float64]:
        """The arrays for kernels, in the order of the fields."""
        return (
            self.edges, self.edge_at, self.boxes, self.box_at,
            self.ends, self.reach_m, self.end_at, self.deep_m,
        )  # fmt: skip

    def margin_m(self, lon: Float64, lat: Float64, zone: Int64, cap_m: float) -> Float64:
        """Signed metres from n places to the boundary of n zones, float64[n] within ±`cap_m`.

        Errs by less than 0.5 % to 10 km; within centimetres of a boundary the sign is not exact.
        """
        out = np.empty(len(lon))
        _many(self.arrays(), lon, lat, zone, cap_m, out)
        return out


@compiled
def metres_a_degree(lat):
    """Metres per degree of longitude and of latitude (radii of curvature N cos(lat) and M)."""
    phi = math.radians(lat)
    s = math.sin(phi)
    w2 = 1.0 - _E2 * s * s
    n = _A / math.sqrt(w2)
    return math.radians(n * math.cos(phi)), math.radians(n * (1.0 - _E2) / w2)


@compiled
def _many(margins, lon, lat, zone, cap_m, out):
    for i in range(lon.shape[0]):
        out[i] = margin_m(margins, lon[i], lat[i], zone[i], cap_m)


@compiled
def margin_m(margins, lon, lat, zone, cap_m):
    """As `Margins.margin_m`, of one place; `margins` are its `arrays()`."""
    edges, edge_at, boxes, box_at, ends, reach_m, end_at, _ = margins
    per_lon, per_lat = metres_a_degree(lat)
    best = -cap_m
    for k in range(end_at[zone], end_at[zone + 1]):
        d2 = _distance2(
            (ends[k, 0] - lon) * per_lon, (ends[k, 1] - lat) * per_lat,
            (ends[k, 2] - lon) * per_lon, (ends[k, 3] - lat) * per_lat,
        )  # fmt: skip
        best = max(best, reach_m[k] - math.sqrt(d2))
    if edge_at[zone] == edge_at[zone + 1]:
        return min(best, cap_m)
    nearest2 = cap_m * cap_m
    inside = False
    for b in range(box_at[zone], box_at[zone + 1]):
        south, east, north = boxes[b, 1], boxes[b, 2], boxes[b, 3]
        x = max(0.0, boxes[b, 0] - lon, lon - east) * per_lon
        y = max(0.0, south - lat, lat - north) * per_lat
        near = x * x + y * y < nearest2
        if not near and (lat < south or lat >= north or lon > east):
            continue
        first = edge_at[zone] + BLOCK * (b - box_at[zone])
        for e in range(first, min(first + BLOCK, edge_at[zone + 1])):
            ax = (edges[e, 0] - lon) * per_lon
            ay = (edges[e, 1] - lat) * per_lat
            bx = (edges[e, 2] - lon) * per_lon
            by = (edges[e, 3] - lat) * per_lat
            if (ay > 0.0) != (by > 0.0) and (ax * by - ay * bx > 0.0) == (by > ay):
                inside = not inside
            if near:
                nearest2 = min(nearest2, _distance2(ax, ay, bx, by))
    nearest = math.sqrt(nearest2)
    return nearest if inside else -nearest


@compiled
def _distance2(ax, ay, bx, by):
    """Square of the distance from the origin to the segment a-b."""
    dx, dy = bx - ax, by - ay
    length2 = dx * dx + dy * dy
    if length2 > 0.0:
        along = min(1.0, max(0.0, -(ax * dx + ay * dy) / length2))
        ax += along * dx
        ay += along * dy
    return ax * ax + ay * ay


def _depths(zones: Sequence[Zone]) -> Float64:
    """Area over perimeter of outlines (half the radius of a disc, half the width of a strip)."""
    shapes = np.array([None if zone.reach_m else zone.geometry for zone in zones], dtype=object)
    box = shapely.bounds(shapes).reshape(-1, 4)
    per_lon, per_lat = scale(0.5 * (box[:, 1] + box[:, 3]))
    length_m = shapely.length(shapes) * np.maximum(per_lon, per_lat)
    area_m2 = shapely.area(shapes) * per_lon * per_lat
    deep_m = np.divide(area_m2, length_m, out=np.zeros(len(zones)), where=length_m > 0)
    reach_m = np.array([zone.reach_m for zone in zones], np.float64)
    return np.maximum(deep_m, 0.5 * reach_m)

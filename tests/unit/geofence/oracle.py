"""Slow and plainly right: rationals for polygons, searched geodesics for circles and corridors."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from pyproj import Geod

GEOD = Geod(ellps="WGS84")
Position = tuple[float, float]
Ring = Sequence[Position]


def in_ring(lon: float, lat: float, ring: Ring) -> bool | None:
    """Inside (True), outside (False) or on the line (None), without rounding."""
    x, y = Fraction(lon), Fraction(lat)
    inside = False
    for (x1, y1), (x2, y2) in pairwise(ring):
        ax, ay, bx, by = Fraction(x1), Fraction(y1), Fraction(x2), Fraction(y2)
        cross = (bx - ax) * (y - ay) - (by - ay) * (x - ax)
        between = min(ax, bx) <= x <= max(ax, bx) and min(ay, by) <= y <= max(ay, by)
        if cross == 0 and between:
            return None
        if (ay > y) != (by > y) and (cross > 0) == (by > ay):
            inside = not inside
    return inside


def in_polygon(lon: float, lat: float, rings: Sequence[Ring]) -> bool:
    """Inside the first ring or on any line, and not within a hole."""
    places = [in_ring(lon, lat, ring) for ring in rings]
    if None in places:
        return True
    return bool(places[0]) and not any(places[1:])


def in_multipolygon(lon: float, lat: float, polygons: Sequence[Sequence[Ring]]) -> bool:
    return any(in_polygon(lon, lat, rings) for rings in polygons)


def distance_m(a: Position, b: Position) -> float:
    return float(GEOD.inv(*a, *b)[2])


def line_distance_m(at: Position, line: Sequence[Position]) -> float:
    """Least geodesic distance to a line whose segments are straight in longitude and latitude."""
    return min(segment_distance_m(at, a, b) for a, b in pairwise(line))


def segment_distance_m(at: Position, a: Position, b: Position) -> float:
    def to(share: float) -> float:
        point = (a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1]))
        return distance_m(at, point)

    low, high = 0.0, 1.0
    for _ in range(60):  # golden section: the distance has one minimum along a short segment
        left, right = low + 0.382 * (high - low), low + 0.618 * (high - low)
        if to(left) < to(right):
            high = right
        else:
            low = left
    return min(to(0.0), to(1.0), to(low))

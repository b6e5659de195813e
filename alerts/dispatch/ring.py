"""The ring to close: which units to which points before the vehicle can be there.

What is known of the vehicle comes as the pursuit's own mapping (the API's `pursuit`): the sectors
that hold it with 90 % in 1, 3 and 5 minutes, and the roads' gates where there is a road network.
Each horizon is looked at by itself, as if all units were for it: one ring is closed, not three.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from alerts.dispatch.assign import assign
from alerts.dispatch.fitness import Fitness
from alerts.dispatch.router import Router, Start
from alerts.dispatch.why import duration
from alerts.points import Position
from alerts.vocabulary import Name
from geofence.metric import GEOD

MOST_POINTS = 8
MAX_SECTORS = 64
_APART_DEG = 30.0
_PROBABILITY = 0.9
_CONSIDERED = 60  # units, the nearest to where the vehicle was seen last


@dataclass(frozen=True, slots=True)
class Point:
    """A place to close (WGS-84 degrees), and who closes it: None where nobody can in time."""

    lon: float
    lat: float
    unit: str | None
    arrive_s: float | None
    said: Name


@dataclass(frozen=True, slots=True)
class Ring:
    """The points of one horizon; `by` is what they are: `gates` of roads, or an `arc`.

    `router` is whose times they are, `trouble` why not another's.
    """

    horizon_s: float
    by: str
    points: tuple[Point, ...]
    router: str = ""
    trouble: str = ""

    @property
    def closed(self) -> int:
        """How many points somebody reaches in time."""
        return sum(point.unit is not None for point in self.points)

    @property
    def said(self) -> Name:
        """How much of it can be closed."""
        count, within = len(self.points), duration(self.horizon_s)
        return Name(
            f"in {within.en}: {self.closed} of {count} points closed",
            f"{within.zh}内：{count} 个点位可控 {self.closed} 个",
        )


def rings(
    pursuit: Mapping[str, object], force: Sequence[Fitness], router: Router
) -> tuple[Ring, ...]:
    """A ring for each horizon that the pursuit has, in its order.

    Only units that can go now take part.  Raises `ValueError` for a mapping that is no pursuit,
    and what `router` does.
    """
    seen = _position(_mapping(pursuit, "last_seen"))
    able = [one for one in force if one.why is None]
    lon, lat = [one.at.lon for one in able], [one.at.lat for one in able]
    away = GEOD.inv(lon, lat, [seen[0]] * len(able), [seen[1]] * len(able))[2] if able else []
    nearest = sorted(zip(away, range(len(able)), strict=True))[:_CONSIDERED]
    near = [able[n] for _, n in nearest]
    found = []
    for horizon_s, sector in _sectors(pursuit):
        gates = _gates(pursuit, horizon_s)
        points = _spread(seen, gates) if gates else _arc(seen, sector)
        found.append(_ring(horizon_s, "gates" if gates else "arc", points, near, router))
    return tuple(found)


def best(found: Sequence[Ring]) -> Ring | None:
    """The first that can be closed wholly, else the one of which the largest share can."""
    held = [ring for ring in found if ring.points]
    return max(held, key=lambda ring: ring.closed / len(ring.points), default=None)


def _ring(
    horizon_s: float, by: str, points: Sequence[Position], force: Sequence[Fitness], router: Router
) -> Ring:
    starts = [Start(one.at.lon, one.at.lat, one.unit.mode) for one in force]
    times = router.times(starts, points)
    cost = [
        [row[n] if row[n] <= horizon_s else math.inf for row in times.s] for n in range(len(points))
    ]
    taken = assign(cost, [1] * len(points))
    told = []
    for n, ((lon, lat), i) in enumerate(zip(points, taken, strict=True)):
        if i is None:
            soonest = min((row[n] for row in times.s), default=math.inf)
            told.append(Point(lon, lat, None, None, _nobody(soonest)))
        else:
            arrive_s = times.s[i][n]
            said = _in_time(force[i].unit.name, arrive_s, horizon_s)
            told.append(Point(lon, lat, force[i].unit.id, arrive_s, said))
    return Ring(horizon_s, by, tuple(told), times.by, times.trouble)


def _in_time(unit: str, arrive_s: float, horizon_s: float) -> Name:
    way, spare = duration(arrive_s), duration(horizon_s - arrive_s)
    return Name(
        f"{unit}: there in {way.en}, {spare.en} before the vehicle can be beyond",
        f"{unit}：{way.zh}到位，比车辆最快到达早 {spare.zh}",
    )


def _nobody(soonest_s: float) -> Name:
    if math.isinf(soonest_s):
        return Name("no unit can go there", "无警力可到")
    way = duration(soonest_s)
    return Name(f"no unit left in time; the nearest takes {way.en}", f"来不及，最近者需 {way.zh}")


def _sectors(pursuit: Mapping[str, object]) -> list[tuple[float, Mapping[str, object]]]:
    sectors = pursuit.get("sectors")
    if not isinstance(sectors, list) or len(sectors) > MAX_SECTORS:
        raise ValueError("pursuit: sectors: expected a list")
    found = []
    for sector in sectors:
        if not isinstance(sector, Mapping):
            raise ValueError("pursuit: sectors: expected objects")
        if math.isclose(_number(sector, "probability"), _PROBABILITY):
            found.append((_number(sector, "horizon_s"), sector))
    return found


def _arc(seen: Position, sector: Mapping[str, object]) -> list[Position]:
    """Points along the outer edge, evenly apart."""
    away_m, half = _number(sector, "outer_m"), _number(sector, "half_width_deg")
    if half >= 180 or sector.get("bearing_deg") is None:
        bearings = [360 * n / MOST_POINTS for n in range(MOST_POINTS)]
    else:
        count = min(MOST_POINTS, 1 + math.ceil(2 * half / _APART_DEG))
        first = _number(sector, "bearing_deg") - half
        step = 2 * half / max(count - 1, 1)
        bearings = [first + n * step for n in range(count)]
    lon, lat, _ = GEOD.fwd(
        [seen[0]] * len(bearings), [seen[1]] * len(bearings), bearings, [away_m] * len(bearings)
    )
    return list(zip(map(float, lon), map(float, lat), strict=True))


def _gates(pursuit: Mapping[str, object], horizon_s: float) -> list[Position]:
    """Where roads leave the reach of that horizon, the widest first; none where nobody knows."""
    roads = pursuit.get("roads")
    for reach in roads if isinstance(roads, list) else []:
        if isinstance(reach, Mapping) and reach.get("horizon_s") == horizon_s:
            gates = reach.get("gates")
            return [_pair(gate) for gate in gates] if isinstance(gates, list) else []
    return []


def _spread(seen: Position, gates: Sequence[Position]) -> list[Position]:
    """At most `MOST_POINTS` gates: the widest road of each direction before a second of any."""
    if len(gates) <= MOST_POINTS:
        return list(gates)
    lon, lat = ([gate[axis] for gate in gates] for axis in (0, 1))
    bearing = GEOD.inv([seen[0]] * len(gates), [seen[1]] * len(gates), lon, lat)[0]
    wide = 360 / MOST_POINTS
    nth: dict[int, int] = {}
    ranked = []
    for n, degrees in enumerate(bearing):
        side = int((degrees % 360) // wide)
        ranked.append((nth.get(side, 0), n))
        nth[side] = nth.get(side, 0) + 1
    return [gates[n] for _, n in sorted(ranked)[:MOST_POINTS]]


def _mapping(held: Mapping[str, object], key: str) -> Mapping[str, object]:
    value = held.get(key)
    if not isinstance(value, Mapping):
        msg = f"pursuit: {key}: expected an object"
        raise ValueError(msg)
    return value


def _number(held: Mapping[str, object], key: str) -> float:
    value = held.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        msg = f"pursuit: {key}: expected a number"
        raise ValueError(msg)
    return float(value)


def _position(held: Mapping[str, object]) -> Position:
    return _pair([_number(held, "lon"), _number(held, "lat")])


def _pair(value: object) -> Position:
    match value:
        case [float() | int() as lon, float() | int() as lat] if abs(lon) <= 180 and abs(lat) <= 90:
            return float(lon), float(lat)
    raise ValueError("pursuit: expected a position of lon and lat")

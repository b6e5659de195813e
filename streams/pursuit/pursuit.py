"""The pursuit of one vehicle: last seen where and when, where it can be soon, who can see it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from streams.pursuit import law
from streams.pursuit.cameras import CameraAhead, Surroundings, ahead
from streams.pursuit.reach import Reach, Spread, lines
from streams.pursuit.roads import RoadNetwork
from streams.pursuit.sector import Sector
from streams.pursuit.track import LastSeen, Sighted, Track

HORIZONS_S = (60.0, 180.0, 300.0)
PROBABILITIES = (0.5, 0.9)
ROADS_FOR_S = 1800.0
"""After a longer silence the roads within reach are all roads, and say nothing."""

_SHOWN = 200  # cameras and gates on the wire; the rest are counted
_CLAIMED = 0.9  # the uncertainty of direction and speed is stated for this share


@dataclass(frozen=True, slots=True, eq=False)
class Pursuit:
    """What is known at `now_ms` of a vehicle last `seen` `age_s` ago.

    `direction_within_deg` and `speed_low_mps` to `speed_high_mps` (the mean since it was seen) hold
    90 % of vehicles; both widen with the silence.  `sectors` are by horizon, then probability.
    `roads` are by horizon; there are none without a network, away from its roads and after half an
    hour of silence.
    """

    now_ms: int
    seen: LastSeen
    age_s: float
    direction_within_deg: float
    speed_low_mps: float
    speed_high_mps: float
    sectors: tuple[Sector, ...]
    cameras: tuple[CameraAhead, ...]
    sightings: tuple[Sighted, ...]
    network: RoadNetwork | None
    roads: tuple[Reach, ...]

    def to_wire(self) -> dict[str, object]:
        """As the API gives it; times in epoch seconds, null = unknown."""
        seen = self.seen
        return {
            "now": self.now_ms / 1000,
            "last_seen": {
                "t": seen.t_ms / 1000,
                "age_s": round(self.age_s, 1),
                "lon": round(seen.lon, 7),
                "lat": round(seen.lat, 7),
                "accuracy_m": round(seen.accuracy_m, 1),
                "by": "fix" if seen.camera is None else "plate",
                "camera": seen.camera,
            },
            "direction_deg": _known(seen.course_deg),
            "direction_within_deg": round(self.direction_within_deg, 1),
            "speed_mps": _known(seen.speed_mps),
            "speed_low_mps": round(self.speed_low_mps, 1),
            "speed_high_mps": round(self.speed_high_mps, 1),
            "sectors": [sector.to_wire() for sector in self.sectors],
            "cameras": [camera.to_wire() for camera in self.cameras[:_SHOWN]],
            "cameras_total": len(self.cameras),
            "sightings": [
                {
                    "t": one.t_ms / 1000,
                    "lon": round(one.lon, 6),
                    "lat": round(one.lat, 6),
                    "camera": one.camera,
                    "direction_deg": _known(one.direction_deg),
                }
                for one in self.sightings
            ],
            "roads": self._roads_to_wire(),
        }

    def _roads_to_wire(self) -> list[dict[str, object]]:
        network = self.network
        if network is None:
            return []
        out: list[dict[str, object]] = []
        drawn = lines(network, self.roads)
        for horizon, reach, parts in zip(HORIZONS_S, self.roads, drawn, strict=True):
            # the widest roads first: they are the ways out of town
            order = np.argsort(-network.speed_mps[reach.gate], kind="stable")[:_SHOWN]
            gates = np.column_stack(network.along(reach.gate[order], reach.gate_part[order]))
            out.append(
                {
                    "horizon_s": horizon,
                    "length_m": round(reach.length_m(network), 1),
                    "lines": np.round(parts, 6).tolist(),
                    "gates": np.round(gates, 6).tolist(),
                    "gates_total": len(reach.gate),
                }
            )
        return out


def pursue(
    track: Track,
    now_ms: int,
    sightings: Sequence[Sighted] = (),
    around: Surroundings | None = None,
) -> Pursuit:
    """The pursuit at `now_ms`; what `track` and `sightings` hold of later is not looked at.

    Raises `ValueError` when no place of the vehicle is known by then.
    """
    seen = LastSeen.of(track, sightings, now_ms)
    age_s = (now_ms - seen.t_ms) / 1000
    sectors = tuple(_sector(seen, age_s, h, p) for h in HORIZONS_S for p in PROBABILITIES)
    network = None if around is None else around.network
    spread = None
    if network is not None and age_s <= ROADS_FOR_S:
        spread = Spread.of(network, seen.lon, seen.lat, age_s + HORIZONS_S[-1])
    cameras: tuple[CameraAhead, ...] = ()
    if around is not None:
        cameras = ahead(around, sectors[-1], seen.pace_mps, age_s, spread)
    # what is true of a minute's silence is claimed of a shorter one, too
    lag = np.array([max(age_s, law.LAG_S[0])])
    inner_m, outer_m, _, width = law.spans(_CLAIMED, lag, np.array([seen.pace_mps]))
    return Pursuit(
        now_ms=now_ms,
        seen=seen,
        age_s=age_s,
        direction_within_deg=180.0 if math.isnan(seen.course_deg) else float(width[0]),
        speed_low_mps=float(inner_m[0] / lag[0]),
        speed_high_mps=float(outer_m[0] / lag[0]),
        sectors=sectors,
        cameras=cameras,
        sightings=tuple(sorted(sightings, key=lambda one: one.t_ms)),
        network=network if spread is not None else None,
        roads=() if spread is None else tuple(spread.within(age_s + h) for h in HORIZONS_S),
    )


def _sector(seen: LastSeen, age_s: float, horizon_s: float, probability: float) -> Sector:
    inner_m, outer_m, near_m, width_deg = (
        float(column[0])
        for column in law.spans(
            probability, np.array([age_s + horizon_s]), np.array([seen.pace_mps])
        )
    )
    unsure_m = seen.accuracy_m
    unknown = math.isnan(seen.course_deg)
    return Sector(
        lon=seen.lon,
        lat=seen.lat,
        horizon_s=horizon_s,
        probability=probability,
        bearing_deg=0.0 if unknown else seen.course_deg,
        half_width_deg=180.0 if unknown else width_deg,
        inner_m=max(inner_m - unsure_m, 0.0),
        outer_m=max(outer_m, near_m + unsure_m),
        near_m=max(near_m, 2 * unsure_m) if near_m else 0.0,
    )


def _known(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 1)

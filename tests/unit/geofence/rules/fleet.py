"""Hand-made zones, fixes and transitions, and a fleet that drives by them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from geofence import ZoneSet
from geofence.rules.book import RuleBook
from geofence.rules.compile import CompiledRules
from geofence.rules.evaluate import Evaluator
from geofence.rules.state import RuleState
from geofence.rules.sweep.held import Fixes, Move, Moves

T0 = 1_795_000_000_000  # Wed 2026-11-18 17:46:40 UTC = Thu 01:46:40 in Shanghai
ZONES = {"a": ["park"], "b": ["park", "shop"], "c": ["school"], "d": []}


def zone_set(tags: dict[str, list[str]] | None = None) -> ZoneSet:
    tags = ZONES if tags is None else tags
    features = [
        {
            "type": "Feature",
            "id": name,
            "properties": {"radius_m": 100, "tags": own},
            "geometry": {"type": "Point", "coordinates": [112 + n / 10, 28]},
        }
        for n, (name, own) in enumerate(tags.items())
    ]
    return ZoneSet.from_geojson({"type": "FeatureCollection", "features": features})


def book(*rules: str, head: str = "", settle_s: float = 60) -> RuleBook:
    text = f"[timing]\nsettle_s = {settle_s}\n{head}\n" + "".join(
        f"[[zone_rule]]\n{rule}\n" for rule in rules
    )
    return RuleBook.parse(text)


def rule(own: str, when: str, *more: str, zones: str = '["park"]') -> str:
    return "\n".join((f'id = "{own}"', f'when = "{when}"', f"zones = {zones}", *more))


@dataclass
class Drive:
    """Events told one after the other, and then cut into batches as one likes.

    Vehicles are named by one letter, zones by their id, times in seconds after `T0`.
    """

    vehicles: str = "vwx"
    fixes: list[tuple] = field(default_factory=list)
    moves: list[tuple] = field(default_factory=list)

    def fix(self, vehicle: str, t: float, speed_kmh: float = 0.0, *, live: bool = True) -> Drive:
        self.fixes.append(
            (self.vehicles.index(vehicle), T0 + round(1000 * t), 112.0, 28.0, speed_kmh / 3.6, live)
        )
        return self

    def move(
        self,
        kind: Move,
        vehicle: str,
        zone: str,
        t: float,
        shown: float | None = None,
        *,
        live: bool = True,
    ) -> Drive:
        """A transition at `shown` (when it began) that the fix at `t` confirmed."""
        began = T0 + round(1000 * (t if shown is None else shown))
        self.moves.append((len(self.fixes), self.vehicles.index(vehicle), zone, kind, began,
                           T0 + round(1000 * t), 112.0, 28.0, live))  # fmt: skip
        return self.fix(vehicle, t, live=live)

    def enter(self, vehicle: str, zone: str, t: float, **more: object) -> Drive:
        return self.move(Move.ENTER, vehicle, zone, t, **more)

    def exit(self, vehicle: str, zone: str, t: float, **more: object) -> Drive:
        return self.move(Move.EXIT, vehicle, zone, t, **more)

    def batch(self, names: Sequence[str], begin: int, end: int) -> tuple[Fixes, Moves]:
        position = {name: n for n, name in enumerate(names)}
        dtypes = ("i4", "i8", "f8", "f8", "f4", "?")
        own = list(zip(*self.fixes[begin:end], strict=True)) or [()] * len(dtypes)
        columns = [np.array(c, d) for c, d in zip(own, dtypes, strict=True)]
        tick_ms = np.where(columns[5], columns[1], 0)
        fixes = Fixes(*columns, tick_ms, np.zeros_like(tick_ms))
        rows = [
            (m[0] - begin, m[1], position[m[2]], *m[3:])
            for m in self.moves
            if begin <= m[0] < end and m[2] in position
        ]
        columns = list(zip(*rows, strict=True)) or [()] * len(Moves._fields)
        return fixes, Moves.of(dict(zip(Moves._fields, columns, strict=True)))

    def run(self, evaluator: Evaluator, cuts: Iterable[int] = ()) -> list[tuple]:
        """Alerts as (rule, vehicle, zone or None, seconds after T0, detected, value)."""
        out = []
        edges = [0, *sorted(cuts), len(self.fixes)]
        for begin, end in pairwise(edges):
            out += tell(evaluator, self, begin, end)
        return out


def tell(evaluator: Evaluator, drive: Drive, begin: int = 0, end: int | None = None) -> list[tuple]:
    end = len(drive.fixes) if end is None else end
    offered = evaluator._offered
    compiled = offered[0] if offered else evaluator.compiled
    alerts = evaluator.advance(list(drive.vehicles), *drive.batch(compiled.zone_keys, begin, end))
    return [
        (
            compiled.rule_ids[a["rule"]],
            drive.vehicles[a["vehicle"]],
            compiled.zone_keys[a["zone"]] if a["zone"] >= 0 else None,
            (int(a["t_ms"]) - T0) / 1000,
            (int(a["t_detected_ms"]) - T0) / 1000,
            None if np.isnan(a["value"]) else round(float(a["value"]), 3),
        )
        for a in alerts
    ]


def evaluator(
    rules: RuleBook, groups: dict[str, list[str]] | None = None, zones: ZoneSet | None = None
) -> Evaluator:
    return Evaluator(CompiledRules.of(rules, zones or zone_set(), groups))


def reborn(of: Evaluator) -> Evaluator:
    """As after a restart from a snapshot."""
    return Evaluator(of.compiled, RuleState.restore(of.state.snapshot(), of.compiled))

"""A fleet that wanders between a few zones, as one batch in order of arrival."""

from __future__ import annotations

import numpy as np

from geofence import ZoneSet
from geofence.fences import Fences
from geofence.rules.approach import Rings
from geofence.rules.book import RuleBook
from geofence.rules.compile import CompiledRules
from ingest.fix import NO_SEQ, FixBatch, Flag
from tests.timeline import HOME, T0_MS, offset
from tests.unit.geofence.make import circle, collection

ZONES = ZoneSet.from_geojson(
    collection(
        *(
            circle(*offset(HOME, 1500 * x, 1500 * y), 500, id=f"z{x}{y}", tags=[f"row{y}", "all"])
            for x in range(3)
            for y in range(3)
        )
    )
)
SCHEDULES = {
    "often": {"windows": [f"daily {h:02d}:{m:02d}-{h:02d}:{m + 9:02d}"
                          for h in range(24) for m in (5, 25, 45)]}
}  # fmt: skip
BEFORE = (
    {"id": "in", "zones": ["row0"], "when": "enter", "cool_down_s": 600},
    {"id": "out", "zones": ["row1"], "when": "exit"},
    {"id": "stay", "zones": "all", "when": "dwell", "dwell_s": 300},
    {"id": "window", "zones": ["row2"], "when": "inside", "schedule": "often"},
    {"id": "away", "zones": ["all"], "when": "outside", "schedule": "often", "cool_down_s": 3600},
    {"id": "near", "zones": ["row0"], "when": "approach", "approach_m": 150},
    {"id": "jump", "zones": "all", "when": "cross"},
    {"id": "fast", "zones": ["all"], "when": "speeding", "speed_kmh": 60},
)
AFTER = (
    {"id": "in", "zones": ["row0", "row1"], "when": "enter", "cool_down_s": 600},
    {"id": "stay", "zones": "all", "when": "dwell", "dwell_s": 420, "severity": "red"},
    {"id": "window", "zones": ["row2"], "when": "inside", "schedule": "often"},
    {"id": "near", "zones": ["row0"], "when": "approach", "approach_m": 300},
    {"id": "fast", "zones": ["all"], "when": "speeding", "speed_kmh": 40},
    {"id": "new", "zones": ["row2"], "when": "exit"},
)


def book(rules: tuple[dict, ...]) -> RuleBook:
    return RuleBook.of({"schedules": SCHEDULES, "zone_rule": list(rules)})


def fences(*books: RuleBook, zones: ZoneSet = ZONES) -> list[Fences]:
    rings = Rings.of(zones, books)
    return [Fences(CompiledRules.of(one, zones, rings=rings)) for one in books]


def wandering(seed: int, vehicles: int = 12, fixes: int = 4_000) -> FixBatch:
    """Random walks around the zones, with back-fill, late fixes, jumps and silences."""
    rng = np.random.default_rng(seed)
    vehicle = rng.integers(vehicles, size=fixes).astype(np.int32)
    received = T0_MS + np.sort(rng.integers(8 * 3_600_000, size=fixes))
    late = np.where(rng.random(fixes) < 0.05, rng.integers(0, 900_000, fixes), 0)
    step = rng.normal(0, 130, (fixes, 2)) * (rng.random(fixes) < 0.6)[:, None]
    at_m = np.zeros((fixes, 2))
    for row in range(vehicles):
        own = np.flatnonzero(vehicle == row)
        walk = rng.uniform(0, 3000, 2) + np.cumsum(step[own], axis=0)
        at_m[own] = 3500 - abs(walk % 7000 - 3500)  # back at the edges
    at_m += np.where(rng.random(fixes) < 0.01, 3000, 0)[:, None]
    nan = np.full(fixes, np.nan, np.float32)
    lon, lat = offset(HOME, at_m[:, 0], at_m[:, 1])
    return FixBatch(
        ids=tuple(f"v{n}" for n in range(vehicles)),
        vehicle=vehicle,
        t_ms=received - late,
        received_ms=received,
        lon=np.asarray(lon),
        lat=np.asarray(lat) + np.zeros(fixes),
        speed_mps=rng.gamma(2, 5, fixes).astype(np.float32),
        heading_deg=nan,
        accuracy_m=nan,
        altitude_m=nan,
        flags=np.where(
            rng.random(fixes) < 0.02, Flag.LOCATED | Flag.BACK_FILL, Flag.LOCATED
        ).astype(np.uint32),
        alarms=np.zeros(fixes, np.uint32),
        seq=np.full(fixes, NO_SEQ, np.int64),
    )

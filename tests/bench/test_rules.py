"""What a thousand rules cost beside ten; `pytest -s tests/bench/test_rules.py`.

It prints and asserts answers only: machines differ.  Transitions are hand-made, so that the rules
alone are measured: 30,000 vehicles, of whose fixes one in fifty is a transition.
"""

from __future__ import annotations

from time import perf_counter

import numpy as np
import pytest

from geofence import ZoneSet
from geofence.rules.book import RuleBook
from geofence.rules.compile import CompiledRules
from geofence.rules.evaluate import Evaluator
from geofence.rules.sweep.held import Fixes, Move, Moves

VEHICLES, ZONES, BATCH, BATCHES, TAGS = 30_000, 3_402, 60_000, 12, 1_000
T0 = 1_795_000_000_000
WHEN = ("enter", "exit", "inside", "outside", "dwell", "speeding", "cross", "enter")
NEEDS = {"dwell": {"dwell_s": 900}, "speeding": {"speed_kmh": 90}}


def zones(rules: int, share: float) -> ZoneSet:
    """Circles; each carries the tag of a rule with the probability `share`."""
    rng = np.random.default_rng(1)
    features = [
        {
            "type": "Feature",
            "id": str(n),
            "properties": {
                "radius_m": 150,
                "tags": [f"t{t}" for t in np.flatnonzero(rng.random(rules) < share)],
            },
            "geometry": {
                "type": "Point",
                "coordinates": rng.uniform((111, 28), (113, 29)).tolist(),
            },
        }
        for n in range(ZONES)
    ]
    return ZoneSet.from_geojson({"type": "FeatureCollection", "features": features})


def book(rules: int) -> RuleBook:
    """Rules of all kinds, half of them at night, over half of the groups each."""
    rng = np.random.default_rng(2)
    return RuleBook.of(
        {
            "schedules": {"night": {"windows": ["daily 22:00-06:00"]}},
            "zone_rule": [
                {
                    "id": f"r{n}",
                    "zones": [f"t{n}"],
                    "when": (when := WHEN[n % len(WHEN)]),
                    "vehicles": [f"g{g}" for g in rng.choice(20, 10, replace=False)],
                    "cool_down_s": 3600,
                    **NEEDS.get(when, {}),
                    **({"schedule": "night"} if n % 2 else {}),
                }
                for n in range(rules)
            ],
        }
    )


def drive() -> list[tuple[Fixes, Moves]]:
    """Each vehicle reports every 30 s; visits to zones of some minutes each."""
    rng = np.random.default_rng(3)
    where = np.full(VEHICLES, -1, np.int32)
    out = []
    for nth in range(BATCHES):
        start = nth * BATCH
        number = np.arange(start, start + BATCH)
        vehicle = (number % VEHICLES).astype(np.int32)
        t_ms = T0 + number * 30_000 // VEHICLES
        fixes = Fixes(
            vehicle=vehicle,
            t_ms=t_ms,
            lon=rng.uniform(111, 113, BATCH),
            lat=rng.uniform(28, 29, BATCH),
            speed_mps=rng.gamma(2.0, 4.0, BATCH).astype(np.float32),
            live=np.ones(BATCH, np.bool_),
            tick_ms=t_ms,
            before_ms=np.zeros_like(t_ms),
        )
        at = np.sort(rng.choice(BATCH, BATCH // 50, replace=False))
        rows = []
        for fix in at:
            own = vehicle[fix]
            kind = Move.ENTER if where[own] < 0 else Move.EXIT
            zone = int(rng.integers(ZONES)) if where[own] < 0 else int(where[own])
            where[own] = zone if kind is Move.ENTER else -1
            rows.append((fix, own, zone, kind, t_ms[fix], t_ms[fix], 112.0, 28.5, True))
        columns = zip(*rows, strict=True)
        out.append((fixes, Moves.of(dict(zip(Moves._fields, map(np.array, columns), strict=True)))))
    return out


@pytest.mark.parametrize(
    ("case", "shares"),
    [
        ("each rule over a tenth of the zones", (0.1, 0.1)),
        ("the same number of pairs", (0.3, 0.003)),
    ],
)
def test_a_thousand_rules_beside_ten(case: str, shares: tuple[float, float]) -> None:
    ids = [f"v{n}" for n in range(VEHICLES)]
    groups = {own: [f"g{n % 20}"] for n, own in enumerate(ids)}
    batches = drive()
    held = []
    for rules, share in zip((10, 1_000), shares, strict=True):
        started = perf_counter()
        compiled = CompiledRules.of(book(rules), zones(rules, share), groups)
        held.append((rules, compiled, perf_counter() - started, []))
    counts = {}
    for _ in range(5):
        for rules, compiled, _, times in held:
            evaluator = Evaluator(compiled)
            counts[rules] = len(evaluator.advance(ids, *batches[0]))
            started = perf_counter()
            counts[rules] += sum(len(evaluator.advance(ids, *b)) for b in batches[1:])
            times.append(perf_counter() - started)
    fixes = BATCH * (BATCHES - 1)
    print(f"\n{case}")
    for rules, _, making, times in held:
        print(
            f"{rules:5} rules: {1e9 * min(times) / fixes:6.1f} ns a fix, "
            f"{fixes / min(times) / 1e6:5.1f} M fixes/s, {counts[rules]:,} alerts; "
            f"made in {making:.2f} s"
        )
    print(f"ratio {min(held[1][3]) / min(held[0][3]):.2f}")
    assert all(counts.values())

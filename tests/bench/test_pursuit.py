"""How many later places the sectors of a pursuit hold, on trips the law was not fitted on.

`pytest -s` prints the shares by trace, horizon and age.  The bounds are those of the claim: where
vehicles of one kind are looked at alone (buses keep to their lines, taxis wait), a share strays
more than over all of them.
"""

from __future__ import annotations

import time
from itertools import pairwise

import numpy as np
import pytest

from streams.pursuit import HORIZONS_S, PROBABILITIES, RoadNetwork, Track, law, pursue
from streams.pursuit.reach import Spread
from tests.bench import fit_pursuit, trips
from tests.unit.geofence.test_real_outlines import SHARED

AGES_S = (0, 30, 90, 150, 300, 600)
STRAYS = {0.5: 0.12, 0.9: 0.06}
TRACES = [pytest.param(path, id=path.stem) for path in trips.traces()]


@pytest.fixture(scope="module", params=TRACES)
def held_out(request) -> tuple[str, trips.Later]:
    later = trips.later_places(request.param, seed=2)
    return request.param.stem, later.take(later.held_out)


def holds(pairs: trips.Later, probability: float) -> np.ndarray:
    inner, outer, near, width = law.spans(probability, pairs.lag_s, pairs.pace_mps)
    away, turn = pairs.away_m, pairs.turn_deg
    return (away <= near) | ((away >= inner) & (away <= outer) & (turn <= width))


@pytest.mark.parametrize("probability", PROBABILITIES)
def test_a_sector_holds_the_share_that_it_claims(held_out, probability) -> None:
    name, pairs = held_out
    held = holds(pairs, probability)
    print(f"\n{name}, {probability:.0%}: {held.mean():.3f} of {len(held):,}")
    print("horizon", *(f"age {a:4d}-{b}" for a, b in pairwise(AGES_S)), sep="\t")
    for horizon in HORIZONS_S:
        age = pairs.lag_s - horizon
        cells = [held[(age >= a) & (age < b)] for a, b in pairwise(AGES_S)]
        print(f"{horizon:.0f} s", *(f"{c.mean():.3f} ({len(c)})" for c in cells), sep="\t")
    assert held.mean() == pytest.approx(probability, abs=STRAYS[probability])


def test_over_all_traces_the_claims_are_met_at_every_horizon_and_age() -> None:
    every = [trips.later_places(path, seed=3) for path in trips.traces()]
    every = [pairs.take(pairs.held_out) for pairs in every]
    for probability in PROBABILITIES:
        held = [holds(pairs, probability) for pairs in every]
        for horizon in HORIZONS_S:
            row = []
            for a, b in pairwise(AGES_S):
                ages = [pairs.lag_s - horizon for pairs in every]
                cells = [
                    h[(age >= a) & (age < b)].mean() for h, age in zip(held, ages, strict=True)
                ]
                row.append(float(np.mean(cells)))
            print(f"{probability:.0%}, {horizon:.0f} s:", *(f"{share:.3f}" for share in row))
            # one kind of vehicle alone strays more, cell by cell
            assert row == pytest.approx(
                [probability] * len(row), abs=0.05 if len(every) > 1 else 0.12
            )


def test_what_pursue_says_is_what_was_measured(held_out) -> None:
    _, pairs = held_out
    random = np.random.default_rng(4)
    chosen = pairs.take(random.choice(len(pairs.lag_s), 400, replace=False))
    batch, agreed = chosen.batch, 0
    expected = holds(chosen, 0.9)
    for row, (origin, later) in enumerate(zip(chosen.origin, chosen.later, strict=True)):
        tail = slice(max(origin - 12, 0), origin + 1)
        own = batch.vehicle[tail] == batch.vehicle[origin]
        columns = ("t_ms", "lon", "lat", "speed_mps", "heading_deg", "accuracy_m")
        track = Track(*(getattr(batch, name)[tail][own] for name in columns))
        now_ms = int(batch.t_ms[later]) - 60_000
        if now_ms < batch.t_ms[origin]:
            agreed += 1
            continue
        sector = pursue(track, now_ms).sectors[1]
        agreed += sector.contains(batch.lon[later], batch.lat[later]) == expected[row]
    # a sphere against the ellipsoid, and fixes whose accuracy nobody told
    assert agreed >= 0.98 * len(expected)


FITTED_ON = [trips.traces()] if len(trips.traces()) == len(trips.SETS) else []


@pytest.mark.parametrize("paths", FITTED_ON, ids=lambda _: "all")
@pytest.mark.parametrize("probability", PROBABILITIES)
def test_the_tables_are_what_the_command_gives(paths, probability) -> None:
    sets = [trips.later_places(path) for path in paths]
    tables = fit_pursuit.fit([pairs.take(~pairs.held_out) for pairs in sets], probability)
    for fitted, kept, half_a_digit in zip(
        tables, law.TABLES[probability], (0.05, 0.05, 0.5), strict=True
    ):
        np.testing.assert_allclose(kept, fitted, atol=half_a_digit * 1.01)


NETWORKS = [folder for folder in [SHARED / "osm_liechtenstein"] if folder.exists()]


@pytest.mark.parametrize("folder", NETWORKS, ids=lambda p: p.name)
def test_a_real_network_gives_roads_and_gates_at_every_horizon(folder) -> None:
    network = RoadNetwork.from_csv(folder / "nodes.csv.gz", folder / "edges.csv.gz")
    assert network.leaving
    began = time.perf_counter()
    spread = Spread.of(network, 9.5215, 47.1410, 300)  # Vaduz
    reaches = [spread.within(seconds) for seconds in HORIZONS_S]
    took_ms = (time.perf_counter() - began) * 1000
    print(f"{len(network.start):,} pieces of road: {took_ms:.0f} ms")
    for reach in reaches:
        length_km = reach.length_m(network) / 1000
        print(f"{reach.seconds:.0f} s: {length_km:.1f} km, {len(reach.gate)} gates")
    lengths = [reach.length_m(network) for reach in reaches]
    assert lengths == sorted(lengths)
    assert min(len(reach.gate) for reach in reaches) > 0

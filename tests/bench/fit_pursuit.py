"""Fit the tables of `streams.pursuit.law` and print them; see there."""

from __future__ import annotations

import numpy as np

from streams.pursuit.law import LAG_S, NEAR_M, PACE_MPS, hats
from tests.bench import trips

PROBABILITIES = (0.5, 0.9)
LEAST_WEIGHT = 150.0  # a set with less at a knot must not shout there
LEAST_WIDTH_DEG = 10.0


def smallest(p: float, lag_s: float, part: trips.Later, weight: np.ndarray) -> tuple[float, ...]:
    """Inner and outer mean speed and half width of the smallest sector that holds share `p`."""
    speed, total = part.away_m / part.lag_s, weight.sum()
    order = np.argsort(speed)
    share, by_speed = np.cumsum(weight[order]) / total, speed[order]
    by_turn = np.argsort(part.turn_deg)
    best = (np.inf, 0.0, 0.0, 0.0)
    for low in np.linspace(0, (1 - p) / 2, 5):
        inner = by_speed[np.searchsorted(share, low)] if low else 0.0
        if low and inner * lag_s < 2 * NEAR_M:
            continue
        near = (part.away_m <= NEAR_M) & (low == 0)
        for high in np.linspace(p + low, 1 - 0.1 * (1 - p), 12):
            outer = max(by_speed[min(np.searchsorted(share, high), len(share) - 1)], NEAR_M / lag_s)
            wanted = p * total - weight[near].sum()
            rest = by_turn[((speed >= inner) & (speed <= outer) & ~near)[by_turn]]
            held = np.cumsum(weight[rest])
            if wanted <= 0:
                width = LEAST_WIDTH_DEG
            elif not len(held) or held[-1] < wanted:
                continue
            else:
                width = max(part.turn_deg[rest[np.searchsorted(held, wanted)]], LEAST_WIDTH_DEG)
            size = width * (outer**2 - inner**2)
            best = min(best, (size, inner, outer, width))
    return best[1:]


def fit(sets: list[trips.Later], p: float) -> np.ndarray:
    """The table of one probability, float64[3, lags, paces]."""
    table = np.zeros((3, len(LAG_S), len(PACE_MPS)))
    hat = [(hats(np.log(s.lag_s), np.log(LAG_S)), hats(s.pace_mps, PACE_MPS)) for s in sets]
    for i in range(len(LAG_S)):
        for j in range(len(PACE_MPS)):
            weights = [by_lag[:, i] * by_pace[:, j] for by_lag, by_pace in hat]
            most = max(w.sum() for w in weights)
            weights = [w / max(w.sum(), LEAST_WEIGHT) * most for w in weights]
            near = [np.flatnonzero(w > 0) for w in weights]
            parts = [s.take(index) for s, index in zip(sets, near, strict=True)]
            whole = trips.Later(
                None,
                *(
                    np.concatenate([getattr(part, name) for part in parts])
                    for name in list(trips.Later.__dataclass_fields__)[1:]
                ),
            )
            weight = np.concatenate([w[k] for w, k in zip(weights, near, strict=True)])
            table[:, i, j] = smallest(p, LAG_S[i], whole, weight)
    return table


def main() -> None:
    sets = [trips.later_places(path) for path in trips.traces()]
    sets = [s.take(~s.held_out) for s in sets]
    for p in PROBABILITIES:
        print(f"{p}: # of {sum(len(s.lag_s) for s in sets):,} pairs")
        for name, rows in zip(
            ("inner_mps", "outer_mps", "half_width_deg"), fit(sets, p), strict=True
        ):
            digits = 0 if name == "half_width_deg" else 1
            print(f"  {name}:")
            for row in rows:
                print("   ", [float(round(x, digits)) for x in row], ",", sep="")


if __name__ == "__main__":
    main()

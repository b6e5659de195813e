"""Departures are found by index as by looking at each."""

import numpy as np

from geofence.watch.track import distance_m
from streams.departures import NEAR_M, Departure, Departures


def _oracle(held: list[Departure], own: Departure) -> list[Departure]:
    return [
        one
        for one in held
        if one.vehicle_id == own.vehicle_id
        or distance_m(one.lon, one.lat, own.lon, own.lat) <= NEAR_M
    ]


def test_departures_near_are_those_that_looking_at_each_finds() -> None:
    rng = np.random.default_rng(3)
    indexed, plain, met = Departures(), list[Departure](), 0
    for n in range(600):
        lon = (180.0 if n % 2 else -180.0) + rng.normal(0, 0.004)
        own = Departure(n * 100 - int(rng.integers(300)), f"V{rng.integers(200)}", n, lon, 0.0)
        own = own._replace(lat=float(rng.normal(0, 0.004)))
        indexed.forget(own.t_ms - 20_000, 150)
        plain = [one for one in plain if one.t_ms >= own.t_ms - 20_000][-150:]
        assert list(indexed) == plain
        indexed.add(own)
        plain.append(own)
        near = indexed.near(own)
        assert [indexed[number] for number in near] == _oracle(plain, own)
        met += len(near) - 1
        indexed.tell(near[0])
        plain = list(indexed)
    assert met > 100


def test_departures_read_again_are_the_same() -> None:
    held = [Departure(t, f"V{t}", t, 112.0, 28.5, told=t == 2) for t in (3, 1, 2)]
    assert list(Departures(held)) == held
    assert len(Departures(held)) == len(held)

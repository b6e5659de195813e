"""Real fixes that thefts are put into."""

from __future__ import annotations

import numpy as np

from vehicleguard.evaluate import carriers


def test_no_vehicle_is_in_both_halves() -> None:
    halves = [{track.name for track in carriers.load(None, h).driven} for h in ("tune", "held")]
    assert all(halves)
    assert not halves[0] & halves[1]
    assert halves[0] | halves[1] == {track.name for track in carriers.load(None, "all").driven}


def test_a_stay_of_the_sample_lasts_and_stays() -> None:
    for stay in carriers.load(None, "all").parked:
        assert stay.t[-1] - stay.t[0] > 2.5 * 3600
        assert (np.diff(stay.t) > 0).all()
        assert np.ptp(stay.lat) * 111_195 < 150


def test_a_stay_put_elsewhere_keeps_its_shape() -> None:
    stay = carriers.load(None, "all").parked[0]
    there = stay.elsewhere(np.random.default_rng(1))
    assert np.allclose(there.lon - stay.lon, there.place[0] - stay.place[0])
    assert abs(there.place[0] - stay.place[0]) <= 0.4


def test_a_journey_goes_on_from_fix_to_fix() -> None:
    for way in carriers.load(None, "all").ways:
        assert way.t[0] == way.along_m[0] == 0
        assert (np.diff(way.t) > 0).all()
        assert (np.diff(way.along_m) > 0).all()
        assert way.along_m[-1] >= 2000

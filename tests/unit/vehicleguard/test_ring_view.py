"""The ring around a real pursuit: what the one says, the other reads."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from alerts.action import Said
from alerts.dispatch.choosing import straight
from alerts.dispatch_settings import DispatchSettings
from alerts.force import Duty, Rank, Unit
from console.ports import NoPursuitError, UnknownIncidentError
from tests.timeline import offset
from tests.unit.alerts.acting import close, step
from tests.unit.vehicleguard.test_pursuit_view import Theft
from vehicleguard.pursuit_view import PursuitView
from vehicleguard.ring_view import RingView


def ring(theft: Theft, *units: Unit) -> dict[str, Any]:
    def clock() -> int:
        return theft.track.t_ms + 10_000

    pursuits = PursuitView(theft.ledger, theft.fleet, clock)
    duty = Duty({one.id: one for one in units})
    view = RingView(pursuits, theft.ledger, duty, straight(DispatchSettings()), clock)
    return dict(view.of(theft.incident.id))


def unit(theft: Theft, name: str, east_m: float) -> Unit:
    return Unit(name, name, Rank.STATION, "p", offset(theft.track.at, east_m, 0))


def test_each_horizon_has_its_ring_and_the_first_closed_most_is_the_one_to_close() -> None:
    theft = Theft()
    units = [unit(theft, f"u{n}", 500 + 400 * n) for n in range(9)]
    found = ring(theft, *units)
    assert [one["horizon_s"] for one in found["rings"]] == [60, 180, 300]
    assert all(one["router"] == "straight" for one in found["rings"])
    shares = [one["closed"] / len(one["points"]) for one in found["rings"]]
    assert max(shares) > 0
    assert found["close_s"] == found["rings"][shares.index(max(shares))]["horizon_s"]
    for one in found["rings"]:
        named = [point["unit"] for point in one["points"] if point["unit"]]
        assert len(named) == len(set(named)) == one["closed"]
        assert all(point["said_zh"] for point in one["points"])


def test_a_unit_that_has_an_incident_takes_no_part() -> None:
    theft = Theft()
    units = [unit(theft, "u", 1500)]
    free = [one["closed"] for one in ring(theft, *units)["rings"]]
    step(theft.ledger, theft.incident.id, "assigned", at_ms=theft.track.t_ms, said=Said(party="u"))
    taken = [one["closed"] for one in ring(theft, *units)["rings"]]
    assert max(free) == 1
    assert taken == [0, 0, 0]


def test_without_units_every_point_stays_open() -> None:
    found = ring(Theft())
    assert [one["closed"] for one in found["rings"]] == [0, 0, 0]
    assert found["rings"][0]["points"][0]["said"] == "no unit can go there"


def test_what_is_not_pursued_has_no_ring() -> None:
    with pytest.raises(NoPursuitError):
        ring(Theft(level="yellow"))
    theft = Theft()
    close(theft.ledger, theft.incident.id, None, at_ms=theft.track.t_ms)
    with pytest.raises(NoPursuitError):
        ring(theft)
    theft.incident = replace(theft.incident, id="i-x")
    with pytest.raises(UnknownIncidentError):
        ring(theft)

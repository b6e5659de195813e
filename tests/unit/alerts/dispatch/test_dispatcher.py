"""The dispatcher over a ledger: whoever runs it and however often, nobody is sent twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.dispatch.choosing import straight
from alerts.dispatch.dispatcher import Dispatcher, paths_by
from alerts.dispatch.router import Fallback, RouterError, Start, Times
from alerts.dispatch.routers import router_of
from alerts.dispatch_settings import DispatchSettings
from alerts.event import Outcome
from alerts.force import Duty, Unit
from alerts.ledger import Wanted
from alerts.points import Position
from alerts.sqlite_ledger import SqliteLedger
from tests.unit.alerts.acting import close, step
from tests.unit.alerts.dispatch.force import PLAIN, unit
from tests.unit.alerts.jurisdiction.areas import PLACER
from tests.unit.alerts.reports import report

UNITS = [unit(name, 0, home=(112.3 + n / 100, 28.5)) for n, name in enumerate("abc")]
T0 = 1_000_000
ALL = Wanted()


def ledger_of(*vehicles: str, path: Path | str = ":memory:") -> SqliteLedger:
    ledger = SqliteLedger(path)
    ledger.receive([report(level="red", vehicle=v) for v in vehicles], at_ms=T0)
    return ledger


def dispatcher(ledger: SqliteLedger, *units: Unit) -> Dispatcher:
    duty = Duty({one.id: one for one in units or UNITS})
    return Dispatcher(ledger, duty, straight(PLAIN), PLAIN)


def parties(ledger: SqliteLedger, *vehicles: str) -> list[str]:
    return [ledger.incident(f"i-{v}-left_fence-1000.0")[0].course.party for v in vehicles]


def test_red_incidents_are_given_to_units_and_yellow_ones_are_not() -> None:
    ledger = ledger_of("v", "w")
    ledger.receive([report(level="yellow", vehicle="y")], at_ms=T0)
    filed = dispatcher(ledger).tick(T0 + 1000)
    assert [entry.event.kind for entry in filed] == ["assigned", "assigned"]
    assert sorted(parties(ledger, "v", "w", "y")) == ["", "a", "b"]
    assert dispatcher(ledger).tick(T0 + 2000) == []


def test_who_has_one_is_not_given_another_until_it_is_closed() -> None:
    ledger = ledger_of("v")
    only = dispatcher(ledger, UNITS[0])
    only.tick(T0)
    ledger.receive([report(level="red", vehicle="w")], at_ms=T0 + 1)
    assert only.tick(T0 + 1000) == []
    assert only.look([ledger.incident("i-w-left_fence-1000.0")[0]], T0 + 1000).choices[
        0
    ].said.en == ("no unit can go; of the nearest, 1 busy")
    close(ledger, "i-v-left_fence-1000.0", Outcome.RECOVERED, at_ms=T0 + 1500)
    assert [entry.event.party for entry in only.tick(T0 + 2000)] == ["a"]


def test_with_fewer_units_than_incidents_the_longest_red_is_first() -> None:
    ledger = SqliteLedger(":memory:")
    for n, vehicle in enumerate(["late", "early"]):
        ledger.receive([report(level="red", vehicle=vehicle)], at_ms=T0 + 1000 * (1 - n))
    dispatcher(ledger, UNITS[0]).tick(T0 + 5000)
    assert sorted(parties(ledger, "early", "late")) == ["", "a"]


def test_who_does_not_sign_is_replaced_and_the_ledger_says_why() -> None:
    ledger = ledger_of("v")
    dispatcher(ledger).tick(T0)
    assert dispatcher(ledger).tick(T0 + 44_999) == []
    (entry,) = dispatcher(ledger).tick(T0 + 45_000)
    assert (entry.event.kind, entry.event.party) == ("reassigned", "b")
    assert entry.event.reason.startswith("a has not signed for 45 s; b: nearest")
    step(ledger, entry.incident.id, "signed", at_ms=T0 + 50_000, actor="b")
    assert dispatcher(ledger).tick(T0 + 900_000) == []


def test_an_incident_that_nobody_was_asked_about_goes_before_one_that_was_not_signed() -> None:
    ledger = ledger_of("v", "w")
    dispatcher(ledger).tick(T0)  # to a and b; c is left
    ledger.receive([report(level="red", vehicle="x")], at_ms=T0 + 45_000)
    (entry,) = dispatcher(ledger).tick(T0 + 45_000)
    assert (entry.incident.vehicle_id, entry.event.party) == ("x", "c")


class Meddling:
    """A router during whose answer somebody else acts."""

    def __init__(self, ledger: SqliteLedger) -> None:
        self._ledger = ledger

    def times(self, starts: list[Start], ends: list[Position]) -> Times:
        step(self._ledger, "i-v-left_fence-1000.0", "signed", at_ms=T0 + 5, actor="c")
        return straight(PLAIN).times(starts, ends)


def test_where_somebody_was_faster_nothing_is_given() -> None:
    ledger = ledger_of("v")
    duty = Duty({one.id: one for one in UNITS})
    assert Dispatcher(ledger, duty, Meddling(ledger), PLAIN).tick(T0 + 10) == []
    assert ledger.incident("i-v-left_fence-1000.0")[0].state == "signed"


class Broken:
    """A router that never answers."""

    def times(self, _starts: list[Start], _ends: list[Position]) -> Times:
        raise RouterError("the server is away")


def test_a_router_that_fails_keeps_nobody_at_home() -> None:
    ledger = ledger_of("v")
    duty = Duty({one.id: one for one in UNITS})
    held = Dispatcher(ledger, duty, Fallback(Broken(), straight(PLAIN)), PLAIN)
    assert len(held.tick(T0)) == 1
    assert held.trouble == "the server is away"


@pytest.mark.parametrize("name", ["osrm", "valhalla"])
def test_the_router_of_the_settings_falls_back_to_straight_lines(name: str) -> None:
    settings = DispatchSettings(router=name, router_url="http://127.0.0.1:1/", router_timeout_s=0.1)
    times = router_of(settings).times([Start(112, 28)], [(112.1, 28.0)])
    assert times.by == "straight"
    assert times.trouble.startswith("http://127.0.0.1:1: ")
    assert router_of(PLAIN).times([Start(112, 28)], [(112.1, 28.0)]).trouble == ""


def test_a_unit_of_the_place_s_own_jurisdiction_goes_first() -> None:
    own, other = (
        unit(name, 0, home=(lon, 28.5), area=area)
        for name, lon, area in [("own", 112.32, "c1"), ("other", 112.301, "c2")]
    )
    settings = DispatchSettings(outside_s=3600)
    ledger = ledger_of("v")  # at 112.3, 28.5
    duty = Duty({one.id: one for one in (own, other)})
    paths = paths_by(PLACER)
    Dispatcher(ledger, duty, straight(settings), settings, paths).tick(T0)
    assert parties(ledger, "v") == ["own"]


moves = st.lists(
    st.tuples(
        st.integers(0, 40_000),
        st.sampled_from(["tick", "tick other", "restart", "sign", "close", "new"]),
        st.integers(0, 3),
    ),
    max_size=14,
)


@settings(deadline=None, max_examples=50)
@given(moves)
def test_whoever_asks_and_whenever_no_unit_has_two_and_nobody_is_asked_twice(
    tmp_path_factory: pytest.TempPathFactory, story: list[tuple[int, str, int]]
) -> None:
    path = tmp_path_factory.mktemp("dispatch") / "ledger.sqlite"
    vehicles = ["v0", "v1", "v2", "v3"]
    ledger, other = ledger_of(*vehicles[:2], path=path), SqliteLedger(path)
    now = T0
    for later_ms, what, n in [*story, (45_000, "tick", 0), (1, "tick", 0)]:
        now += later_ms
        incident_id = f"i-{vehicles[n]}-left_fence-1000.0"
        if what == "tick":
            dispatcher(ledger).tick(now)
        elif what == "tick other":
            dispatcher(other).tick(now)
        elif what == "restart":
            ledger.disconnect()
            ledger = SqliteLedger(path)
        elif what == "new":
            ledger.receive([report(level="red", vehicle=vehicles[n])], at_ms=now)
        else:
            known = {entry.incident.id: entry.incident for entry in ledger.newest(ALL, None, 10)}
            held = known.get(incident_id)
            if held is not None and held.is_open and what == "close":
                close(ledger, incident_id, None, at_ms=now)
            elif held is not None and held.state == "assigned" and what == "sign":
                step(ledger, incident_id, "signed", at_ms=now)
        states = [entry.incident for entry in ledger.newest(ALL, None, 10)]
        busy = [one.course.party for one in states if one.is_open and one.course.party]
        assert len(busy) == len(set(busy))
        for one in states:
            given_to = [
                entry.event.party
                for entry in ledger.incident(one.id)[1]
                if entry.event.kind in {"assigned", "reassigned"}
            ]
            assert len(given_to) == len(set(given_to))
    free = {one.id for one in UNITS} - set(busy)
    for one in states:  # while a unit is free that was not asked, no red incident waits
        waits = one.is_open and not one.course.party
        assert not waits or not free
    ledger.disconnect()
    other.disconnect()

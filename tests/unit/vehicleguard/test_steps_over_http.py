"""An incident's life over HTTP, over a real ledger with real clocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import get_args

import pytest

from alerts.clock import Clockwork
from alerts.event import Outcome, State
from alerts.settings import ClockSettings
from alerts.sqlite_ledger import SqliteLedger
from alerts.step import STEPS
from console import wire
from geofence import ZoneSet
from tests.unit.alerts.reports import report
from tests.unit.console.conftest import Console, serving
from tests.unit.console.fakes import fake_ports
from tests.unit.geofence.make import circle, collection
from vehicleguard.clock_watch import place_class
from vehicleguard.incident_view import IncidentView
from vehicleguard.pipeline import now_ms


@pytest.fixture
def ids() -> list[str]:
    return []


@pytest.fixture
def console(ids: list[str]) -> Iterator[Console]:
    ledger = SqliteLedger(":memory:", Clockwork(ClockSettings(profile="stage")))
    now = now_ms()
    told = [report(vehicle=v, t=now // 1000, level="red") for v in ("v", "w")]
    entries = ledger.receive(told, now)
    ids += dict.fromkeys(entry.incident.id for entry in entries)
    view = IncidentView(ledger, lambda _: None)
    with serving(replace(fake_ports(), incidents=view)) as running:
        yield running


def post(console: Console, path: str, status: int = 200, **body: object) -> dict:
    response = console.http.post(f"/api/v1/incidents/{path}", json=body)
    assert response.status_code == status, response.text
    return response.json()


def test_steps_move_it_and_stop_its_clock(console: Console, ids: list[str]) -> None:
    post(console, f"{ids[0]}/steps", step="signed", by="tap")
    post(console, f"{ids[0]}/steps", step="departed", by="tap")
    after = wire.Incident(**post(console, f"{ids[0]}/steps", step="on_scene", by="position"))
    assert after.state == "handling"
    assert [(s.moment, s.by) for s in after.stamps] == [
        ("alerted", ""), ("signed", "tap"), ("departed", "tap"), ("on_scene", "position"),
    ]  # fmt: skip
    assert after.clock is not None
    assert [round(g.due - after.clock.started) for g in after.clock.goals] == [60, 180, 300]
    detail = wire.IncidentDetail(**console.http.get(f"/api/v1/incidents/{ids[0]}").json())
    assert [event.kind for event in detail.events] == [
        "opened", "clocked", "signed", "departed", "on_scene",
    ]  # fmt: skip


def test_a_tap_sent_twice_is_one_and_can_be_taken_back(console: Console, ids: list[str]) -> None:
    once = post(console, f"{ids[0]}/steps", step="signed", by="tap")
    assert post(console, f"{ids[0]}/steps", step="signed", by="tap") == once
    assert post(console, f"{ids[0]}/undo")["state"] == "reported"
    assert "no step" in post(console, f"{ids[0]}/undo", 409)["detail"]


def test_what_is_not_allowed_or_lacks_something_is_told(console: Console, ids: list[str]) -> None:
    assert "departed goes from" in post(console, f"{ids[0]}/steps", 409, step="departed")["detail"]
    assert "to whom" in post(console, f"{ids[0]}/steps", 400, step="assigned")["detail"]
    assert "reason" in post(console, f"{ids[0]}/steps", 400, step="supervised")["detail"]
    post(console, f"{ids[0]}/steps", 422, step="dance")
    post(console, f"{ids[0]}/steps", 422, step="rated", score=9)
    post(console, "i-nothing/steps", 404, step="signed")


def test_two_become_one_and_are_linked_before(console: Console, ids: list[str]) -> None:
    assert post(console, f"{ids[0]}/link", other=ids[1], reason="one street")["links"] == [ids[1]]
    after = post(console, f"{ids[1]}/merge", into=ids[0], reason="one van")
    assert after["id"] == ids[0]
    assert len(after["signals"]) == 2
    gone = wire.Incident(**console.http.get(f"/api/v1/incidents/{ids[1]}").json())
    assert (gone.state, gone.outcome, gone.merged_into) == ("closed", "merged", ids[0])
    assert post(console, f"{ids[0]}/merge", 404, into="i-no", reason="x")["detail"].endswith(
        "'i-no'"
    )
    cut = post(console, f"{ids[0]}/split", signals=[after["signals"][1]], reason="two thefts")
    assert cut["signals"] == [after["signals"][1]]
    post(console, f"{ids[0]}/split", 400, signals=["s-none"], reason="two thefts")


def test_the_api_knows_every_step_state_and_outcome() -> None:
    assert set(get_args(wire.Step)) == set(STEPS)
    assert set(get_args(wire.State)) == set(State)
    assert {*get_args(wire.Outcome), "merged"} == set(Outcome)


def test_the_strictest_class_of_a_place_counts() -> None:
    zones = ZoneSet.from_geojson(
        collection(
            circle(112.3, 28.5, 5000, clock="rural"),
            circle(112.3, 28.5, 500, clock="key"),
            circle(112.3, 28.5, 900, clock="nonsense"),
            circle(112.3, 28.5, 900),
        )
    )
    of = place_class(zones)
    assert [of(112.3, 28.5), of(112.3, 28.51), of(112.9, 28.5)] == ["key", "rural", None]
    assert place_class(ZoneSet())(112.3, 28.5) is None


def test_who_looks_at_an_incident_is_noted_and_who_lists_them_is_not(
    console: Console, ids: list[str]
) -> None:
    noted: list[tuple[str, str, str]] = []

    class Noting:
        def looked(self, who: str, what: str, subject: str) -> None:
            noted.append((who, what, subject))

    console.app.state.ports = replace(console.ports, audit=Noting())
    console.http.get("/api/v1/incidents")
    console.http.get(f"/api/v1/incidents/{ids[0]}")
    assert console.http.get("/api/v1/incidents/i-nothing").status_code == 404
    assert console.http.get("/api/v1/vehicles/nobody").status_code == 404
    assert noted == [("admin", "incident", ids[0])]

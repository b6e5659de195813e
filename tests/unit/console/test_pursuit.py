"""The pursuit over HTTP: what is said of a red incident, and what of others."""

import pytest

from console import pursuit
from tests.unit.console.conftest import Console

PROBLEM = "application/problem+json"


def asked(console: Console, incident_id: str):
    return console.http.get(f"/api/v1/incidents/{incident_id}/pursuit")


def test_a_red_incident_is_pursued_as_the_description_says(console: Console) -> None:
    made = console.ports.incidents.open("car-1", level="red")
    body = asked(console, made["id"]).json()
    answer = pursuit.Pursuit(**body)
    assert answer.model_dump(mode="json") == body
    assert (answer.incident_id, answer.vehicle_id) == (made["id"], "car-1")
    assert [s.horizon_s for s in answer.sectors] == [60, 60, 180, 180, 300, 300]
    assert answer.last_seen.age_s == pytest.approx(40, abs=1)


def test_what_is_not_red_is_not_pursued(console: Console) -> None:
    blue = console.ports.incidents.open("car-1", level="blue")["id"]
    closed = console.ports.incidents.open("car-2", level="red")["id"]
    console.ports.incidents.act(closed, "close", "me", "x")
    for incident_id in (blue, closed):
        response = asked(console, incident_id)
        assert response.status_code == 409
        assert response.headers["content-type"] == PROBLEM


def test_nobody_is_pursued_for_an_unknown_incident_or_by_an_unknown_person(console) -> None:
    response = asked(console, "i-none")
    assert (response.status_code, response.headers["content-type"]) == (404, PROBLEM)
    made = console.ports.incidents.open("car-1", level="red")["id"]
    assert console.anonymous.get(f"/api/v1/incidents/{made}/pursuit").status_code == 401

"""Links and callbacks over HTTP, against the real console and a real ledger."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import httpx
import pytest

from alerts.channels.link import Links
from alerts.event import State, Word
from alerts.incident import Incident
from alerts.sqlite_ledger import SqliteLedger
from tests.unit.alerts.acting import answer
from tests.unit.alerts.reports import report
from tests.unit.console.conftest import serving
from tests.unit.console.fakes import fake_ports
from tests.webhook_receiver import SECRET, callback
from vehicleguard.metrics import Metrics
from vehicleguard.outside_view import OutsideView

ID = "i-v-left_fence-1000.0"
LINKS = Links(b"k" * 32, "", 3600)


@dataclass
class Scene:
    ledger: SqliteLedger
    http: httpx.Client
    url: str
    moved: list[Incident]
    metrics: Metrics

    @property
    def incident(self) -> Incident:
        return self.ledger.incident(ID)[0]

    def link(self, vehicle: str = "v", now: float | None = None) -> str:
        return LINKS.link(self.incident, vehicle, time.time() if now is None else now)

    def call(self, action: str = "accepted", id_: str = "c1", **more: object) -> tuple[int, str]:
        how = {key: more.pop(key) for key in ("secret", "at_s") if key in more}
        body = {"id": id_, "incident": ID, "action": action, **more}
        return callback(f"{self.url}/callbacks/platform", body, **how)


@pytest.fixture(scope="module")
def running() -> Iterator[tuple]:
    with serving(fake_ports()) as console:
        yield console


@pytest.fixture
def scene(running) -> Iterator[Scene]:
    ledger = SqliteLedger(":memory:")
    ledger.receive([report(level="yellow")], 1_000_000)
    moved: list[Incident] = []
    metrics = Metrics()
    view = OutsideView(
        ledger, LINKS, {"platform": SECRET}, moved.append, metrics,
        lambda: time.time_ns() // 10**6,
    )  # fmt: skip
    running.app.state.ports = replace(fake_ports(), outside=view)
    return Scene(ledger, running.anonymous, running.url.rstrip("/"), moved, metrics)


def test_looking_at_a_link_changes_nothing(scene: Scene) -> None:
    page = scene.http.get(scene.link())
    assert page.status_code == 200
    assert "Is it you?" in page.text
    assert "是您本人吗" in page.text
    assert page.headers["cache-control"] == "no-store"
    assert scene.ledger.last_seq() == 1


def test_mine_closes_and_stolen_calls_the_police_without_a_login(scene: Scene) -> None:
    assert scene.http.post(scene.link(), data={"word": "stolen"}).status_code == 200
    assert (scene.incident.word, scene.incident.level.label) == (Word.STOLEN, "red")
    assert scene.http.post(scene.link(), data={"word": "stolen"}).status_code == 200
    assert scene.ledger.last_seq() == 2
    assert scene.http.post(scene.link(), data={"word": "mine"}).status_code == 200
    assert not scene.incident.is_open
    assert scene.incident.last_step is None
    assert scene.ledger.incident(ID)[1][-1].event.actor == "owner:v"
    again = scene.http.post(scene.link(), data={"word": "stolen"})
    assert (again.status_code, "settled" in again.text) == (409, True)
    assert "settled" in scene.http.get(scene.link()).text


def test_what_the_police_confirmed_no_link_closes(scene: Scene) -> None:
    answer(scene.ledger, ID, Word.CONFIRMED, "seen", at_ms=1_001_000)
    assert scene.http.post(scene.link(), data={"word": "mine"}).status_code == 409
    assert scene.incident.is_open


def test_one_owner_does_not_close_what_others_are_in(scene: Scene) -> None:
    scene.ledger.receive([report(level="red", vehicle="w")], 1_000_000)
    scene.ledger.merge("i-w-left_fence-1000.0", ID, "desk", "one van", 1_001_000)
    assert scene.http.post(scene.link("w"), data={"word": "mine"}).status_code == 409
    assert scene.http.post(scene.link("w"), data={"word": "stolen"}).status_code == 200


@pytest.mark.parametrize("token", ["x", "x" * 2000, "%00", "WyJhIl0.AAAA", "🚲"])
def test_a_link_that_is_none_opens_nothing(scene: Scene, token: str) -> None:
    assert scene.http.get(f"/answer/{token}").status_code == 410
    said = scene.http.post(f"/answer/{token}", data={"word": "mine"})
    assert (said.status_code, scene.moved) == (410, [])


def test_a_link_whose_time_is_over_opens_nothing(scene: Scene) -> None:
    old = scene.link(now=time.time() - 3601)
    assert scene.http.get(old).status_code == 410
    assert scene.http.post(old, data={"word": "mine"}).status_code == 410
    assert scene.incident.is_open


def test_only_mine_and_stolen_can_be_said(scene: Scene) -> None:
    for word in ("confirmed", "", "x" * 10_000):
        assert scene.http.post(scene.link(), data={"word": word}).status_code == 422
    assert scene.http.post(scene.link(), content=b"\xff\x00=").status_code == 422
    assert scene.ledger.last_seq() == 1


def test_what_a_vehicle_is_called_is_no_markup(scene: Scene) -> None:
    scene.ledger.receive([report(level="yellow", vehicle="<b>")], 1_000_000)
    incident = scene.ledger.incident("i-<b>-left_fence-1000.0")[0]
    page = scene.http.get(LINKS.link(incident, "<b>", time.time()))
    assert "<b>" not in page.text
    assert "&lt;b&gt;" in page.text


def test_callbacks_move_an_incident_from_report_to_closing(scene: Scene) -> None:
    told = [
        ("accepted", {}), ("assigned", {"party": "p1"}), ("returned", {"reason": "too far"}),
        ("assigned", {"party": "p2"}), ("signed", {}), ("feedback", {"reason": "found"}),
        ("closed", {"outcome": "recovered"}),
    ]  # fmt: skip
    for n, (action, more) in enumerate(told):
        assert scene.call(action, f"c{n}", **more)[0] == 200, action
    assert (scene.incident.state, scene.incident.course.party) == (State.CLOSED, "p2")
    assert len(scene.moved) == len(told)
    assert scene.call("accepted", "c0")[0] == 200  # again, much later
    assert len(scene.moved) == len(told)


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"secret": "whsec_" + "QUFB" * 11}, 401),
        ({"at_s": 1_700_000_000}, 401),
        ({"incident": "i-none"}, 404),
        ({"action": "departed"}, 409),
        ({"action": "rated"}, 422),
        ({"reason": "x" * 70_000}, 413),
    ],
)
def test_a_callback_that_cannot_be_is_told_why(
    scene: Scene, more: dict[str, object], status: int
) -> None:
    assert scene.call(**more)[0] == status
    assert (scene.moved, scene.ledger.last_seq()) == ([], 1)


@pytest.mark.parametrize(
    "headers",
    [{}, {"webhook-id": "a"}, {"webhook-signature": "nonsense"},
     {"webhook-signature": "v1,%%%"}, {"webhook-signature": "v2,AAAA"},
     {"webhook-timestamp": "nan"}, {"webhook-timestamp": "1e400"}],
)  # fmt: skip
def test_a_signature_that_is_none_is_401(scene: Scene, headers: dict[str, str]) -> None:
    base = {"webhook-id": "a", "webhook-timestamp": str(int(time.time())),
            "webhook-signature": "v1,AAAA"}  # fmt: skip
    sent = scene.http.post("/callbacks/platform", content=b"{}", headers={**base, **headers})
    assert sent.status_code == 401
    assert scene.http.post("/callbacks/platform", content=b"\xff", headers=base).status_code == 401
    assert scene.http.post("/callbacks/none", content=b"{}", headers=base).status_code == 404


def test_without_channels_there_is_nothing_there(running) -> None:
    running.app.state.ports = fake_ports()
    assert running.anonymous.get("/answer/x").status_code == 404
    assert running.anonymous.post("/callbacks/platform", content=b"{}").status_code == 404

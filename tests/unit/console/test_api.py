import io
import math

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import ipc

from console import wire
from console.arrow import encode
from tests.unit.console.conftest import Console, serving
from tests.unit.console.fakes import fake_ports

PROBLEM = "application/problem+json"


@pytest.fixture
def ids(console: Console) -> list[str]:
    ledger = console.ports.incidents
    made = [ledger.open(f"car-{n}", level=("blue", "red")[n % 2])["id"] for n in range(5)]
    ledger.act(made[0], "sign", "someone", "x")
    return made


def listed(console: Console, **query) -> list[str]:
    response = console.http.get("/api/v1/incidents", params=query)
    assert response.status_code == 200, response.text
    return [item["id"] for item in wire.IncidentPage(**response.json()).model_dump()["items"]]


def test_incidents_come_newest_first_and_filtered(console: Console, ids) -> None:
    assert listed(console) == ids[::-1]
    assert listed(console, level="red") == [ids[3], ids[1]]
    assert listed(console, state="signed") == [ids[0]]
    assert listed(console, vehicle_id="car-2") == [ids[2]]
    assert listed(console, level="red", vehicle_id="car-2") == []


@pytest.mark.parametrize("path", ["/api/v1/incidents", "/api/v1/vehicles"])
@pytest.mark.parametrize("limit", [1, 2, 3, 500])
def test_pages_joined_are_the_list(console: Console, ids, path: str, limit: int) -> None:
    whole = console.http.get(path, params={"limit": 500}).json()["items"]
    cursor, joined = None, []
    while True:
        query = {"limit": limit, **({"cursor": cursor} if cursor else {})}
        page = console.http.get(path, params=query).json()
        assert len(page["items"]) <= limit
        joined += page["items"]
        if (cursor := page["next"]) is None:
            break
    assert joined == whole
    assert len(whole) >= 3


@pytest.mark.parametrize("path", ["/api/v1/incidents", "/api/v1/vehicles"])
def test_a_cursor_never_given_out_is_a_bad_request(console: Console, path: str) -> None:
    response = console.http.get(path, params={"cursor": "nonsense"})
    assert response.status_code == 400
    assert response.headers["content-type"] == PROBLEM
    assert "nonsense" in response.json()["detail"]


def test_an_incident_has_its_whole_file(console: Console, ids) -> None:
    body = console.http.get(f"/api/v1/incidents/{ids[0]}").json()
    detail = wire.IncidentDetail(**body)
    assert [event.kind for event in detail.events] == ["opened", "signed"]
    assert [signal.id for signal in detail.signal_details] == detail.signals


def act(console: Console, incident_id: str, action: str, **body):
    return console.http.post(f"/api/v1/incidents/{incident_id}/{action}", json=body)


def test_an_incident_is_signed_then_closed_with_its_outcome(console: Console, ids) -> None:
    signed = act(console, ids[1], "sign", reason="on the way")
    assert wire.Incident(**signed.json()).state == "signed"
    closed = act(console, ids[1], "close", reason="found it", outcome="recovered")
    assert wire.Incident(**closed.json()).outcome == "recovered"
    assert closed.json()["seq"] > signed.json()["seq"]


def test_an_incident_may_be_closed_without_saying_how_it_ended(console: Console, ids) -> None:
    assert act(console, ids[1], "close", reason="enough").json()["outcome"] is None


def test_a_move_that_is_not_possible_is_a_conflict(console: Console, ids) -> None:
    response = act(console, ids[0], "sign", reason="again")
    assert response.status_code == 409
    assert response.headers["content-type"] == PROBLEM
    assert "signed" in response.json()["detail"]


@pytest.mark.parametrize("word", ["mine", "stolen", "confirmed"])
def test_a_word_sent_twice_is_answered_the_same_and_filed_once(console: Console, ids, word) -> None:
    first = act(console, ids[2], "answer", word=word, reason="by telephone")
    again = act(console, ids[2], "answer", word=word, reason="by telephone")
    assert first.status_code == again.status_code == 200
    assert again.json() == first.json()
    after = wire.Incident(**first.json())
    assert after.word == word
    assert (after.state, after.level) == (
        ("closed", "blue") if word == "mine" else ("reported", "red")
    )


def test_only_a_word_that_closes_needs_a_reason(console: Console, ids) -> None:
    assert act(console, ids[2], "answer", word="mine").status_code == 422
    assert act(console, ids[2], "answer", word="stolen").status_code == 200


def test_a_level_is_lowered_for_a_reason_and_never_up(console: Console, ids) -> None:
    lowered = act(console, ids[3], "lower", level="blue", reason="seen on camera")
    assert wire.Incident(**lowered.json()).level == "blue"
    assert act(console, ids[3], "lower", level="red", reason="x").status_code == 409
    assert act(console, ids[3], "lower", level="blue").status_code == 422


@pytest.mark.parametrize(
    ("action", "more"), [("answer", {"word": "stolen"}), ("lower", {"level": "blue"})]
)
def test_what_is_closed_takes_no_word_and_no_level(console: Console, ids, action, more) -> None:
    act(console, ids[3], "close", reason="over")
    response = act(console, ids[3], action, reason="x", **more)
    assert response.status_code == 409
    assert response.headers["content-type"] == PROBLEM
    missing = act(console, "i-none", action, reason="x", **more)
    assert missing.status_code == 404


@pytest.mark.parametrize("body", [{"word": "perhaps", "reason": "x"}, {"word": "mine"}, {}])
def test_a_word_that_is_none_changes_nothing(console: Console, ids, body) -> None:
    before = console.ports.incidents.last_seq()
    assert act(console, ids[1], "answer", **body).status_code == 422
    assert console.ports.incidents.last_seq() == before


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/incidents/i-none"),
        ("POST", "/api/v1/incidents/i-none/sign"),
        ("POST", "/api/v1/incidents/i-none/close"),
        ("GET", "/api/v1/vehicles/none"),
        ("GET", "/api/v1/nothing"),
        ("GET", "/nothing.js"),
        ("GET", "/assets/nothing.js"),
        ("GET", "/assets/../app.py"),
        ("GET", "/..%2fapp.py"),
        ("GET", "/%00"),
        ("GET", "/deep/er"),
    ],
)
def test_what_is_not_there_is_a_404(console: Console, method: str, path: str) -> None:
    body = {"reason": "x"} if method == "POST" else None
    response = console.http.request(method, path, json=body)
    assert response.status_code == 404
    assert response.headers["content-type"] == PROBLEM
    assert response.json()["status"] == 404


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("POST", "/api/v1/incidents", "GET"),
        ("GET", "/api/v1/incidents/x/sign", "POST"),
        ("DELETE", "/healthz", "GET"),
        ("POST", "/", "GET"),
    ],
)
def test_a_method_that_a_path_lacks_is_a_405(console: Console, method, path, allow) -> None:
    response = console.http.request(method, path)
    assert response.status_code == 405
    assert response.headers["content-type"] == PROBLEM
    assert allow in response.headers["allow"]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"level": "green"}, "query/level"),
        ({"state": "lost"}, "query/state"),
        ({"limit": "0"}, "query/limit"),
        ({"limit": "many"}, "query/limit"),
    ],
)
def test_a_query_that_cannot_be_read_names_its_key(console: Console, query, pointer) -> None:
    response = console.http.get("/api/v1/incidents", params=query)
    assert response.status_code == 422
    assert response.headers["content-type"] == PROBLEM
    assert [error["pointer"] for error in response.json()["errors"]] == [pointer]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"reason": ""}',
        b'{"reason": "  "}',
        b'{"reason": 3}',
        b'{"reason": "x", "outcome": "eaten"}',
        b'{"reason": "x", "more": 1}',
    ],
)
def test_a_body_that_cannot_be_read_changes_nothing(console: Console, ids, body: bytes) -> None:
    before = console.ports.incidents.last_seq()
    response = console.http.post(
        f"/api/v1/incidents/{ids[1]}/close",
        content=body,
        headers={"Content-Type": "application/json"},
    )
    assert response.status_code == 422
    assert response.headers["content-type"] == PROBLEM
    assert console.ports.incidents.last_seq() == before


def test_a_body_without_end_is_refused(console: Console, ids) -> None:
    response = act(console, ids[1], "sign", reason="x" * 100_000)
    assert response.status_code == 413
    assert response.headers["content-type"] == PROBLEM
    in_pieces = console.http.post(
        f"/api/v1/incidents/{ids[1]}/sign",
        content=(b" " * 1000 for _ in range(100)),
        headers={"Content-Type": "application/json"},
    )
    assert in_pieces.status_code == 413
    assert in_pieces.headers["content-type"] == PROBLEM


def test_a_refused_sign_in_never_repeats_the_token(console: Console) -> None:
    response = console.anonymous.post("/api/v1/session", json={"token": 31415926, "secret": "abc"})
    assert response.status_code == 422
    assert "31415926" not in response.text
    assert "abc" not in response.text


def test_a_bug_is_a_problem_with_the_headers_of_all_answers(console: Console) -> None:
    console.ports.incidents.fail = True
    response = console.http.get("/api/v1/incidents")
    assert response.status_code == 500
    assert response.headers["content-type"] == PROBLEM
    assert "disk gone" not in response.text
    assert "content-security-policy" in response.headers


def test_vehicles_are_what_the_description_says(console: Console) -> None:
    page = wire.VehiclePage(**console.http.get("/api/v1/vehicles").json())
    assert [vehicle.id for vehicle in page.items] == ["car-1", "car-2", "car-3"]
    one = console.http.get("/api/v1/vehicles/car-2").json()
    assert wire.Vehicle(**one) == page.items[1]


def positions(console: Console, since: int) -> tuple[int, pa.Table]:
    response = console.http.get("/api/v1/vehicles/positions", params={"since": since})
    assert response.headers["content-type"] == "application/vnd.apache.arrow.stream"
    assert "content-encoding" not in response.headers
    with ipc.open_stream(io.BytesIO(response.content)) as reader:
        batches = list(reader)
    assert len(batches) == 1
    return int(response.headers["x-revision"]), pa.Table.from_batches(batches)


def test_positions_are_read_back_as_they_were_and_then_only_changes() -> None:
    with serving(fake_ports(500)) as console:
        revision, table = positions(console, 0)
        for name, column in table.to_pydict().items():
            expected = console.ports.fleet.positions(0)[1].column(name).to_pylist()
            np.testing.assert_array_equal(column, expected)
        assert table.num_rows == 500
        assert positions(console, revision)[1].num_rows == 0
        console.ports.fleet.set_level(7, 3)
        later, changed = positions(console, revision)
        assert later > revision
        assert changed.column("row").to_pylist() == [7]
        assert changed.column("level").to_pylist() == [3]


def test_a_revision_of_an_earlier_run_gets_every_position(console: Console) -> None:
    revision, table = positions(console, 2**63 - 1)
    assert table.num_rows == 3
    assert revision < 2**63 - 1


def test_positions_of_many_chunks_leave_as_one_batch() -> None:
    table = pa.table({"row": pa.chunked_array([np.arange(3), np.arange(4)])})
    with ipc.open_stream(io.BytesIO(encode(table))) as reader:
        assert [batch.num_rows for batch in reader] == [7]


def test_places_are_geojson(console: Console) -> None:
    for path in ("/api/v1/zones", "/api/v1/towns"):
        collection = wire.FeatureCollection(**console.http.get(path).json())
        assert len(collection.features) == 2


def test_the_status_tells_of_the_tiles() -> None:
    with serving(tiles="https://t.example/{z}/{x}/{y}.png", tiles_attribution="©") as console:
        status = wire.Status(**console.http.get("/api/v1/status").json())
        assert status.tiles == "https://t.example/{z}/{x}/{y}.png"
        assert status.tiles_attribution == "©"


def test_rejects_are_listed_up_to_the_limit(console: Console) -> None:
    rejects = wire.RejectList(**console.http.get("/api/v1/rejects").json())
    assert [item.reason for item in rejects.items] == ["not_json", "outside_earth"]
    assert len(console.http.get("/api/v1/rejects?limit=1").json()["items"]) == 1


def test_unknown_numbers_are_null(console: Console, monkeypatch) -> None:
    monkeypatch.setattr(console.ports.fleet, "one", lambda _: {"id": "x", "speed_mps": math.nan})
    assert console.http.get("/api/v1/vehicles/x").json()["speed_mps"] is None


def test_health_needs_nobody_and_readiness_says_why_not(console: Console) -> None:
    assert console.anonymous.get("/healthz").status_code == 200
    assert console.anonymous.get("/readyz").status_code == 200
    console.ports.pipeline.not_ready = "the broker is down"
    response = console.anonymous.get("/readyz")
    assert response.status_code == 503
    assert response.json()["detail"] == "the broker is down"
    assert console.anonymous.get("/healthz").status_code == 200


def test_metrics_are_for_this_machine_unless_set_public() -> None:
    away = {"X-Forwarded-For": "203.0.113.7"}
    with serving() as console:
        here = console.anonymous.get("/metrics")
        assert here.text.startswith("# TYPE")
        assert here.headers["content-type"] == "text/plain; version=1.0.0; charset=utf-8"
        assert console.anonymous.get("/metrics", headers=away).status_code == 403
        assert console.http.get("/metrics", headers=away).status_code == 200
    with serving(metrics_public=True) as console:
        assert console.anonymous.get("/metrics", headers=away).status_code == 200


def test_the_description_is_openapi_31_and_every_error_in_it_a_problem(console: Console) -> None:
    described = console.http.get("/api/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            assert operation["description"], (method, path)
            for status, response in operation["responses"].items():
                if status >= "400":
                    assert list(response["content"]) == [PROBLEM], (method, path, status)
    assert console.http.get("/docs").status_code == 404


def test_large_answers_are_packed_for_whoever_unpacks() -> None:
    with serving(fake_ports(200)) as console:
        packed = console.http.get("/api/v1/vehicles?limit=200")
        assert packed.headers["content-encoding"] == "gzip"
        plain = console.http.get(
            "/api/v1/vehicles?limit=200", headers={"Accept-Encoding": "identity"}
        )
        assert "content-encoding" not in plain.headers
        assert plain.json() == packed.json()

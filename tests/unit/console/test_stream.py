import random
import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.unit.console.conftest import Console, serving
from tests.unit.console.events import Reader


@pytest.fixture
def console() -> Iterator[Console]:
    with serving() as console:
        yield console


def eventually(truth, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not truth():
        assert time.monotonic() < deadline, "did not come true"
        time.sleep(0.01)


def incidents(console: Console, reader: Reader, query: str = "") -> Iterator[int]:
    """Ledger numbers of the `incident` events of one connection."""
    headers = {"Last-Event-ID": reader.last_id} if reader.last_id else {}
    with console.http.stream("GET", f"/api/v1/stream{query}", headers=headers) as response:
        assert response.status_code == 200, response.read()
        assert response.headers["content-type"].startswith("text/event-stream")
        for name, last_id, data in reader.read(response.iter_lines()):
            if name == "incident":
                assert last_id == str(data["seq"])
                yield data["seq"]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("backlog", [4, 1000])
def test_reconnecting_anywhere_misses_nothing_and_doubles_nothing(seed: int, backlog: int) -> None:
    events, choice, reader, got = 150, random.Random(seed), Reader(), []
    with serving(backlog=backlog, poll_s=0.02) as console:

        def write() -> None:
            pace = random.Random(seed)
            for number in range(events):
                console.ports.incidents.open(f"car-{number}")
                if pace.random() < 0.5:
                    console.notifier.wake()
                if pace.random() < 0.3:
                    time.sleep(0.003)

        writer = threading.Thread(target=write)
        while not got or got[-1] < events:
            connection = incidents(console, reader, "?last_event_id=0")
            if not writer.ident:
                writer.start()
            for _ in range(choice.choice((1, 1, 2, 5, 30))):
                if (seq := next(connection, None)) is None:
                    break
                got.append(seq)
                if seq == events:
                    break
            connection.close()
        writer.join()
    assert got == list(range(1, events + 1))


def test_a_listener_cut_off_before_its_first_event_resumes_from_where_it_began(
    console: Console,
) -> None:
    console.ports.incidents.open("before")
    reader = Reader()
    with console.http.stream("GET", "/api/v1/stream") as response:
        next(iter(reader.read(response.iter_lines())))  # a status; the id came ahead of it
    assert reader.last_id == "1"
    console.ports.incidents.open("while nobody listened")
    assert next(incidents(console, reader)) == 2


def test_without_an_id_the_stream_starts_from_now(console: Console) -> None:
    console.ports.incidents.open("before")
    listening = incidents(console, Reader())
    threading.Timer(0.2, lambda: console.ports.incidents.open("after")).start()
    assert next(listening) == 2
    listening.close()


def test_an_incident_page_says_where_its_stream_goes_on(console: Console) -> None:
    console.ports.incidents.open("in the page")
    seq = console.http.get("/api/v1/incidents").json()["seq"]
    console.ports.incidents.open("after the page")
    assert next(incidents(console, Reader(), f"?last_event_id={seq}")) == 2


def test_an_id_of_another_ledger_resets_the_listener(console: Console) -> None:
    console.ports.incidents.open()
    with console.http.stream("GET", "/api/v1/stream?last_event_id=77") as response:
        reader = Reader()
        events = reader.read(response.iter_lines())
        assert next(events)[0] == "reset"
        assert next(events)[0] == "status"
    assert reader.last_id == "1"


@pytest.mark.parametrize("bad", ["-1", "x", "1.0", "٣", "9" * 40])
def test_an_id_that_no_event_has_is_refused(console: Console, bad: str) -> None:
    response = console.http.get("/api/v1/stream", params={"last_event_id": bad})
    assert response.status_code == 400
    assert response.headers["content-type"] == "application/problem+json"


def test_the_status_comes_without_an_id(console: Console) -> None:
    reader = Reader()
    with console.http.stream("GET", "/api/v1/stream?last_event_id=0") as response:
        name, last_id, status = next(iter(reader.read(response.iter_lines())))
    assert (name, last_id) == ("status", "0")
    assert status["tiles"] is None
    assert status["vehicles"] == 3


def test_a_wake_beats_the_poll() -> None:
    with serving(poll_s=60) as console:
        listening = incidents(console, Reader(), "?last_event_id=0")
        console.ports.incidents.open()
        assert next(listening) == 1  # caught up: from here on only the bell tells
        for seq in range(2, 6):
            console.ports.incidents.open()
            console.notifier.wake()
            assert next(listening) == seq
        listening.close()


def test_what_a_person_does_is_told_without_waiting_for_the_poll() -> None:
    with serving(poll_s=60) as console:
        incident = console.ports.incidents.open()
        listening = incidents(console, Reader(), "?last_event_id=0")
        assert next(listening) == 1
        path = f"/api/v1/incidents/{incident['id']}/sign"
        assert console.http.post(path, json={"reason": "mine"}).status_code == 200
        assert next(listening) == 2
        listening.close()


def test_a_listener_that_does_not_read_is_ended_and_resumes() -> None:
    events, wide = 1200, "x" * 20_000  # 24 MB: more than the sockets between them hold
    with serving(backlog=50, poll_s=0.02) as console:
        reader = Reader()
        listening = incidents(console, reader, "?last_event_id=0")
        console.ports.incidents.open("first")
        got = [next(listening)]
        for number in range(1, events):
            console.ports.incidents.open(wide)
            if number % 25 == 0:
                console.notifier.wake()
        eventually(lambda: console.feed.floor == events - 50)
        got += listening
        assert got[-1] < events, "the stream was not ended"
        while got[-1] < events:
            listening = incidents(console, reader)
            for seq in listening:
                got.append(seq)
                if seq == events:
                    break
            listening.close()
    assert got == list(range(1, events + 1))


def test_one_listener_too_many_is_asked_to_come_later() -> None:
    with serving(max_listeners=2, poll_s=0.02) as console:
        with (
            console.http.stream("GET", "/api/v1/stream") as one,
            console.http.stream("GET", "/api/v1/stream") as two,
        ):
            assert one.status_code == two.status_code == 200
            refused = console.http.get("/api/v1/stream")
            assert refused.status_code == 503
            assert int(refused.headers["retry-after"]) > 0
        eventually(lambda: console.feed.listeners == 0)
        with console.http.stream("GET", "/api/v1/stream") as again:
            assert again.status_code == 200


def test_a_ledger_that_cannot_be_read_for_a_while_loses_no_event(monkeypatch) -> None:
    with serving(poll_s=0.02) as console:
        ledger, broken = console.ports.incidents, threading.Event()
        read = ledger.events_after

        def events_after(seq: int, limit: int):
            if broken.is_set():
                raise OSError("disk gone")
            return read(seq, limit)

        monkeypatch.setattr(ledger, "events_after", events_after)
        ledger.open()
        reader = Reader()
        listening = incidents(console, reader, "?last_event_id=0")
        assert next(listening) == 1
        broken.set()
        ledger.open()
        console.notifier.wake()
        threading.Timer(0.2, broken.clear).start()
        assert next(listening) == 2
        listening.close()


def test_a_stream_ends_with_its_session() -> None:
    with serving(session_hours=2 / 3600) as short:
        cookie = short.anonymous
        cookie.post("/api/v1/session", json={"token": "a token for tests"})
        with cookie.stream("GET", "/api/v1/stream") as response:
            assert response.status_code == 200
            assert list(Reader().read(response.iter_lines()))  # ends by itself
        assert cookie.get("/api/v1/stream").status_code == 401


def test_stopping_waits_for_no_listener_that_does_not_read(caplog) -> None:
    with serving(poll_s=0.02) as console, httpx.Client(headers=console.http.headers) as deaf:
        request = deaf.build_request("GET", f"{console.url}api/v1/stream?last_event_id=0")
        response = deaf.send(request, stream=True)
        for _ in range(1200):
            console.ports.incidents.open("x" * 20_000)
        console.notifier.wake()
        eventually(lambda: (console.feed.floor or 0) > 0)
    assert "console" not in [thread.name for thread in threading.enumerate()]
    response.close()
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_stopping_ends_streams() -> None:
    began = threading.Event()
    ended = []

    def listen(url: str) -> None:
        with (
            httpx.Client(headers={"Authorization": "Bearer a token for tests"}) as http,
            http.stream("GET", f"{url}api/v1/stream") as response,
        ):
            lines = response.iter_lines()
            next(lines)
            began.set()
            ended.extend(lines)

    with serving() as console:
        listener = threading.Thread(target=listen, args=(console.url,))
        listener.start()
        assert began.wait(20)
    assert "console" not in [thread.name for thread in threading.enumerate()]
    listener.join(20)
    assert not listener.is_alive()

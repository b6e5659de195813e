"""Routers of others, against a server that answers as theirs do, and as no server should."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from alerts.dispatch.choosing import straight
from alerts.dispatch.osrm import Osrm
from alerts.dispatch.router import NO_WAY, Fallback, RouterError, Start
from alerts.dispatch.server import Server
from alerts.dispatch.valhalla import Valhalla
from alerts.dispatch_settings import DispatchSettings
from alerts.force import Mode

Answer = Callable[[str, bytes], bytes | int]

PACE = {"driving": 1, "cycling": 2, "walking": 10, "auto": 1, "motor_scooter": 2, "pedestrian": 10}


@contextmanager
def serving(answer: Answer) -> Iterator[str]:
    """A server that answers what `answer` says to path and body: a text, or a status."""

    class Handler(BaseHTTPRequestHandler):
        def _respond(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            said = answer(self.path, body)
            self.send_response(said if isinstance(said, int) else 200)
            self.end_headers()
            if isinstance(said, bytes):
                self.wfile.write(said)

        do_GET = do_POST = _respond  # noqa: N815 - the library's spelling

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def osrm(path: str, _body: bytes) -> bytes:
    """As osrm-routed does: places in the path, which of them are asked in the query."""
    url = urlsplit(path)
    _, table, version, profile, places = url.path.split("/")
    assert (table, version) == ("table", "v1")
    at = [tuple(map(float, place.split(","))) for place in places.split(";")]
    assert len(at) <= 100
    query = parse_qs(url.query)
    assert query["annotations"] == ["duration"]
    own, theirs = ([at[int(n)] for n in query[key][0].split(";")]
                   for key in ("sources", "destinations"))  # fmt: skip
    rows = [[_way(a[0], b[0], profile) for b in theirs] for a in own]
    return json.dumps({"code": "Ok", "durations": rows}).encode()


def valhalla(path: str, body: bytes) -> bytes:
    """As valhalla_service does."""
    assert path == "/sources_to_targets"
    asked = json.loads(body)
    rows = [
        [
            {"time": _way(a["lon"], b["lon"], asked["costing"]), "distance": 1.0}
            for b in asked["targets"]
        ]
        for a in asked["sources"]
    ]
    return json.dumps({"sources_to_targets": rows, "units": "kilometers"}).encode()


def _way(start: float, end: float, profile: str) -> float | None:
    """A degree of longitude is a second for a car; over an island there is no way."""
    return None if end == 99 else round(PACE[profile] * abs(start - end), 3)


ROUTERS = [(Osrm, osrm), (Valhalla, valhalla)]


@pytest.mark.parametrize(("router", "answer"), ROUTERS)
def test_times_come_by_start_and_end_at_the_pace_of_the_mode(
    router: type[Osrm | Valhalla], answer: Answer
) -> None:
    starts = [Start(n / 2, 0, (Mode.CAR, Mode.FOOT, Mode.BIKE)[n % 3]) for n in range(130)]
    ends = [(float(n), 0.0) for n in range(70)] + [(99.0, 0.0)]
    with serving(answer) as url:
        times = router(Server(url)).times(starts, ends)
    pace = {Mode.CAR: 1, Mode.BIKE: 2, Mode.FOOT: 10}
    assert times.by == router.__name__.lower()
    for start, row in zip(starts, times.s, strict=True):
        expected = [pace[start.mode] * abs(start.lon - end[0]) for end in ends[:-1]]
        assert row == pytest.approx([*expected, NO_WAY])


@pytest.mark.parametrize("router", [Osrm, Valhalla])
@pytest.mark.parametrize(
    "answer",
    [
        500, 404, 302, b"", b"[]", b"null", b"\xff", b"[" * 100_000, b"{", b"x" * 4_000_001,
        b'{"code": "NoTable"}', b'{"code": "Ok"}',
        b'{"code": "Ok", "durations": [[1, 2]], "sources_to_targets": [[1, 2]]}',
        b'{"code": "Ok", "durations": [["1"]], "sources_to_targets": [[{"time": "1"}]]}',
        b'{"code": "Ok", "durations": [[-1]], "sources_to_targets": [[{"time": -1}]]}',
        b'{"code": "Ok", "durations": [[NaN]], "sources_to_targets": [[{"time": NaN}]]}',
        b'{"code": "Ok", "durations": [[1e999]], "sources_to_targets": [[{"time": 1e999}]]}',
        b'{"code": "Ok", "durations": [[true]], "sources_to_targets": [[{"time": true}]]}',
        b'{"code": "Ok", "durations": 1, "sources_to_targets": 1}',
        b'{"code": "Ok", "durations": [1], "sources_to_targets": [1]}',
        b'{"code": "Ok", "durations": [[1' + b"0" * 400 + b']], "sources_to_targets": [[{"time": 1'
        + b"0" * 400 + b"}]]}",
    ],
)  # fmt: skip
def test_an_answer_that_cannot_be_used_is_an_error_in_one_line(
    router: type[Osrm | Valhalla], answer: bytes | int
) -> None:
    with serving(lambda _path, _body: answer) as url, pytest.raises(RouterError) as caught:
        router(Server(url)).times([Start(1, 2)], [(3, 4)])
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_a_server_that_is_away_or_never_answers_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        with pytest.raises(RouterError, match="timed out"):
            Osrm(Server(url, timeout_s=0.1)).times([Start(1, 2)], [(3, 4)])
    with pytest.raises(RouterError):
        Osrm(Server(url, timeout_s=0.1)).times([Start(1, 2)], [(3, 4)])


def test_while_the_server_fails_straight_lines_answer_and_it_is_told() -> None:
    line = straight(DispatchSettings())
    with serving(lambda _path, _body: 500) as url:
        both = Fallback(Osrm(Server(url)), line)
        times = both.times([Start(112, 28)], [(112.1, 28.0)])
        assert times.trouble == f"{url}: answered 500"
    assert (times.by, times.s) == ("straight", line.times([Start(112, 28)], [(112.1, 28.0)]).s)
    with serving(osrm) as url:
        fine = Fallback(Osrm(Server(url)), line).times([Start(1, 2)], [(3, 4)])
    assert (fine.by, fine.trouble, fine.s) == ("osrm", "", [[2.0]])


def test_nothing_is_asked_where_there_is_nothing_to_ask() -> None:
    server = Server("http://127.0.0.1:1")
    assert Osrm(server).times([], [(1, 2)]).s == []
    assert Valhalla(server).times([Start(1, 2)], []).s == [[]]
    assert straight(DispatchSettings()).times([Start(1, 2)], []).s == [[]]


def test_only_http_is_spoken() -> None:
    with pytest.raises(ValueError, match="expected http"):
        Server("file:///etc/hosts")

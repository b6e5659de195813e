import signal
import socket
import threading

import httpx
import pytest

from console.app import create_app
from console.server import ConsoleServer, ListenError, PortTakenError
from tests.unit.console.fakes import fake_ports, settings


def server(port: int = 0, host: str = "127.0.0.1") -> ConsoleServer:
    return ConsoleServer(create_app(fake_ports(), settings()), host, port)


def test_it_answers_as_soon_as_it_has_started_and_no_longer_once_stopped() -> None:
    console = server()
    url = console.start()
    assert httpx.get(f"{url}healthz").json() == {"status": "alive"}
    console.stop()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}healthz")
    console.stop()  # twice is harmless


def test_a_taken_port_is_one_clear_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortTakenError) as taken:
            server(port)
    assert str(port) in str(taken.value)
    assert "\n" not in str(taken.value)


@pytest.mark.parametrize("host", ["no such host", "203.0.113.1"])
def test_an_address_that_is_not_ours_is_one_clear_line(host: str) -> None:
    with pytest.raises(ListenError, match=host) as wrong:
        server(host=host)
    assert "\n" not in str(wrong.value)
    assert not isinstance(wrong.value, PortTakenError)


def test_a_port_can_be_had_again_at_once() -> None:
    console = server()
    port = int(console.start().rstrip("/").rsplit(":", 1)[1])
    with httpx.Client(base_url=console.url) as http:
        assert http.get("/healthz").status_code == 200
        console.stop()
    again = server(port)
    assert httpx.get(f"{again.start()}healthz").status_code == 200
    again.stop()


@pytest.mark.parametrize(("host", "shown"), [("0.0.0.0", "127.0.0.1"), ("::1", "[::1]")])  # noqa: S104 - the case itself
def test_the_address_shown_can_be_opened(host: str, shown: str) -> None:
    if ":" in host and not socket.has_ipv6:
        return
    try:
        console = server(host=host)
    except ListenError:
        assert ":" in host, "only IPv6 may be missing on a machine"
        return
    assert f"//{shown}:" in console.url
    assert httpx.get(f"{console.start()}healthz").status_code == 200
    console.stop()


def test_signals_and_threads_are_left_as_they_were() -> None:
    signals = (signal.SIGINT, signal.SIGTERM)
    before, threads = [signal.getsignal(s) for s in signals], threading.active_count()
    console = server()
    console.start()
    assert [signal.getsignal(s) for s in signals] == before
    console.stop()
    assert [thread.name for thread in threading.enumerate()].count("console") == 0
    assert threading.active_count() <= threads + 1  # a worker may be on its way out


def test_an_app_that_cannot_start_says_so() -> None:
    app = create_app(fake_ports(), settings())

    class Broken:
        def __init__(self, inner) -> None:
            self.state = inner.state

        async def __call__(self, scope, receive, send) -> None:
            if scope["type"] == "lifespan":
                await receive()
                await send({"type": "lifespan.startup.failed", "message": "no"})

    console = ConsoleServer(Broken(app), "127.0.0.1", 0)
    with pytest.raises(ListenError, match="did not start"):
        console.start()

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import httpx
import pytest
from fastapi import FastAPI

from console.app import create_app
from console.feed import Feed
from console.notify import Notifier
from console.page import PAGE
from console.ports import Ports
from console.server import ConsoleServer
from tests.unit.console.fakes import TOKEN, fake_ports, settings


@dataclass(frozen=True)
class Console:
    url: str
    app: FastAPI
    ports: Ports
    notifier: Notifier
    http: httpx.Client  # signed in by token
    anonymous: httpx.Client

    @property
    def feed(self) -> Feed:
        return self.app.state.feed


@contextmanager
def serving(ports: Ports | None = None, page=PAGE, **changes) -> Iterator[Console]:
    """A console over fakes on a real socket."""
    ports, notifier = ports or fake_ports(), Notifier()
    app = create_app(ports, settings(**changes), notifier, page)
    server = ConsoleServer(app, "127.0.0.1", 0)
    url = server.start()
    try:
        with (
            httpx.Client(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}) as http,
            httpx.Client(base_url=url) as anonymous,
        ):
            yield Console(url, app, ports, notifier, http, anonymous)
    finally:
        server.stop()


@pytest.fixture(scope="module")
def running() -> Iterator[Console]:
    with serving(wrong_tokens_per_minute=1000) as console:
        yield console


@pytest.fixture
def console(running: Console) -> Console:
    """The module's server, with nothing in it and nobody signed in.

    Its live feed still follows the ledger it was started with: tests of the stream start their own.
    """
    ports = running.app.state.ports = fake_ports()
    running.anonymous.cookies.clear()
    running.http.cookies.clear()
    return replace(running, ports=ports)

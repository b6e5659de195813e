"""The page in headless Chromium, served by the real console over fakes."""

import json
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from console.app import create_app
from console.notify import Notifier
from console.page import PAGE
from console.ports import Json, Ports
from console.server import ConsoleServer
from tests.unit.console import fakes

PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS)

_FLAGS = (
    "--no-sandbox",  # a container's root has no other way
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def missing(what: str) -> None:
    """Fail where every service must be there, else skip with the reason."""
    if os.environ.get("REQUIRE_SERVICES") == "1":
        pytest.fail(what)
    pytest.skip(what)


# not for the session: Playwright keeps an event loop in this thread, and other tests run their own
@pytest.fixture(scope="module")
def playwright_here() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def chromium(playwright_here: Playwright) -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        missing("chromium is not installed (Debian: apt-get install chromium)")
    if not (PAGE / "index.html").is_file():
        missing("the page is not built (make page)")
    browser = playwright_here.chromium.launch(executable_path=program, args=list(_FLAGS))
    yield browser
    browser.close()


class Site:
    """The console over fakes on one port, which can go away and come back."""

    def __init__(self, ports: Ports) -> None:
        self.ports = ports
        self._notifier = Notifier()
        self._server = self._make(0)
        self.url = self._server.start()

    def _make(self, port: int) -> ConsoleServer:
        app = create_app(self.ports, fakes.settings(), self._notifier)
        return ConsoleServer(app, "127.0.0.1", port)

    def stop(self) -> None:
        self._server.stop()

    def start(self) -> None:
        self._server = self._make(urlsplit(self.url).port or 0)
        self._server.start()

    def open_incident(self, vehicle_id: str = "car-1", level: str = "blue") -> Json:
        """An incident that begins now, where its vehicle is."""
        row = [str(known) for known in self.ports.fleet.ids].index(vehicle_id)
        lon, lat = self.ports.fleet.place(row)
        incident = self.ports.incidents.open(
            vehicle_id, level=level, lon=lon, lat=lat, t=time.time()
        )
        self.ports.fleet.set_level(row, 1 + fakes.LEVELS.index(level))
        self._notifier.wake()
        return incident

    def raise_to(self, incident: Json, level: str, reason: str) -> None:
        self.ports.incidents.rise(incident["id"], level, reason, time.time())
        self._notifier.wake()


@dataclass
class Visit:
    """One look at the page, with what the browser asked for and complained of."""

    page: Page
    url: str
    requested: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    forgiven: list[str] = field(default_factory=list)

    def go(self, fragment: str = "") -> None:
        self.page.goto(self.url + fragment)

    def sign_in(self) -> None:
        self.go(f"#token={quote(fakes.TOKEN)}")
        self.page.locator(".console").wait_for()

    def forgive(self, pattern: str) -> None:
        """An error that the test brings about itself."""
        self.forgiven.append(pattern)

    def complaints(self) -> list[str]:
        return [e for e in self.errors if not any(re.search(p, e) for p in self.forgiven)]

    def strangers(self) -> list[str]:
        """Requests that left for another origin; `data:` and `blob:` go nowhere."""
        home = urlsplit(self.url).netloc
        return [
            url
            for url in self.requested
            if urlsplit(url).scheme not in {"data", "blob"} and urlsplit(url).netloc != home
        ]

    def until(self, true: Callable[[], bool], what: str) -> None:
        """Look again and again; polls from here, because the page's policy forbids `eval`."""
        deadline = time.monotonic() + PATIENCE_MS / 1000
        while not true():
            if time.monotonic() > deadline:
                pytest.fail(f"never came true: {what}")
            self.page.wait_for_timeout(50)

    def drawn(self) -> dict[str, int]:
        """The map's counts: frames, drawCalls, drawn, uploads, and `known` vehicles."""
        return json.loads(
            self.page.evaluate(
                "() => JSON.stringify(window.vehicleguard"
                " ? {...window.vehicleguard.draw, known: window.vehicleguard.known()}"
                " : {frames: 0, drawCalls: 0, drawn: 0, uploads: 0, known: 0})"
            )
        )


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site(fakes.fake_ports(12))
    site.ports.fleet.move(time.time())
    yield site
    site.stop()


@pytest.fixture
def look(chromium: Browser) -> Iterator[Callable[..., Visit]]:
    """`look(site, **context)` opens a fresh browser context; nothing may leave the host or fail."""
    visits: list[Visit] = []

    def open_context(site: Site, **options: object) -> Visit:
        # Small, because the map is drawn without a graphics card.
        settings = {"locale": "en-GB", "viewport": {"width": 1000, "height": 640}, **options}
        context = chromium.new_context(**settings)
        context.set_default_timeout(PATIENCE_MS)
        visit = Visit(context.new_page(), site.url)
        page = visit.page
        page.on("request", lambda request: visit.requested.append(request.url))
        page.on("pageerror", lambda error: visit.errors.append(f"exception: {error}"))
        page.on(
            "console",
            lambda said: visit.errors.append(said.text) if said.type == "error" else None,
        )
        visits.append(visit)
        return visit

    yield open_context
    for visit in visits:
        visit.page.context.close()
    for visit in visits:
        assert visit.strangers() == []
        assert visit.complaints() == []

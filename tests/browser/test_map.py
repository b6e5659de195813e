import base64
import time

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Site
from tests.unit.console import fakes

pytestmark = pytest.mark.service

MANY = 30_000
# Of the dark theme: a moving vehicle (thinned over the ground) and a blue incident.
MOVING = (66, 172, 165)
BLUE = (61, 149, 245)


@pytest.fixture
def many():
    site = Site(fakes.fake_ports(MANY))
    site.ports.fleet.move(time.time())
    yield site
    site.stop()


def test_thirty_thousand_vehicles_are_one_draw_call_a_frame(many, look):
    visit = look(many)
    visit.sign_in()
    visit.until(lambda: visit.drawn()["drawn"] == MANY, "every vehicle is drawn")
    before = visit.drawn()

    def moved_on():
        many.ports.fleet.move(time.time(), 1 / 30)
        now = visit.drawn()
        return now["uploads"] >= before["uploads"] + 4 and now["frames"] >= before["frames"] + 4

    visit.until(moved_on, "frames keep coming while a thirtieth of the fleet moves each second")
    after = visit.drawn()
    assert after["drawn"] == after["known"] == MANY
    assert after["drawCalls"] - before["drawCalls"] == after["frames"] - before["frames"]

    many.open_incident("car-77", "red")
    raised = visit.drawn()

    def drawn_apart():
        now = visit.drawn()
        return now["drawCalls"] - raised["drawCalls"] > now["frames"] - raised["frames"]

    visit.until(drawn_apart, "its vehicle is drawn by a call of its own, above the names")
    assert visit.drawn()["drawn"] == MANY


def test_vehicles_are_seen_not_only_counted(many, look, chromium):
    many.open_incident("car-9", "blue")
    visit = look(many, color_scheme="dark")
    visit.sign_in()
    visit.until(lambda: visit.drawn()["drawn"] == MANY, "all are drawn")
    for what, colour in (("moving vehicles", MOVING), ("the incident's circle", BLUE)):
        visit.until(
            lambda colour=colour: (
                pixels_near(chromium, visit.page.locator(".map").screenshot(), colour) > 60
            ),
            f"{what} on the map",
        )


def test_a_vehicle_under_the_pointer_tells_about_itself(site, look):
    # One vehicle in the middle of what the map shows first.
    fleet = site.ports.fleet
    west, south, east, north = fakes.BOUNDS
    fleet._lon[:], fleet._lat[:] = west, south
    fleet._lon[0], fleet._lat[0] = (west + east) / 2, (south + north) / 2
    fleet._moving[:] = False
    fleet.move(time.time())
    visit = look(site)
    visit.sign_in()
    visit.until(lambda: visit.drawn()["drawn"] == len(fleet.ids), "all are drawn")
    canvas = visit.page.locator("canvas.maplibregl-canvas")
    card = visit.page.locator(".vehicle-card")

    def found():
        # Asked anew each time: the map may still be fitting itself to the fleet.
        box = canvas.bounding_box()
        x, y = visit.page.evaluate(
            "([lon, lat]) => window.vehicleguard.project(lon, lat)",
            [fleet._lon[0], fleet._lat[0]],
        )
        # Two steps: a pointer that rests is where its last move ended.
        visit.page.mouse.move(box["x"] + x - 40, box["y"] + y - 40)
        visit.page.mouse.move(box["x"] + x, box["y"] + y)
        visit.page.wait_for_timeout(200)
        return card.count() > 0

    visit.until(found, "the pointer finds the vehicle")
    expect(card).to_contain_text("car-1")
    expect(card).to_contain_text("Parked")
    expect(card).to_contain_text("Armed")


@pytest.fixture
def nobody():
    ports = fakes.fake_ports(0)
    ports.fleet.ids = np.array([], dtype="U8")
    site = Site(ports)
    yield site
    site.stop()


def test_no_vehicles_yet_is_said(nobody, look):
    visit = look(nobody)
    visit.sign_in()
    expect(visit.page.locator(".map-note")).to_have_text("Waiting for the first fix…")


@pytest.mark.parametrize(("motion", "moves"), [("reduce", False), ("no-preference", True)])
def test_red_pulses_only_where_the_reader_allows_motion(site, look, motion, moves):
    site.open_incident("car-1", "red")
    visit = look(site, reduced_motion=motion)
    visit.sign_in()
    pulse = visit.page.locator(".pulse")
    expect(pulse).to_have_count(1)
    name = pulse.evaluate("e => getComputedStyle(e, '::before').animationName")
    assert (name != "none") is moves


def pixels_near(chromium, png: bytes, colour: tuple[int, int, int]) -> int:
    """How many pixels of a picture have about this colour; the browser itself reads the PNG."""
    page = chromium.new_page()
    try:
        return page.evaluate(
            """async ([picture, colour]) => {
              const image = new Image();
              image.src = `data:image/png;base64,${picture}`;
              await image.decode();
              const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
              canvas.drawImage(image, 0, 0);
              const { data } = canvas.getImageData(0, 0, image.width, image.height);
              let near = 0;
              for (let i = 0; i < data.length; i += 4)
                if (colour.every((value, k) => Math.abs(data[i + k] - value) < 30)) near += 1;
              return near;
            }""",
            [base64.b64encode(png).decode(), list(colour)],
        )
    finally:
        page.close()

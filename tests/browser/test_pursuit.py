"""The pursuit of a red incident on the page: drawn, said in both languages, gone when over."""

import pytest
from playwright.sync_api import expect

from tests.browser.test_map import pixels_near

pytestmark = pytest.mark.service

OUTLINE = (199, 63, 70)
"""Of the dark theme: the red of a sector's line over the ground of a county."""


def choose(visit) -> None:
    card = visit.page.locator(".card").first
    card.locator("button, .card-body").first.click()


def outlined(visit, chromium) -> int:
    return pixels_near(chromium, visit.page.locator(".map").screenshot(), OUTLINE)


def test_the_sectors_of_a_red_incident_are_drawn_with_their_age(site, look, chromium) -> None:
    site.open_incident("car-1", "red")
    visit = look(site, color_scheme="dark", reduced_motion="reduce")
    visit.sign_in()
    note = visit.page.locator(".pursuit-note")
    expect(note).to_have_count(0)
    before = outlined(visit, chromium)
    choose(visit)
    expect(note).to_contain_text("Last seen 4")
    expect(note).to_contain_text("going east")
    expect(note).to_contain_text("after 5 min")
    visit.until(lambda: outlined(visit, chromium) > before + 200, "sectors on the map")


def test_a_pursuit_is_said_in_chinese_and_ends_with_the_incident(site, look) -> None:
    incident = site.open_incident("car-1", "red")
    visit = look(site, locale="zh-CN", reduced_motion="reduce")
    visit.sign_in()
    choose(visit)
    note = visit.page.locator(".pursuit-note")
    expect(note).to_contain_text("最后位置：4")
    expect(note).to_contain_text("朝东")
    visit.forgive("409")  # asked for just before the page heard that it was closed
    site.ports.incidents.act(incident["id"], "close", "someone", "found", "recovered")
    expect(note).to_have_count(0)


def test_what_is_not_red_has_no_pursuit(site, look) -> None:
    site.open_incident("car-1", "yellow")
    visit = look(site)
    visit.sign_in()
    choose(visit)
    expect(visit.page.locator(".detail")).to_contain_text("car-1")
    expect(visit.page.locator(".pursuit-note")).to_have_count(0)
    assert not [url for url in visit.requested if url.endswith("/pursuit")]

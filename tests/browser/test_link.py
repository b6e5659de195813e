import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.service

NOBODY_ANSWERS = "ERR_|Failed to load resource"


def lamp(visit):
    return visit.page.locator(".lamp")


def test_the_lamp_tells_live_lost_and_live_again(site, look):
    visit = look(site)
    visit.sign_in()
    visit.forgive(NOBODY_ANSWERS)
    expect(lamp(visit)).to_have_attribute("data-link", "live")
    expect(lamp(visit)).to_contain_text("Live · data 0.0 s behind")
    site.stop()
    expect(lamp(visit)).to_have_attribute("data-link", "reconnecting")
    expect(lamp(visit)).to_have_attribute("data-link", "lost")
    expect(visit.page.locator(".lost-banner")).to_contain_text("Connection lost — showing")
    expect(visit.page.locator(".map")).to_have_attribute("data-link", "lost")
    site.start()
    expect(lamp(visit)).to_have_attribute("data-link", "live")
    expect(visit.page.locator(".lost-banner")).to_have_count(0)


def test_what_happened_while_away_appears_once(site, look):
    known = site.open_incident("car-1", "blue")
    visit = look(site)
    visit.sign_in()
    visit.forgive(NOBODY_ANSWERS)
    cards = visit.page.locator(".card")
    expect(cards).to_have_count(1)
    expect(lamp(visit)).to_have_attribute("data-link", "live")
    site.stop()
    expect(lamp(visit)).to_have_attribute("data-link", "reconnecting")
    site.raise_to(known, "yellow", "left_fence")
    missed = site.open_incident("car-2", "red")
    site.start()
    expect(cards).to_have_count(2)
    expect(cards.first).to_have_attribute("data-incident", missed["id"])
    expect(cards.last.locator(".level")).to_have_text("Yellow")
    after = site.open_incident("car-3")
    expect(cards.first).to_have_attribute("data-incident", after["id"])
    expect(cards).to_have_count(3)


def test_a_slow_pipeline_and_a_dead_broker_do_not_look_live(site, look, monkeypatch):
    visit = look(site)
    visit.sign_in()
    expect(lamp(visit)).to_have_attribute("data-link", "live")
    sound = site.ports.pipeline.status
    monkeypatch.setattr(site.ports.pipeline, "status", lambda: {**sound(), "lag_ms": 42_000.0})
    expect(lamp(visit)).to_have_attribute("data-link", "warn")
    expect(lamp(visit)).to_contain_text("Data 42.0 s behind")
    monkeypatch.setattr(site.ports.pipeline, "status", lambda: {**sound(), "broker": "down"})
    expect(lamp(visit)).to_contain_text("no messages from terminals")


def test_a_page_opened_before_the_server_comes_in_by_itself(site, look):
    visit = look(site)
    visit.forgive(NOBODY_ANSWERS)
    visit.sign_in()
    visit.page.route("**/api/**", lambda route: route.abort())
    visit.go()
    expect(visit.page.locator(".door-card")).to_contain_text("The server cannot be reached")
    visit.page.unroute("**/api/**")
    visit.page.locator(".console").wait_for()
    expect(lamp(visit)).to_have_attribute("data-link", "live")


def test_an_ended_session_leads_to_the_door(site, look):
    visit = look(site)
    visit.sign_in()
    visit.forgive("401|Failed to load resource")
    expect(lamp(visit)).to_have_attribute("data-link", "live")
    visit.page.context.clear_cookies()
    expect(visit.page.locator("#token")).to_be_visible()
    expect(visit.page.locator(".card")).to_have_count(0)

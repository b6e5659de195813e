import pytest
from playwright.sync_api import expect

from console.ports import IllegalMoveError

pytestmark = pytest.mark.service


def card_of(visit, incident):
    return visit.page.locator(f".card[data-incident='{incident['id']}']")


def test_an_incident_appears_without_a_reload(site, look):
    visit = look(site)
    visit.sign_in()
    expect(visit.page.locator(".empty")).to_contain_text("All quiet")
    incident = site.open_incident("car-3", "red")
    expect(card_of(visit, incident)).to_contain_text("car-3")
    expect(visit.page.locator(".empty")).to_have_count(0)


@pytest.mark.parametrize("level", ["blue", "yellow", "red"])
def test_a_level_has_a_colour_a_shape_and_a_word(site, look, level):
    shape = {"blue": "circle", "yellow": "triangle", "red": "diamond"}[level]
    zh = {"blue": "蓝", "yellow": "黄", "red": "红"}[level]
    incident = site.open_incident("car-1", level)
    for locale, wanted in (("en", level.capitalize()), ("zh-CN", zh)):
        visit = look(site, locale=locale)
        visit.sign_in()
        card = card_of(visit, incident)
        expect(card.locator(".level")).to_have_text(wanted)
        expect(card.locator(".mark")).to_have_attribute("data-shape", shape)
        colours = card.locator(".mark").evaluate("mark => getComputedStyle(mark).fill")
        token = visit.page.locator("html").evaluate(
            "(root, level) => { const probe = document.createElement('i');"
            " probe.style.color = `var(--${level})`; document.body.append(probe);"
            " return getComputedStyle(probe).color; }",
            level,
        )
        assert colours == token


def test_a_rise_changes_the_card_in_place_and_says_why(site, look):
    incident = site.open_incident("car-1", "blue")
    visit = look(site, locale="zh-CN")
    visit.sign_in()
    card = card_of(visit, incident)
    expect(card.locator(".level")).to_have_text("蓝")
    site.raise_to(incident, "red", "left_fence: 312 m from where it was parked, ignition off")
    expect(card.locator(".level")).to_have_text("红")
    expect(card).to_contain_text("离开停放地 · 距停放处 312 米，点火关闭")
    expect(visit.page.locator(".card")).to_have_count(1)


def test_only_a_new_red_incident_is_said_aloud(site, look):
    incident = site.open_incident("car-1", "blue")
    visit = look(site)
    visit.sign_in()
    expect(card_of(visit, incident)).to_be_visible()
    aloud = visit.page.locator("[aria-live=assertive]")
    expect(aloud).to_have_text("")
    site.raise_to(incident, "red", "left_fence")
    expect(aloud).to_contain_text("Red incident car-1")


def test_a_card_tells_town_age_and_last_fix(site, look):
    incident = site.open_incident("car-1")
    visit = look(site)
    visit.sign_in()
    card = card_of(visit, incident)
    expect(card).to_contain_text("Near ")
    expect(card).to_contain_text("Last fix")
    before = card.locator(".when").inner_text()
    visit.until(lambda: card.locator(".when").inner_text() != before, "the age ticks on")


def test_detail_opens_by_keyboard_and_gives_the_focus_back(site, look):
    incident = site.open_incident("car-2", "yellow")
    visit = look(site)
    visit.sign_in()
    card_of(visit, incident).focus()
    visit.page.keyboard.press("Enter")
    title = visit.page.locator("#detail-title")
    expect(title).to_have_text("car-2")
    expect(title).to_be_focused()
    expect(visit.page.locator(".evidence")).to_contain_text("Moved while armed")
    assert visit.page.url.endswith(f"#incident={incident['id']}")
    visit.page.go_back()
    expect(title).to_have_count(0)
    card_of(visit, incident).click()
    visit.page.get_by_role("button", name="Back to the list").click()
    expect(card_of(visit, incident)).to_be_focused()


def test_an_incident_is_signed_for_and_closed_from_the_page(site, look):
    incident = site.open_incident("car-1")
    visit = look(site)
    visit.sign_in()
    card_of(visit, incident).click()
    page = visit.page
    page.get_by_role("button", name="Sign for it").click()
    expect(page.locator(".detail-head .state")).to_have_text("Signed for")
    page.get_by_role("button", name="Close incident…").click()
    form = page.locator(".close-form")
    form.get_by_role("button", name="Close incident").click()
    expect(form.locator(".error")).to_have_text("Choose an outcome.")
    form.get_by_role("radio", name="False alarm").check()
    form.get_by_role("button", name="Close incident").click()
    expect(form.locator(".error")).to_have_text("A remark is needed.")
    form.get_by_role("textbox").fill("the owner moved it")
    form.get_by_role("button", name="Close incident").click()
    expect(page.locator(".detail-head .state")).to_have_text("Closed · False alarm")
    (stored,) = site.ports.incidents.latest()
    assert (stored["state"], stored["outcome"]) == ("closed", "false_alarm")
    page.get_by_role("button", name="Back to the list").click()
    expect(page.locator(".empty")).to_contain_text("All quiet")
    page.get_by_role("button", name="All 1").click()
    expect(card_of(visit, incident)).to_contain_text("Closed · False alarm")


def test_a_refused_action_says_why_beside_its_button(site, look, monkeypatch):
    incident = site.open_incident("car-1")
    visit = look(site)
    visit.sign_in()
    visit.forgive("409")
    card_of(visit, incident).click()

    def refuse(*args):
        raise IllegalMoveError("somebody was faster")

    monkeypatch.setattr(site.ports.incidents, "act", refuse)
    visit.page.get_by_role("button", name="Sign for it").click()
    expect(visit.page.locator(".actions .error")).to_have_text("Not done: somebody was faster")


def test_older_incidents_come_on_demand(site, look):
    for _ in range(130):
        site.open_incident("car-1")
    visit = look(site)
    visit.sign_in()
    expect(visit.page.locator(".card")).to_have_count(100)
    visit.page.get_by_role("button", name="Show older incidents").click()
    expect(visit.page.locator(".card")).to_have_count(130)


def test_a_vehicles_name_is_text_never_markup(site, look):
    name = "<img src=x onerror=alert(1)>"
    site.ports.fleet.ids = site.ports.fleet.ids.astype("U64")
    site.ports.fleet.ids[0] = name
    incident = site.open_incident(name, "red")
    visit = look(site)
    visit.sign_in()
    expect(card_of(visit, incident).locator(".plate")).to_have_text(name)

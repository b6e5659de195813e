from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from tests.unit.console import fakes

pytestmark = pytest.mark.service


def test_a_wrong_token_is_refused_in_words_and_the_right_one_opens(site, look):
    visit = look(site)
    visit.forgive("401")
    visit.go()
    page = visit.page
    field = page.get_by_label("Access token")
    expect(field).to_be_focused()
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("Enter the token.")
    field.fill("not the token")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("This token is wrong or no longer valid.")
    field.fill("不是令牌")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("This token is wrong or no longer valid.")
    field.fill(fakes.TOKEN)
    page.keyboard.press("Enter")
    page.locator(".console").wait_for()
    page.reload()
    page.locator(".console").wait_for()


def test_the_token_leaves_the_address(site, look):
    visit = look(site)
    visit.sign_in()
    assert visit.page.url == site.url
    assert all("token" not in url for url in visit.requested)
    visit.page.go_back()
    assert "token" not in visit.page.url


def test_a_wrong_token_in_the_address_leads_to_the_form(site, look):
    visit = look(site)
    visit.forgive("401")
    visit.go(f"#token={quote('not the token')}")
    expect(visit.page.locator("#token")).to_be_visible()
    assert visit.page.url == site.url


def test_signing_out_ends_the_session(site, look):
    visit = look(site)
    visit.forgive("401")
    visit.sign_in()
    visit.page.get_by_role("button", name="Sign out").click()
    expect(visit.page.locator("#token")).to_be_visible()
    visit.page.reload()
    expect(visit.page.locator("#token")).to_be_visible()


def test_the_language_follows_the_reader_and_is_remembered(site, look):
    visit = look(site, locale="zh-CN")
    visit.sign_in()
    page = visit.page
    expect(page.locator("h1")).to_have_text("行车卫士")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(page.locator(".empty")).to_contain_text("当前没有警情")
    expect(page.locator(".simulated")).to_have_text("模拟数据")
    page.get_by_role("button", name="Switch to English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator(".empty")).to_contain_text("All quiet")
    expect(page.locator(".simulated")).to_have_text("Simulated data")
    page.reload()
    expect(page.locator(".empty")).to_contain_text("All quiet")


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_the_theme_follows_the_system_and_can_be_changed(site, look, scheme):
    visit = look(site, color_scheme=scheme)
    visit.sign_in()
    root = visit.page.locator("html")
    expect(root).to_have_attribute("data-theme", scheme)
    other = "light" if scheme == "dark" else "dark"
    visit.page.get_by_role("button", name=f"Switch to {other}").click()
    expect(root).to_have_attribute("data-theme", other)
    visit.page.reload()
    expect(root).to_have_attribute("data-theme", other)


def test_the_list_works_without_webgl(site, look):
    incident = site.open_incident("car-1", "red")
    visit = look(site)
    visit.page.add_init_script(
        "const real = HTMLCanvasElement.prototype.getContext;"
        "HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {"
        " return kind.startsWith('webgl') ? null : real.call(this, kind, ...rest); };"
    )
    visit.sign_in()
    expect(visit.page.locator(".map-missing")).to_contain_text("no WebGL")
    visit.page.locator(f".card[data-incident='{incident['id']}']").click()
    expect(visit.page.locator("#detail-title")).to_have_text("car-1")


def test_every_control_is_large_enough_for_a_finger(site, look):
    site.open_incident("car-1", "red")
    visit = look(site, viewport={"width": 390, "height": 844}, has_touch=True)
    visit.sign_in()
    visit.page.locator(".card").first.wait_for()
    small = visit.page.evaluate(
        "() => [...document.querySelectorAll('button, summary, input')]"
        ".map(e => [e, e.getBoundingClientRect()])"
        ".filter(([e, r]) => r.width && (r.width < 44 || r.height < 44))"
        ".map(([e, r]) => `${e.className || e.tagName} ${r.width}x${r.height}`)"
    )
    assert small == []


@pytest.mark.parametrize("width", [320, 390, 768, 1024, 1280, 1920])
def test_nothing_runs_out_of_the_screen_sideways(site, look, width):
    site.open_incident("car-1", "red")
    visit = look(site, viewport={"width": width, "height": 800})
    visit.sign_in()
    visit.page.locator(".card").first.wait_for()
    over = visit.page.evaluate(
        "() => [...document.querySelectorAll('.top *, .panel, .card *')].filter(e =>"
        " e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.unseen'))"
        ".map(e => e.className || e.tagName)"
    )
    assert over == []


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_text_stands_out_from_its_ground(site, look, scheme):
    for level in fakes.LEVELS:
        site.open_incident("car-1", level)
    visit = look(site, color_scheme=scheme)
    visit.sign_in()
    visit.page.locator(".card").nth(2).wait_for()
    expect(visit.page.locator(".lamp")).to_have_attribute("data-link", "live")
    faint = visit.page.evaluate(CONTRAST)
    assert faint == []


# WCAG 2.2 relative luminance; grounds are laid over each other up to the first opaque one.
CONTRAST = """() => {
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const rgba = (text) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = text;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3]));
  const ground = (element) => {
    if (element === null) return [0, 0, 0];
    const own = rgba(getComputedStyle(element).backgroundColor);
    return own[3] === 1 ? own.slice(0, 3) : over(own, ground(element.parentElement));
  };
  const linear = (v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const faint = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || element.closest(".unseen, .skip, .map-host")) continue;
    const below = ground(element);
    const [a, b] = [light(over(rgba(getComputedStyle(element).color), below)), light(below)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) faint.push(`${texts.currentNode.data}: ${ratio.toFixed(2)}`);
  }
  return faint;
}"""

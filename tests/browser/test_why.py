"""An operator reads why, in either language, and files what the owner says."""

import re
import time

import pytest
from playwright.sync_api import expect

from alerts.report import Report
from alerts.vocabulary import KINDS
from alerts.words import sentence

pytestmark = pytest.mark.service

ALWAYS = {"episode": 1_700_000_000.0, "armed": "by_owner", "ignition": "off"}
EVIDENCE = {
    "left_fence": {"distance_m": 230.0, "allowed_m": 120.0, "fence": "parking", "fixes": 3},
    "kept_moving": {"fixes": 6, "speed_mps": 8.2},
    "towed": {"speed_mps": 5.0},
    "vibration_then_moved": {"vibration_s": 95.0, "distance_m": 60.0},
    "power_cut_then_moved": {"power_cut_s": 40.0, "distance_m": 230.0},
    "power_cut_then_silent": {"silent_s": 1900.0, "usual_s": 600.0},
    "tampered": {"alarms": ["tamper", "antenna"]},
    "off_habit": {"hour": 3, "usual_share": 0.02},
    "several_at_once": {"others": ["湘H-00012", "湘H-00034", "湘H-00056", "湘H-00078"]},
    "plate_in_two_places": {"plate": "湘H·12345", "camera": "K7", "apart_m": 12345.0},
}


def open_many(site):
    """An incident with a signal of every kind."""
    incident = site.open_incident("car-3", "red")
    ledger = site.ports.incidents
    for n, kind in enumerate(KINDS):
        evidence = {
            "kinds": ["place", "motion"],
            **ALWAYS,
            **EVIDENCE.get(kind, {}),
            "score": 1.3 + n / 2,
            "level": "red",
            "because": ["place", "motion", "ignition", "power"],
        }
        body = {"id": f"s-{n}", "vehicle_id": "car-3", "kind": kind, "t": time.time()}
        body |= {"t_detected": body["t"], "lon": 112.3, "lat": 28.5, "evidence": evidence}
        report = Report.from_wire(body)
        why = {"reason": sentence(report, "en"), "reason_zh": sentence(report, "zh")}
        if n:
            ledger.rise(incident["id"], "red", why["reason"], time.time(), why["reason_zh"])
        signal = ledger.one(incident["id"])["signals"][-1]
        ledger.said[signal] = {"kind": kind, "evidence": evidence, **why}
    return incident


def opened(site, look, incident, locale):
    visit = look(site, locale=locale)
    visit.sign_in()
    visit.page.locator(f".card[data-incident='{incident['id']}']").click()
    expect(visit.page.locator(".evidence")).not_to_have_count(0)
    return visit.page.locator(".detail")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_kind_is_named_in_the_pages_language(site, look, language):
    detail = opened(site, look, open_many(site), {"en": "en-GB", "zh": "zh-CN"}[language])
    names = detail.locator(".evidence .entry b")
    expect(names).to_have_text([name.of(language) for name in KINDS.values()])
    detail.locator("summary").first.click()
    expect(detail.locator(".evidence dl").first).to_be_visible()
    told = str(detail.text_content())
    assert not re.search(r"[a-z]_[a-z]", told), re.findall(r"\S*[a-z]_[a-z]\S*", told)
    wanted = {"en": "Left its place 40 s after its power was cut", "zh": "断电 40 秒后离开停放地"}
    assert wanted[language] in told
    expect(detail.locator(".chip-score").first).to_contain_text(
        {"en": "Score", "zh": "得分"}[language]
    )


def test_the_owners_word_stolen_raises_to_red_at_once(site, look):
    incident = site.open_incident("car-1", "blue")
    detail = opened(site, look, incident, "en-GB")
    detail.get_by_role("button", name="Stolen").click()
    expect(detail.locator(".detail-head .level")).to_have_text("Red incident")
    expect(detail.locator(".detail-head")).to_contain_text("Owner: stolen")
    expect(detail.get_by_role("button", name="Stolen")).to_be_disabled()


def test_its_me_asks_for_a_remark_and_closes_as_a_false_alarm(site, look):
    incident = site.open_incident("car-1", "yellow")
    detail = opened(site, look, incident, "zh-CN")
    detail.get_by_role("button", name="是本人").click()
    detail.get_by_role("button", name="结案").click()
    expect(detail.locator("[role=alert]")).to_contain_text("请填写说明")
    detail.locator("textarea").fill("车借给了弟弟")
    detail.get_by_role("button", name="结案").click()
    expect(detail.locator(".detail-head .state")).to_contain_text("误报")
    expect(detail.locator(".actions")).to_have_count(0)


def test_the_police_confirm_on_the_page(site, look):
    incident = site.open_incident("car-1", "blue")
    detail = opened(site, look, incident, "en-GB")
    detail.get_by_role("button", name="Confirmed").click()
    expect(detail.locator(".detail-head .level")).to_have_text("Red incident")
    expect(detail.locator(".detail-head")).to_contain_text("Confirmed by the police")
    expect(detail.get_by_role("button", name="Confirmed")).to_be_disabled()


def test_a_level_is_lowered_on_the_page_with_its_reason(site, look):
    incident = site.open_incident("car-1", "red")
    detail = opened(site, look, incident, "en-GB")
    detail.get_by_role("button", name="Lower…").click()
    form = detail.locator(".close-form")
    expect(form.get_by_role("radio")).to_have_count(2)
    form.get_by_role("button", name="Lower").click()
    expect(form.locator("[role=alert]")).to_have_text("Choose a level.")
    form.get_by_role("radio", name="Blue").check()
    form.get_by_role("button", name="Lower").click()
    expect(form.locator("[role=alert]")).to_have_text("A remark is needed.")
    form.get_by_role("textbox").fill("on a lorry of ours")
    form.get_by_role("button", name="Lower").click()
    expect(detail.locator(".detail-head .level")).to_have_text("Blue incident")
    expect(detail.get_by_role("button", name="Lower…")).to_have_count(0)

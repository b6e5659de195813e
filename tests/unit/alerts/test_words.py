"""Every kind and every piece of evidence has words in both languages, numbers with units."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.vocabulary import ALARMS, BECAUSE, KINDS
from alerts.words import sentence
from tests.unit.alerts.reports import said

EVIDENCE: dict[str, object] = {
    "distance_m": 230.4,
    "allowed_m": 120.0,
    "fence": "depot-7",
    "fixes": 6,
    "speed_mps": 5.0,
    "silent_s": 5400.0,
    "usual_s": 600.0,
    "vibration_s": 35.0,
    "power_cut_s": 40.0,
    "alarms": ["tamper", "antenna"],
    "others": ["a", "b", "c", "d", "e"],
    "plate": "湘H·12345",
    "camera": "cam-3",
    "cause": "cloned",
    "apart_m": 12_345.0,
    "needed_mps": 100.0,
    "hour": 3,
    "usual_share": 0.02,
    "ignition": "off",
    "armed": "by_owner",
}
TOLD = {
    "en": {
        "distance_m": "230 m",
        "allowed_m": "120 m",
        "fence": "depot-7",
        "fixes": "6 ",
        "speed_mps": "18 km/h",
        "silent_s": "90 min",
        "usual_s": "10 min",
        "vibration_s": "35 s",
        "power_cut_s": "40 s",
        "alarms": "tampering, antenna",
        "others": "a, b, c, 2 more",
        "plate": "湘H·12345",
        "camera": "cam-3",
        "cause": "another vehicle under this plate",
        "apart_m": "12.3 km",
        "needed_mps": "360 km/h",
        "hour": "03:00",
        "usual_share": "2 %",
        "ignition": "ignition off",
        "armed": "armed by the owner",
    },
    "zh": {
        "distance_m": "230 米",
        "allowed_m": "120 米",
        "fence": "depot-7",
        "fixes": "6 个定位",
        "speed_mps": "时速 18 公里",
        "silent_s": "90 分钟",
        "usual_s": "10 分钟",
        "vibration_s": "35 秒",
        "power_cut_s": "40 秒",
        "alarms": "拆动、天线异常",
        "others": "a、b、c、另 2 辆",
        "plate": "湘H·12345",
        "camera": "cam-3",
        "cause": "疑似套牌车",
        "apart_m": "12.3 公里",
        "needed_mps": "时速 360 公里",
        "hour": "3 时",
        "usual_share": "2%",
        "ignition": "钥匙关闭",
        "armed": "由车主设防",
    },
}


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("kind", [*KINDS, "not_known_yet"])
def test_every_kind_tells_all_of_its_evidence_in_both_languages(kind: str, language: str) -> None:
    text = sentence(said(kind, EVIDENCE), language)
    assert [key for key, words in TOLD[language].items() if words not in text] == []
    assert "{" not in text
    assert ("_" in text) == (kind == "not_known_yet")


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_without_evidence_is_called_by_its_name(kind: str) -> None:
    report = said(kind, {})
    assert sentence(report, "en") == KINDS[kind].en
    assert sentence(report, "zh") == KINDS[kind].zh


def test_no_name_is_left_in_the_other_language() -> None:
    for name in [*KINDS.values(), *BECAUSE.values(), *ALARMS.values()]:
        assert re.fullmatch(r"[\x20-\x7e]+", name.en)
        assert re.search(r"[\u4e00-\u9fff]", name.zh)


def test_a_sentence_reads_as_a_person_would_say_it() -> None:
    report = said(
        "power_cut_then_moved",
        {
            "power_cut_s": 40.0,
            "distance_m": 230.0,
            "fence": "parking",
            "ignition": "off",
            "armed": "by_owner",
            "kinds": ["power"],
            "score": 5.2,
        },
    )
    assert sentence(report, "zh") == "断电 40 秒后离开停放地 230 米，钥匙关闭，由车主设防"
    assert sentence(report, "en") == (
        "Left its place 40 s after its power was cut, 230 m by now, ignition off, "
        "armed by the owner"
    )


def test_a_zone_rule_says_what_it_watches_and_where() -> None:
    report = said(
        "zone_rule",
        {
            "rule": "r1",
            "rule_name": "No entry",
            "when": "enter",
            "zone_name": "Dock",
            "severity": "red",
        },
    )
    assert sentence(report, "en") == "No entry: it entered Dock"
    assert sentence(report, "zh") == "No entry：驶入Dock"


def test_what_is_unknown_or_of_another_type_is_not_said() -> None:
    report = said(
        "towed",
        {"ignition": "unknown", "distance_m": None, "speed_mps": float("nan"), "armed": 3, "x": {}},
    )
    assert sentence(report, "en") == "Towed away"


VALUE = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.lists(st.text() | st.integers())
    | st.dictionaries(st.text(), st.text())
)


@given(
    st.sampled_from([*KINDS, "new_kind"]),
    st.dictionaries(
        st.sampled_from([*EVIDENCE, "when", "zone_name", "rule_name", "new_thing_m"]), VALUE
    ),
)
def test_no_evidence_however_odd_is_an_error(kind: str, evidence: dict[str, object]) -> None:
    for language in ("en", "zh"):
        assert sentence(said(kind, evidence), language)

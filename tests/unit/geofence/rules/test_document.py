"""Every error of a rules file is told at once, with its place."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geofence.rules.book import RuleBook
from geofence.rules.document import Document, RuleProblem, RulesError
from streams.rules import RuleFile

ROOT = Path(__file__).parents[4]
GOOD = """
[left_fence]
radius_m = 100

[schedules.night]
windows = ["Mon-Fri 22:00-06:00", "周六,周日"]
time_zone = "Asia/Shanghai"
holidays = ["national"]

[holidays.national]
dates = ["2026-10-01..2026-10-07", 2026-01-01]
as = "Sun"

[[zone_rule]]
id = "cars_leave_at_night"
name = "夜间驶离"
zones = ["car-park"]
vehicles = { any = ["rental"], except = ["staff"] }
when = "exit"
schedule = "night"
cool_down_s = 600
severity = "red"

[[zone_rule]]
id = "loiter"
zones = { any = ["school"], not = ["closed"] }
when = "dwell"
dwell_s = 900
"""


def errors(text: str, syntax: str = "toml") -> list[str]:
    with pytest.raises(RulesError) as caught:
        RuleFile.of_document(Document.parse(text, syntax, "rules"))
    assert "\n" not in str(caught.value)
    return caught.value.lines()


def test_one_file_holds_thresholds_and_zone_rules(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(GOOD, "utf-8")
    held = RuleFile.read(path)
    assert RuleFile.read(path).thresholds().left_fence.radius_m == 100
    assert [rule.id for rule in held.book().rules] == ["cars_leave_at_night", "loiter"]
    content = RuleFile.published(path)
    assert RuleFile.of(content) == held
    (tmp_path / "rules.json").write_text(json.dumps(content.data), "utf-8")
    assert RuleFile.read(tmp_path / "rules.json") == held
    assert RuleFile.published(tmp_path / "rules.json").digest == content.digest


def test_all_errors_are_told_with_line_column_key_and_what_was_expected() -> None:
    text = """\
[left_fence]
radius_m = "wide"
[schedules.night]
windows = ["Mon-Fri 22:00-26:00"]
holidays = ["cn"]
[[zone_rule]]
id = "a"
zones = []
when = "entr"
schedul = "night"
[[zone_rule]]
id = "a"
zones = "all"
when = "dwell"
"""
    with pytest.raises(RulesError) as caught:
        RuleFile.of_document(Document.parse(text, "toml", "rules.toml"))
    assert (
        "\n".join(caught.value.lines())
        == """\
rules.toml:2:12: left_fence.radius_m: expected a number, unable to parse string as a number, \
found "wide"
rules.toml:4:12: schedules.night.windows[0]: expected a time from 00:00 to 24:00, found 26:00
rules.toml:5:13: schedules.night.holidays[0]: expected the name of a [holidays.NAME] \
(there is none), found "cn"
rules.toml:8:9: zone_rule[0].zones: expected tags in "any" or "all", zones in "ids", or "all", \
found {"any": []}
rules.toml:9:8: zone_rule[0].when: expected "enter", "exit", "inside", "outside", "cross", \
"dwell", "approach" or "speeding", found "entr"
rules.toml:10:1: zone_rule[0].schedul: unknown key; did you mean schedule?
rules.toml:11:1: zone_rule[1].dwell_s: expected with when = "dwell"
rules.toml:12:6: zone_rule[1].id: expected an id of its own, zone_rule[0] is "a" too"""
    )


@pytest.mark.parametrize(
    ("text", "syntax", "expected"),
    [
        ("a = ", "toml", "rules:1:1: not TOML: Invalid value (at end of document)"),
        ("x = 1\n[[a]\n", "toml", "rules:2:4: not TOML: Expected ']]' at the end of an array decl"),
        ('{\n "a" 1}', "json", "rules:2:6: not JSON: Expecting ':' delimiter"),
        ('{"a": 1, "a": 2}', "json", 'rules: not JSON: key "a" stands twice in one object'),
        ('{"a": NaN}', "json", "rules: not JSON: NaN is no JSON number"),
        ("[]", "json", "rules:1:1: expected an object of keys, found []"),
        ("[" * 100_000, "json", "rules: not JSON: nested too deeply"),
    ],
)
def test_a_text_that_is_no_toml_or_json_says_where(text: str, syntax: str, expected: str) -> None:
    (told,) = errors(text, syntax)
    assert told.startswith(expected)


def test_places_are_found_in_json_too() -> None:
    text = '{"zone_rule": [\n  {"id": "湖", "zones":\n    ["湖南", 7], "when": "enter"}]}'
    assert errors(text, "json") == ["rules:3:12: zone_rule[0].zones[1]: expected a string, found 7"]


def test_places_are_found_under_every_way_to_write_a_key() -> None:
    text = """\
left_fence.radius_m = 0
[schedules."day off"]
windows = [
  # a comment
  "Mon",
  "Foo",
]
[[zone_rule]]
id = 'a'
zones = { any = ["x"], 'al' = 1 }
when = "enter"
[zone_rule.vehicles]
an = []
"""
    assert [told.split(": ")[:2] for told in errors(text)] == [
        ["rules:1:23", "left_fence.radius_m"],
        ["rules:6:3", "schedules.day off.windows[1]"],
        ["rules:10:24", "zone_rule[0].zones.al"],
        ["rules:13:1", "zone_rule[0].vehicles.an"],
    ]


@pytest.mark.parametrize("content", [b"\xff\xfe", None])
def test_a_file_that_cannot_be_read_is_an_error_and_no_trace(
    tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "rules.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RulesError, match=str(path)):
        RuleFile.read(path)


json_like = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text("ab湖", max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "zones", "when", "any", "zone_rule", "schedules", "x", "holidays"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


@given(st.dictionaries(st.sampled_from(["zone_rule", "schedules", "holidays", "y"]), json_like))
def test_whatever_a_file_holds_it_is_read_or_refused(data: dict) -> None:
    assert all(p.expected and p.line for p in problems_of(data))


def problems_of(data: dict) -> Sequence[RuleProblem]:
    try:
        RuleBook.of(data)
    except RulesError as error:
        return error.problems
    return ()


def test_the_published_schema_is_what_the_model_says() -> None:
    path = ROOT / "docs" / "rules.schema.json"
    assert json.loads(path.read_text("utf-8")) == RuleFile.as_json_schema(), (
        "run: vehicleguard rules schema > docs/rules.schema.json"
    )


def test_the_schema_accepts_what_is_read_and_refuses_unknown_keys(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(GOOD, "utf-8")
    checks = jsonschema.Draft202012Validator(RuleFile.as_json_schema())
    data = dict(RuleFile.published(path).data)
    assert list(checks.iter_errors(data)) == []
    data["zone_rule"][0]["zones"] = ["a"]
    assert list(checks.iter_errors(data)) == []
    data["zone_rule"][0]["zone"] = ["a"]
    assert len(list(checks.iter_errors(data))) == 1

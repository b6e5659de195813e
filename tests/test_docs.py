"""What the documentation says exists, and what exists is in the documentation."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from ingest.reject import RejectReason
from streams.rules import Thresholds
from vehicleguard import reference
from vehicleguard.cli import _COMMANDS
from vehicleguard.metrics import Metrics
from vehicleguard.settings import Settings

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
REFERENCE = ROOT / "docs" / "reference.md"


def keys(model: type[BaseModel], above: tuple[str, ...] = ()) -> Iterator[str]:
    for name, field in model.model_fields.items():
        default = field.get_default(call_default_factory=True)
        if isinstance(default, BaseModel):
            yield from keys(type(default), (*above, name))
        else:
            yield ".".join((*above, name))


def test_the_reference_page_is_what_the_code_declares() -> None:
    assert REFERENCE.read_text("utf-8") == reference.page(), "run: make docs"


def test_every_setting_threshold_command_reason_and_metric_is_named() -> None:
    text = REFERENCE.read_text("utf-8")
    names = [
        *keys(Settings),
        *keys(Thresholds),
        *(f"vehicleguard {command}" for command in _COMMANDS),
        *RejectReason,
        *(m.name for m in Metrics().registry.collect()),
    ]
    assert [name for name in names if name not in text] == []


def test_every_setting_and_threshold_says_what_it_means() -> None:
    rows = [*reference._settings(Settings, ()), *reference._thresholds(Thresholds, ())]
    assert [row[0] for row in rows if not row[-1]] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)\s]+)\)|<img[^>]* src=\"([^\"]+)\"", page.read_text("utf-8"))
    local = [a or b for a, b in targets if not (a or b).startswith(("http://", "https://", "#"))]
    missing = [t for t in local if not (page.parent / t.partition("#")[0]).exists()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_commands_that_a_page_gives_exist(page: Path) -> None:
    text = page.read_text("utf-8")
    code = "\n".join(
        [*re.findall(r"```sh\n(.*?)```", text, re.DOTALL), *re.findall(r"`([^`\n]+)`", text)]
    )
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z-]+):.*##", makefile, re.MULTILINE))
    named = set(re.findall(r"^(?:\S+ && )?make(?: [A-Z]+=\S+)* ([a-z-]+)", code, re.MULTILINE))
    assert named <= targets
    used = set(re.findall(r"^(?:\.venv/bin/)?vehicleguard ([a-z]+)", code, re.MULTILINE))
    assert used <= set(_COMMANDS)
    scripts = set(re.findall(r"^(?:sh |\./)?((?:deploy|\.ci)/[\w./-]+)", code, re.MULTILINE))
    assert [s for s in scripts if not (ROOT / s).exists()] == []


def test_every_decision_is_listed_and_says_why() -> None:
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text("utf-8")
    decisions = sorted(p for p in folder.glob("*.md") if p.name != "README.md")
    numbers = [int(p.name[:3]) for p in decisions]
    assert numbers == list(range(1, len(decisions) + 1))
    for decision in decisions:
        assert f"({decision.name})" in index
        text = decision.read_text("utf-8")
        for heading in ("## Context", "## Decision", "## Why not the others", "## Consequences"):
            assert heading in text, f"{decision.name}: {heading}"


def test_the_version_is_the_same_everywhere() -> None:
    version = re.search(
        r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text("utf-8"), re.MULTILINE
    )
    module = (ROOT / "vehicleguard" / "__init__.py").read_text("utf-8")
    assert version is not None
    assert f'__version__ = "{version[1]}"' in module
    assert f"## [{version[1]}]" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_pictures_are_small_enough_to_be_looked_at_from_afar() -> None:
    large = [p.name for p in (ROOT / "docs" / "images").iterdir() if p.stat().st_size > 400_000]
    assert large == []


TWINS = sorted([*ROOT.glob("*.zh-CN.md"), *ROOT.glob("docs/**/*.zh-CN.md")])


def test_the_operators_pages_are_there_in_chinese() -> None:
    named = {page.name.removesuffix(".zh-CN.md") for page in TWINS}
    assert named >= {"README", "operator", "zones", "rules", "fence-tutorial"}


@pytest.mark.parametrize("page", TWINS, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_page_in_chinese_has_what_its_english_twin_has(page: Path) -> None:
    twin = page.with_name(page.name.replace(".zh-CN", ""))
    chinese, english = (p.read_text("utf-8") for p in (page, twin))
    assert f"[English]({twin.name})" in chinese.split("\n##")[0]
    assert f"({page.name})" in english.split("\n##")[0]
    code = r"^```(\w*)\n(.*?)^```$"
    ours, theirs = (re.findall(code, text, re.MULTILINE | re.DOTALL) for text in (chinese, english))
    # a `text` block is a drawing, with words in it
    assert [one for one in ours if one[0] != "text"] == [one for one in theirs if one[0] != "text"]
    assert len(ours) == len(theirs)
    for what in (r"^#+ ", r"^\|.*\|$", r"^- ", r"^!\["):
        prose = (re.sub(code, "", t, flags=re.MULTILINE | re.DOTALL) for t in (chinese, english))
        found, wanted = (re.findall(what, text, re.MULTILINE) for text in prose)
        # headings of the same levels, and as many rows, points and pictures
        assert found == wanted if what == r"^#+ " else len(found) == len(wanted), what

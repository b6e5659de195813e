"""The pages about dialects: what they name exists, and what they show to write works."""

from __future__ import annotations

import contextlib
import io
import re
import types
from pathlib import Path
from typing import Any

import pytest

from ingest.dialects import DIALECTS, Router
from ingest.message import Message
from tests.unit.ingest.making import NOW_MS, row_of

DOCS = Path(__file__).parent.parent / "docs"
PAGE, PACKED = DOCS / "dialects.md", DOCS / "packed.md"


def block(page: Path, language: str) -> str:
    """The one block of this language on a page."""
    (found,) = re.findall(
        rf"^```{language}\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    return str(found)


@pytest.mark.parametrize("page", [PAGE, DOCS / "dialects.zh-CN.md"], ids=lambda p: p.name)
def test_every_dialect_that_comes_over_mqtt_has_its_row(page: Path) -> None:
    rows = re.findall(r"^\| `(\w+)` \|(.*)$", page.read_text("utf-8"), re.MULTILINE)
    spoken = {name: dialect for name, dialect in DIALECTS.items() if dialect.topics}
    assert {name for name, _ in rows} >= set(spoken)
    for name, text in rows:
        for topic in spoken[name].topics if name in spoken else ():
            last = topic.rsplit("/", 1)[-1]
            assert topic.split("/")[0] in text, topic
            assert last == "+" or last in text, topic


def test_the_example_of_a_new_dialect_is_whole_and_works() -> None:
    module: Any = types.ModuleType("acme")
    exec(compile(block(PAGE, "python"), "acme.py", "exec"), module.__dict__)  # noqa: S102 - our page
    router = Router([*DIALECTS.values(), module.ACME])
    payload = block(PAGE, "json").encode()
    topic = "acme/A17/position"
    assert router.name_of(topic) == "acme"
    decoded = router.decode([Message(topic, payload, NOW_MS)])
    assert row_of(decoded) == {
        "terminal": "A17",
        "t": 1767225600,
        "place": (112.355, 28.554),
        "speed_mps": 10,
        "heading_deg": None,
        "accuracy_m": None,
        "altitude_m": None,
        "flags": ["located", "ignition_known"],
        "alarms": [],
    }
    wrong = [b"?", payload.replace(b"A17", b"A18"), payload.replace(b"T08", b"T99")]
    refused = router.decode([Message(topic, body, NOW_MS) for body in wrong])
    assert [str(r.reason) for r in refused.rejects] == [
        *("not_json", "identity_mismatch", "bad_value")
    ]
    assert len(refused.fixes) == 0


def test_the_message_that_the_packed_page_writes_is_read() -> None:
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(block(PACKED, "python"), {})  # noqa: S102 - our page
    payload = bytes.fromhex(said.getvalue())
    decoded = DIALECTS["native_packed"].decode([Message("vg/v1/GW/fixes", payload, NOW_MS)])
    assert row_of(decoded) == {
        "terminal": "T2",
        "t": 1767225600,
        "place": (112.355, 28.554),
        "speed_mps": 3.5,
        "heading_deg": 90,
        "accuracy_m": 8,
        "altitude_m": 40,
        "flags": ["located"],
        "alarms": ["vibration"],
    }
    assert decoded.speakers[0].number == 4711

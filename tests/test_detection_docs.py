"""The pages on detection say the numbers that detection goes by."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from alerts.vocabulary import KINDS
from streams.rules import Thresholds
from streams.signal import Evidence, SignalKind
from streams.state import ROW
from streams.thresholds import DEFAULT_WEIGHTS, OF_KIND, Fusion

DOCS = Path(__file__).parent.parent / "docs"
PAGE = pytest.mark.parametrize("page", ["detection.md", "detection.zh-CN.md"])
WEIGHED_ELSEWHERE = {
    SignalKind.SEVERAL_AT_ONCE: Evidence.COMPANY,
    SignalKind.PLATE_ELSEWHERE: Evidence.PLATE,
    SignalKind.PLATE_IN_TWO_PLACES: Evidence.PLATE,
    SignalKind.ZONE_RULE: Evidence(0),
}


def rows(page: str, columns: int) -> list[list[str]]:
    """The cells of every row of tables of so many columns."""
    lines = (DOCS / page).read_text("utf-8").splitlines()
    found = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    return [cells for cells in found if len(cells) == columns]


@PAGE
def test_the_table_of_signals_is_the_table_of_weights(page: str) -> None:
    told = {row[0].strip("`"): row for row in rows(page, 5) if row[0].startswith("`")}
    assert list(told) == [str(kind) for kind in SignalKind]
    language = "zh" if "zh" in page else "en"
    for kind in SignalKind:
        _, name, score, evidence, _ = told[kind]
        assert name.startswith(KINDS[kind].of(language)[:8])
        weight = DEFAULT_WEIGHTS.get(kind)
        assert score == ("-" if weight is None else f"{weight:.1f}")
        brings = OF_KIND[kind] if kind in OF_KIND else WEIGHED_ELSEWHERE[kind]
        assert re.findall(r"`(\w+)`", evidence) == brings.names()


@PAGE
def test_trust_and_levels_are_those_of_the_table(page: str) -> None:
    told = {row[0].strip("`"): row[1] for row in rows(page, 3) if row[0].startswith("`")}
    fusion = Fusion()
    for name in ("armed_by_owner", "key_on", "habitual", "blue", "yellow", "red"):
        assert float(told[name]) == getattr(fusion, name)
    (yellow,) = (row for row in rows(page, 3) if row[0] == "`yellow`")
    assert set(re.findall(r"`(\w+)`", yellow[2])) == {str(kind) for kind in fusion.alone}


@PAGE
def test_every_number_with_a_key_is_the_default_of_that_key(page: str) -> None:
    text = (DOCS / page).read_text("utf-8")
    thresholds = Thresholds()
    said = re.findall(r"([\d.]+)([^\d()（）`|]*)[(（]`(\w+)\.(\w+)`[)）]", text)
    assert len(said) >= 30
    for number, _, section, key in said:
        assert float(number) == getattr(getattr(thresholds, section), key), key


@PAGE
def test_every_threshold_is_named(page: str) -> None:
    text = (DOCS / page).read_text("utf-8")
    for section, held in Thresholds():
        for key in type(held).model_fields:
            assert f"{section}.{key}" in text or f"`{key}`" in text, f"{section}.{key}"


@PAGE
def test_the_size_of_a_row_is_told(page: str) -> None:
    text = (DOCS / page).read_text("utf-8")
    assert re.search(rf"{ROW.itemsize} (bytes|字节)", text)

"""Plates in one form, whoever wrote them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.plate import CONFUSED, class_of, color_of, folded, normal


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("湘H12345", "湘H12345"),
        ("湘h·12345", "湘H12345"),
        ("湘Ｈ１２３４５", "湘H12345"),
        (" 湘H-123 45 ", "湘H12345"),
        ("湘HO123I", "湘H01231"),
        ("湘HD12345", "湘HD12345"),
        ("粤B1234学", "粤B1234学"),
        ("益阳A12345", None),
        ("1234567", "1234567"),
        ("湘H12?45", None),
        ("湘H12*45", None),
        ("无牌车", None),
        ("未识别", None),
        ("湘", None),
        ("", None),
        (None, None),
    ],
)
def test_a_plate_has_one_form(text: str | None, plain: str | None) -> None:
    assert normal([text]).to_pylist() == [plain]


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), st.text(max_size=12))))
def test_any_text_is_a_plate_or_says_nothing_and_is_the_same_when_read_again(texts) -> None:
    once = normal(texts).to_pylist()
    assert len(once) == len(texts)
    assert normal(once).to_pylist() == once


def test_what_readers_confuse_folds_to_one() -> None:
    one, other = normal(["湘HD8S26Z", "湘H085262"]), normal(["湘H08526Z", "湘H0B5Z6Z"])
    assert folded(one).to_pylist() == folded(other).to_pylist()
    assert not set(CONFUSED) & set(CONFUSED.values())


@pytest.mark.parametrize(
    ("text", "word"),
    [("蓝", "blue"), ("Blue", "blue"), (" 绿色 ", "green"), ("99", None), (None, None)],
)
def test_a_colour_has_one_word_or_none(text: str | None, word: str | None) -> None:
    assert color_of(text) == word


@pytest.mark.parametrize(
    ("text", "word"), [("电动自行车", "e_bike"), ("SUV", "car"), ("货车", "truck"), ("x", None)]
)
def test_a_class_has_one_word_or_none(text: str, word: str | None) -> None:
    assert class_of(text) == word

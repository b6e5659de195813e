"""Number plates as readers and people write them, in one form; colours and classes in one word.

Called where plates are compared: by the registry, and by the watch over sightings.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

_SEPARATORS = r"[\s\-_.,:·•・‧∙●'/\\()（）\[\]]+"
_READABLE = r"^\p{Han}?[A-Z0-9]{3,9}\p{Han}?$"
_SAME = {"O": "0", "I": "1"}
"""Chinese serials have neither letter (GA 36-2018, 5.2.2), so a reader's O is always a zero."""

CONFUSED = {"D": "0", "Q": "0", "B": "8", "Z": "2", "S": "5", "G": "6"}
"""What readers take for each other; each costs one, see `folded`."""

_COLORS = {
    "blue": ("blue", "蓝", "蓝色", "蓝牌"),
    "yellow": ("yellow", "黄", "黄色", "黄牌"),
    "green": ("green", "绿", "绿色", "绿牌", "新能源"),
    "white": ("white", "白", "白色", "白牌"),
    "black": ("black", "黑", "黑色", "黑牌"),
    "red": ("red", "红", "红色"),
}
_CLASSES = {
    "e_bike": ("e_bike", "ebike", "e-bike", "electric_bicycle", "电动自行车", "电动车", "电瓶车"),
    "motorcycle": ("motorcycle", "motorbike", "摩托车", "摩托"),
    "car": ("car", "sedan", "suv", "轿车", "小型车", "小汽车", "小型汽车", "越野车"),
    "van": ("van", "mpv", "面包车", "商务车"),
    "bus": ("bus", "coach", "客车", "大客车", "公交车"),
    "truck": ("truck", "lorry", "pickup", "货车", "卡车", "皮卡"),
    "tricycle": ("tricycle", "三轮车"),
}
_COLOR_OF = {word: name for name, words in _COLORS.items() for word in words}
_CLASS_OF = {word: name for name, words in _CLASSES.items() for word in words}


def normal(texts: Sequence[str | None]) -> pa.Array:
    """The plates in one form, string[n]; null for what is no plate that could be read.

    Full-width characters become plain (NFKC), letters capital, separators go; O and I are 0 and 1.
    A text with a wild card, an "unknown" in Chinese, or fewer than three characters beside the
    province says nothing.
    """
    plain = pc.utf8_upper(pc.utf8_normalize(pa.array(texts, pa.string()), form="NFKC"))
    plain = pc.replace_substring_regex(plain, _SEPARATORS, "")
    for letter, digit in _SAME.items():
        plain = pc.replace_substring(plain, letter, digit)
    return pc.if_else(pc.match_substring_regex(plain, _READABLE), plain, None)


def folded(plates: pa.Array) -> pa.Array:
    """Plates of `normal` with characters that readers confuse made one.

    Two that fold to one differ by as many confusions as they have different characters.
    """
    for letter, digit in CONFUSED.items():
        plates = pc.replace_substring(plates, letter, digit)
    return plates


def color_of(text: str | None) -> str | None:
    """A plate's colour in one word, or None for a word that is not known."""
    return _COLOR_OF.get((text or "").strip().lower())


def class_of(text: str | None) -> str | None:
    """A vehicle's class in one word, or None for a word that is not known."""
    return _CLASS_OF.get((text or "").strip().lower())

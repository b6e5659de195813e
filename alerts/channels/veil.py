"""What is taken out of texts for receivers that may not read it: plates and telephone numbers.

Ids pass: they are how a receiver says which incident it means, and are the operator's to choose
(a vehicle's id should not be its plate).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from alerts.incident import Incident

_PLATE: Final = re.compile(
    # GA 36-2018: province, office, five or six characters, of which the last may be a word
    r"[京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼川贵云渝藏陕甘青宁新使领][\s·•・‧∙●.\-]?[A-Za-z]"
    r"[\s·•・‧∙●.\-]?[A-Za-z0-9]{4,6}[挂学警港澳领使试超应急]?"
)
_PHONE: Final = re.compile(
    r"(?<![0-9A-Za-z])(?:\+?86[\s-]?)?1[3-9][0-9][\s-]?[0-9]{4}[\s-]?[0-9]{4}(?![0-9A-Za-z])"
    r"|(?<![0-9A-Za-z])0(?:10|2[0-9]|[3-9][0-9]{2})[\s-]?[0-9]{7,8}(?![0-9A-Za-z])"
)
_SHORTEST: Final = 4
"""A known plate with fewer characters is a word like any other."""


class Veil:
    """Covers what a receiver is not entitled to, in any text about one incident."""

    def __init__(self, known: Collection[str], *, plates: bool, phones: bool) -> None:
        """`known` are plates as cameras read them; `plates` and `phones` say what may be read."""
        self._known = [] if plates else sorted(known, key=len, reverse=True)
        self._plates = plates
        self._phones = phones

    def over(self, text: str) -> str:
        """`text` with what has to be covered replaced by stars."""
        for plate in self._known:
            text = text.replace(plate, "***")
        if not self._plates:
            text = _PLATE.sub("***", text)
        return text if self._phones else _PHONE.sub("***", text)


def plates_of(incident: Incident) -> set[str]:
    """The plates that its evidence names."""
    found = (report.evidence.get("plate") for report in incident.reports)
    return {one for one in found if isinstance(one, str) and len(one) >= _SHORTEST}

"""Elements of XML by name and text, for the channels that write it; nothing is read here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from xml.etree import ElementTree as ET

_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 has no way to write (section 2.2)."""

Element = ET.Element


def clean(text: str) -> str:
    """`text` without what XML cannot hold."""
    return _NOT_XML.sub("", text)


def put(
    parent: Element, name: str, text: str = "", attributes: Mapping[str, str] | None = None
) -> Element:
    """A new last child of `parent`."""
    given = {key: clean(value) for key, value in (attributes or {}).items()}
    child = ET.SubElement(parent, name, given)
    if text:
        child.text = clean(text)
    return child


def document(root: Element) -> bytes:
    """The document, UTF-8, with its declaration."""
    return bytes(ET.tostring(root, encoding="UTF-8", xml_declaration=True))

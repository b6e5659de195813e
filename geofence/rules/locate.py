"""Where in a TOML or JSON text a key stands, so that an error can point at it.

The values come from `tomllib` and `json`; only the places are taken from the syntax tree.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field

import tree_sitter_json
import tree_sitter_toml
from tree_sitter import Language, Node, Parser

Path = tuple[str | int, ...]
Place = tuple[int, int]
"""Line and column, from 1, in characters."""


@dataclass
class Places:
    """Places of keys and values by their path, such as `("zone_rule", 2, "zones", "any", 0)`."""

    text: str
    keys: dict[Path, Place] = field(default_factory=dict)
    values: dict[Path, Place] = field(default_factory=dict)

    @classmethod
    def of_toml(cls, text: str) -> Places:
        """The places in a TOML text that `tomllib` accepts."""
        places = cls(text)
        tree = Parser(Language(tree_sitter_toml.language())).parse(text.encode())
        places._document(tree.root_node)
        return places

    @classmethod
    def of_json(cls, text: str) -> Places:
        """The places in a JSON text that `json` accepts."""
        places = cls(text)
        tree = Parser(Language(tree_sitter_json.language())).parse(text.encode())
        for node in tree.root_node.named_children:
            places._value((), node)
        return places

    def written(self, path: Path) -> Path:
        """`path` as the text spells it, which may leave the `any` of a list of tags out."""
        for n, part in enumerate(path):
            short = (*path[:n], *path[n + 1 :])
            if part == "any" and path[: n + 1] not in self.keys and path[:n] in self.keys:
                return short
        return path

    def find(self, path: Path, *, key: bool = False) -> Place | None:
        """Of the value at `path` (or of its key), else of the nearest part above it."""
        first, second = (self.keys, self.values) if key else (self.values, self.keys)
        while path:
            for places in (first, second):
                if path in places:
                    return places[path]
            path = path[:-1]
        return None

    def __post_init__(self) -> None:
        self._lines = self.text.encode().split(b"\n")

    def _document(self, root: Node) -> None:
        counted: dict[Path, int] = {}
        for node in root.named_children:
            if node.type == "pair":
                self._pair((), node)
            elif node.type in {"table", "table_array_element"}:
                name, *pairs = node.named_children
                path: Path = ()
                names = list(_names(name))
                for nth, part in enumerate(names, start=1):
                    path = (*path, part)
                    if node.type == "table_array_element" and nth == len(names):
                        counted[path] = counted.get(path, -1) + 1
                    if path in counted:
                        path = (*path, counted[path])
                self._note(path, name, node)
                for pair in pairs:
                    if pair.type == "pair":
                        self._pair(path, pair)

    def _pair(self, above: Path, node: Node) -> None:
        key, value = _halves(node)
        path = (*above, *_names(key))
        self._note(path, key, value)
        self._value(path, value)

    def _value(self, path: Path, value: Node) -> None:
        """Note what lies below a value; on a stack, for a file may nest as it likes."""
        stack = [(path, value)]
        while stack:
            path, node = stack.pop()
            children = [n for n in node.named_children if n.type != "comment"]
            if node.type == "array":
                for nth, child in enumerate(children):
                    self._note((*path, nth), child, child)
                    stack.append(((*path, nth), child))
            elif node.type in {"inline_table", "object"}:
                for pair in children:
                    key, held = _halves(pair)
                    inner = (*path, *_names(key))
                    self._note(inner, key, held)
                    stack.append((inner, held))

    def _note(self, path: Path, key: Node, value: Node) -> None:
        self.keys.setdefault(path, self._place(key))
        self.values.setdefault(path, self._place(value))

    def _place(self, node: Node) -> Place:
        row, column = node.start_point
        line = self._lines[row] if row < len(self._lines) else b""
        return row + 1, len(line[:column].decode("utf-8", "replace")) + 1


def _halves(pair: Node) -> tuple[Node, Node]:
    """Key and value; the pair itself for what the grammar could not tell apart."""
    halves = [n for n in pair.named_children if n.type != "comment"]
    return (halves[0], halves[1]) if len(halves) > 1 else (pair, pair)


def _names(key: Node) -> Iterator[str]:
    if key.type == "dotted_key":
        for part in key.named_children:
            yield from _names(part)
        return
    text = (key.text or b"").decode()
    try:
        if key.type == "quoted_key":
            text = str(tomllib.loads(f"key = {text}")["key"])
        elif key.type != "bare_key":
            text = str(json.loads(text))
    except ValueError:  # the grammar stumbled over something that is right: only a place is lost
        pass
    yield text

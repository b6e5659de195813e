"""Rules as text: TOML or JSON in, a checked model or every error with its place out.

Knows nothing of what the keys mean: the model says that.  Called by `streams.rules` and the CLI.
"""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from geofence.rules.locate import Path, Place, Places
from geofence.zone import one_line, shown

Model = TypeVar("Model", bound=BaseModel)
Fault = tuple[Path, str, bool]
"""Path of a key, what was expected there, and whether the key itself is at fault."""
_AT = re.compile(r" \(at line (\d+), column (\d+)\)$")
_LONGEST = 10_000_000


@dataclass(frozen=True, slots=True)
class RuleProblem:
    """One thing wrong with a rules text; `line` and `column` count from 1, 0 = not known.

    `key` is the path of the key ("" for the file as a whole), `expected` what should stand there
    and what was found.
    """

    line: int
    column: int
    key: str
    expected: str

    def __str__(self) -> str:
        where = f"{self.line}:{self.column}" if self.line else ""
        return ": ".join(part for part in (where, self.key, self.expected) if part)


class RulesError(ValueError):
    """A rules text cannot be used.  `problems` are all that was found; the text is one line.

    `source` is the file's name, "" for a text that is in none.
    """

    def __init__(self, problems: Sequence[RuleProblem], source: str = "") -> None:
        self.problems = tuple(problems)
        self.source = source
        more = len(self.problems) - 1
        rest = f" (and {more} more problem{'s' if more > 1 else ''})" if more else ""
        super().__init__(f"{self.lines()[0]}{rest}")

    def lines(self) -> list[str]:
        """Each problem as `file:line:column: key: expected`."""
        return [
            f"{self.source}{':' if p.line else ': '}{p}" if self.source else str(p)
            for p in self.problems
        ]


@dataclass(frozen=True)
class Document:
    """A rules text that could be parsed: its `data`, and its `text` to point into."""

    data: dict[str, Any]
    text: str
    syntax: str
    source: str = ""

    @classmethod
    def read(cls, path: FilePath | str) -> Document:
        """The file at `path`: JSON when it is named `.json`, else TOML.  Raises `RulesError`."""
        source = str(path)
        try:
            raw = FilePath(path).read_bytes()
        except OSError as error:
            raise _whole(f"cannot be read: {error.strerror or error}", source) from error
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = raw[: error.start].count(b"\n") + 1
            raise _whole("expected UTF-8 text", source, line) from error
        return cls.parse(text, "json" if source.lower().endswith(".json") else "toml", source)

    @classmethod
    def parse(cls, text: str, syntax: str = "toml", source: str = "") -> Document:
        """Parse a text, `syntax` "toml" or "json".  Raises `RulesError`."""
        if len(text) > _LONGEST:
            raise _whole(f"expected at most {_LONGEST} characters", source)
        try:
            if syntax == "json":
                data = json.loads(text, object_pairs_hook=_once, parse_constant=_refused)
            else:
                data = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            at = _AT.search(str(error))
            message = _AT.sub("", str(error))
            line = int(at[1]) if at else text.count("\n") + 1
            raise _whole(f"not TOML: {message}", source, line, int(at[2]) if at else 1) from error
        except json.JSONDecodeError as error:
            raise _whole(f"not JSON: {error.msg}", source, error.lineno, error.colno) from error
        except (ValueError, RecursionError) as error:
            reason = str(error) if isinstance(error, ValueError) else "nested too deeply"
            raise _whole(f"not {syntax.upper()}: {reason}", source) from error
        if not isinstance(data, dict):
            raise _whole(f"expected an object of keys, found {shown(data)}", source, 1, 1)
        return cls(data, text, syntax, source)

    def model(self, kind: type[Model], also: Sequence[Fault] = ()) -> Model:
        """The document as a `kind`.  Raises `RulesError` with all its errors and those `also`."""
        try:
            model = kind.model_validate(self.data)
        except ValidationError as error:
            faults = [_fault(kind, details) for details in error.errors(include_url=False)]
            # a list that is too short because its elements are wrong has been told of
            faults = [f for f in faults if f[2] or not any(_below(g[0], f[0]) for g in faults)]
            raise self.error([*faults, *also]) from error
        if also:
            raise self.error(also)
        return model

    def error(self, found: Sequence[Fault]) -> RulesError:
        """The error of all faults `found`, by place."""
        places = (Places.of_json if self.syntax == "json" else Places.of_toml)(self.text)
        problems = [
            RuleProblem(*(places.find(path, key=key) or (1, 1)), spelled(path), text)
            for path, text, key in ((places.written(path), text, key) for path, text, key in found)
        ]
        problems.sort(key=lambda p: (p.line, p.column))
        return RulesError(problems, self.source)

    def place(self, path: Path) -> Place:
        """Line and column of the value at `path`, or of the nearest part above it."""
        places = (Places.of_json if self.syntax == "json" else Places.of_toml)(self.text)
        return places.find(path) or (1, 1)


def spelled(path: Path) -> str:
    """A path as people write it: `zone_rule[2].zones.any[0]`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return one_line(text, 200)


def _whole(expected: str, source: str, line: int = 0, column: int = 0) -> RulesError:
    return RulesError([RuleProblem(line, column or (1 if line else 0), "", expected)], source)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key, value in pairs:
        if key in out:
            msg = f"key {shown(key)} stands twice in one object"
            raise ValueError(msg)
        out[key] = value
    return out


def _refused(name: str) -> float:
    msg = f"{name} is no JSON number"
    raise ValueError(msg)


def _below(path: Path, above: Path) -> bool:
    return len(path) > len(above) and path[: len(above)] == above


def _fault(kind: type[BaseModel], details: Any) -> Fault:  # noqa: PLR0911 - one a kind of error
    """Where and what one of pydantic's errors is, in the words of the file."""
    path, reason, message = tuple(details["loc"]), details["type"], str(details["msg"])
    of_key = path[-1:] == ("[key]",)  # so pydantic names a key that is wrong itself
    path = path[:-1] if of_key else path
    found = f", found {shown(details['input'])}"
    if reason == "missing":
        return path[:-1], f"{path[-1]}: expected, and it is not there", True
    if reason == "extra_forbidden":
        known = sorted(_keys_at(kind, path[:-1]))
        near = difflib.get_close_matches(str(path[-1]), known, 1)
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
        return path, f"unknown key; {hint}", True
    if reason == "value_error":
        text = str(details["ctx"]["error"])
        key, colon, rest = text.partition(": ")
        if colon and key.isidentifier():
            return (*path, key), rest, False
        return path, text if "found" in text else text + found, False
    if reason in {"enum", "literal_error"}:
        expected = str(details["ctx"]["expected"]).replace("'", '"')
        return path, f"expected {expected}{found}", of_key
    if reason == "string_pattern_mismatch":
        return path, f"expected letters, digits, '_', '-' and '.' alone{found}", False
    if reason in {"too_short", "string_too_short"}:
        return path, f"expected at least {details['ctx']['min_length']}{found}", False
    text = message.replace("Input should be", "expected").replace("a valid ", "a ")
    return path, f"{text}{found}", False


def _keys_at(kind: type[BaseModel], path: Path) -> list[str]:
    """The keys that the part at `path` knows."""
    held: Any = kind
    for part in path:
        if isinstance(held, type) and issubclass(held, BaseModel):
            fields = {f.alias or n: f for n, f in held.model_fields.items()}
            held = fields[str(part)].annotation if part in fields else None
        else:  # an element of a tuple or dict
            models = [a for a in getattr(held, "__args__", ()) if isinstance(a, type)]
            held = next((a for a in models if issubclass(a, BaseModel)), None)
    if isinstance(held, type) and issubclass(held, BaseModel):
        return [f.alias or n for n, f in held.model_fields.items()]
    return []

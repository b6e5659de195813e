"""A rule book: the checked zone rules of one file, immutable, by content.

Checks what one key cannot know of another: ids that stand twice, schedules and holidays that are
named and not there.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from geofence.rules.document import Document, Fault
from geofence.rules.model import ZoneRule, ZoneRules, holidays_of
from geofence.rules.schedule import Schedule
from geofence.rules.window import Window


@dataclass(frozen=True)
class RuleBook:
    """Zone rules, their schedules and holidays."""

    content: ZoneRules = field(default_factory=ZoneRules)

    @property
    def rules(self) -> tuple[ZoneRule, ...]:
        """All rules, those that are off too, in the order of the file."""
        return self.content.zone_rule

    def schedules(self) -> dict[str, Schedule]:
        """The schedules that rules can name."""
        return {name: self._schedule(name) for name in self.content.schedules}

    def _schedule(self, name: str) -> Schedule:
        text = self.content.schedules[name]
        special: dict[date, int] = {}
        for holiday in text.holidays:
            held = self.content.holidays[holiday]
            special.update(dict.fromkeys(_dates(held.dates), held.kind))
        return Schedule(tuple(Window.parse(window) for window in text.windows), text.zone, special)

    def canonical(self) -> dict[str, Any]:
        """The content as plain data, defaults left out; equal books are equal here."""
        dumped: dict[str, Any] = self.content.model_dump(
            mode="json", by_alias=True, exclude_defaults=True
        )
        return dumped

    @property
    def digest(self) -> str:
        """SHA-256 of the content, hexadecimal; comments and order of keys do not matter."""
        text = json.dumps(self.canonical(), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    @classmethod
    def parse(cls, text: str, syntax: str = "toml", source: str = "") -> RuleBook:
        """The book of a text that holds zone rules alone.  Raises `RulesError`."""
        document = Document.parse(text, syntax, source)
        return cls(document.model(ZoneRules, dangling(document.data)))

    @classmethod
    def of(cls, data: dict[str, Any]) -> RuleBook:
        """The book of plain data, as `canonical` gives it.  Raises `RulesError`."""
        return cls.parse(json.dumps(data), "json")


def _dates(texts: tuple[str, ...]) -> list[date]:
    return [day for text in texts for day in holidays_of(text)]


def dangling(data: dict[str, Any]) -> list[Fault]:
    """Ids that stand twice and names that lead nowhere, in data that may be wrong otherwise too."""
    schedules, holidays = _table(data.get("schedules")), _table(data.get("holidays"))
    faults: list[Fault] = []
    first: dict[str, int] = {}
    rules = data.get("zone_rule")
    for n, rule in enumerate(rules if isinstance(rules, list) else ()):
        held = _table(rule)
        own, schedule = held.get("id"), held.get("schedule")
        if isinstance(own, str):
            if own in first:
                told = f'expected an id of its own, zone_rule[{first[own]}] is "{own}" too'
                faults.append((("zone_rule", n, "id"), told, False))
            first.setdefault(own, n)
        if isinstance(schedule, str) and schedule not in schedules:
            told = _expected("schedules", schedule, schedules)
            faults.append((("zone_rule", n, "schedule"), told, False))
    for name, schedule in schedules.items():
        named = _table(schedule).get("holidays")
        for n, holiday in enumerate(named if isinstance(named, list) else ()):
            if isinstance(holiday, str) and holiday not in holidays:
                told = _expected("holidays", holiday, holidays)
                faults.append((("schedules", name, "holidays", n), told, False))
    return faults


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _expected(section: str, name: str, known: Iterable[str]) -> str:
    there = f"known are {', '.join(sorted(known))}" if known else "there is none"
    return f'expected the name of a [{section}.NAME] ({there}), found "{name}"'

"""What the detectors go by: the thresholds and the rules of a file, and the zones they are about.

Read once, validated, then immutable; the processor takes it as a value.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict

from geofence import ZoneSet
from geofence.fences import Fences
from geofence.rules.approach import Rings
from geofence.rules.book import RuleBook, dangling
from geofence.rules.compile import CompiledRules
from geofence.rules.document import Document, RulesError
from geofence.rules.model import ZoneRules
from geofence.rules.versions import Content
from geofence.watch import TrackParameters
from streams.guard_hours import GuardHours, unknown_schedule
from streams.thresholds import Thresholds

__all__ = ["RuleFile", "Rules", "RulesError", "Thresholds"]


class RuleFile(Thresholds, ZoneRules):
    """Everything that a rules file can say: thresholds of detection, and rules about zones."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="Rules of Vehicle Guard")

    @classmethod
    def read(cls, path: Path | str) -> Self:
        """Read and check a rules file, JSON when it is named `.json`, else TOML.

        Raises `RulesError` with every error of the file: line, column, key, what was expected.
        """
        return cls.of_document(Document.read(path))

    @classmethod
    def of_document(cls, document: Document) -> Self:
        """Check a rules text that has been parsed.  Raises `RulesError`."""
        faults = dangling(document.data)
        if told := unknown_schedule(document.data):
            faults.append((("arming", "schedule"), told, False))
        return document.model(cls, faults)

    @classmethod
    def published(cls, path: Path | str) -> Content:
        """A rules file as it is published.  Raises `RulesError`."""
        document = Document.read(path)
        held = cls.of_document(document)
        data = held.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return Content(document.text, document.syntax, data)

    @classmethod
    def of(cls, content: Content) -> Self:
        """The rules of a published content.  Raises `RulesError`."""
        return cls.of_document(Document.parse(content.text, content.syntax))

    @classmethod
    def as_json_schema(cls) -> dict[str, object]:
        """JSON Schema of a rules file, for editors and other programs."""
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            **cls.model_json_schema(by_alias=True),
        }

    def thresholds(self) -> Thresholds:
        """The thresholds alone."""
        return Thresholds(**{name: getattr(self, name) for name in Thresholds.model_fields})

    def book(self) -> RuleBook:
        """The rules about zones alone."""
        return RuleBook(ZoneRules(**{name: getattr(self, name) for name in ZoneRules.model_fields}))


def _no_zones() -> ZoneSet:
    return ZoneSet.from_geojson({"type": "FeatureCollection", "features": []})


@dataclass(frozen=True)
class Rules:
    """Thresholds, zones and the rules about them, ready for the kernels.

    `groups` are those of each vehicle id, for rules that choose vehicles by group.

    A zone guards the vehicles parked in it unless its property `role` says otherwise (a
    jurisdiction is drawn and reported, not guarded).
    """

    thresholds: Thresholds = field(default_factory=Thresholds)
    zones: ZoneSet = field(default_factory=_no_zones)
    book: RuleBook = field(default_factory=RuleBook)
    groups: Mapping[str, Collection[str]] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path | None, zones: ZoneSet, groups: Mapping[str, Collection[str]]) -> Self:
        """The rules of a file (none = the defaults, no rule about zones).  Raises `RulesError`."""
        if path is None:
            return cls(zones=zones, groups=groups)
        held = RuleFile.read(path)
        return cls(held.thresholds(), zones, held.book(), groups)

    def guard_hours(self) -> GuardHours | None:
        """The hours in which a schedule arms vehicles; None where none does."""
        arming = self.thresholds.arming
        if arming.schedule is None:
            return None
        schedule = self.book.schedules()[arming.schedule]
        return GuardHours(schedule, frozenset(arming.groups), self.groups)

    def without_zone_rules(self) -> Rules:
        """The same thresholds and schedules, and no rule about zones."""
        content = self.book.content.model_copy(update={"zone_rule": ()})
        return replace(self, book=RuleBook(content))

    def fences(self) -> Fences | None:
        """The rules about zones, ready to be asked; None when no rule is on."""
        if not any(rule.enabled for rule in self.book.rules):
            return None
        return self.fences_over(Rings.of(self.zones, [self.book]))

    @staticmethod
    def fences_of(pair: tuple[Rules, Rules]) -> tuple[Fences, Fences]:
        """The rules of both ready to be asked, over one watched set where their zones are one."""
        one, other = pair
        if one.zones is other.zones:
            rings = Rings.of(one.zones, [one.book, other.book])
            return one.fences_over(rings), other.fences_over(rings)
        return (
            one.fences_over(Rings.of(one.zones, [one.book])),
            other.fences_over(Rings.of(other.zones, [other.book])),
        )

    def fences_over(self, rings: Rings) -> Fences:
        """The rules about zones, on or not, over these zones and rings around them."""
        held = self.thresholds.plausibility
        tracking = TrackParameters(
            max_speed_mps=held.max_speed_mps,
            jump_fixes=held.jump_fixes,
            max_accuracy_m=held.max_accuracy_m,
            accuracy_factor=held.accuracy_factor,
            future_after_s=held.future_after_s,
            back_fill_after_s=held.back_fill_after_s,
        )
        return Fences(CompiledRules.of(self.book, self.zones, self.groups, rings), tracking)

    def guarding(self) -> NDArray[np.bool_]:
        """Which zones guard what is parked in them, bool[number of zones]."""
        return np.array(
            [zone.properties.get("role", "fence") == "fence" for zone in self.zones.zones],
            np.bool_,
        )

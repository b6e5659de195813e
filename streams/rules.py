"""What the detectors go by: thresholds from a rules file, and the zones that are fences.

Read once, validated, then immutable; the processor takes it as a value.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from geofence import ZoneSet
from geofence.fences import Fences
from geofence.rules.approach import Rings
from geofence.rules.book import RuleBook, dangling
from geofence.rules.compile import CompiledRules
from geofence.rules.document import Document, RulesError
from geofence.rules.model import ZoneRules
from geofence.rules.versions import Content
from geofence.watch import TrackParameters

__all__ = ["PARAMETERS", "RuleFile", "Rules", "RulesError", "Thresholds"]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Arming(_Section):
    """When a vehicle counts as parked, and when it arms itself."""

    parked_after_s: float = Field(
        120, ge=0, le=86_400, description="Seconds at one place after which a vehicle is parked."
    )
    self_after_s: float = Field(
        600,
        ge=0,
        le=86_400,
        description="Seconds at one place after which a vehicle whose terminal never says whether "
        "it is armed arms itself; ignition on disarms it.",
    )
    dwell_radius_m: float = Field(
        60, gt=0, le=1000, description="How far fixes may lie apart and still be one place."
    )


class LeftFence(_Section):
    """The vehicle is no longer where it was parked."""

    radius_m: float = Field(
        120, gt=0, le=10_000, description="Radius of the fence around the place it was parked at."
    )
    zone_band_m: float = Field(
        50,
        ge=0,
        le=10_000,
        description="A fix outside the zone that it was parked in counts only this far from the "
        "place itself.",
    )
    confirm_fixes: int = Field(
        2, ge=1, le=100, description="Consecutive fixes outside that confirm it."
    )


class MovedWhileArmed(_Section):
    """The vehicle keeps moving although it is armed."""

    speed_mps: float = Field(
        2.0, gt=0, le=50, description="Speed from which a fix counts as moving."
    )
    from_m: float = Field(
        40, gt=0, le=10_000, description="Nearer to its place than this, nothing counts as moving."
    )
    distance_m: float = Field(
        60,
        gt=0,
        le=10_000,
        description="Or so much way made since the first fix outside (a vehicle pushed slowly).",
    )
    confirm_fixes: int = Field(2, ge=1, le=100, description="Moving fixes that confirm it.")


class Plausibility(_Section):
    """What a receiver may say and be believed."""

    max_speed_mps: float = Field(
        70, gt=0, le=400, description="Faster between two fixes is a receiver's jump."
    )
    jump_fixes: int = Field(
        3, ge=2, le=100, description="Fixes that must agree before a jump is believed after all."
    )
    max_accuracy_m: float = Field(
        200, gt=0, le=100_000, description="A fix less accurate than this proves no movement."
    )
    accuracy_factor: float = Field(
        3, ge=0, le=20, description="A fence is widened by so many times the fix's accuracy."
    )
    back_fill_after_s: float = Field(
        300,
        ge=1,
        le=86_400,
        description="A fix older than this on arrival is back-fill: history, never an alert.",
    )
    future_after_s: float = Field(
        120,
        ge=1,
        le=86_400,
        description="A fix further ahead of its arrival than this is taken at its arrival.",
    )


class Thresholds(_Section):
    """Everything a rules file can say; every key has a default."""

    arming: Arming = Arming()
    left_fence: LeftFence = LeftFence()
    moved_while_armed: MovedWhileArmed = MovedWhileArmed()
    plausibility: Plausibility = Plausibility()

    @classmethod
    def from_toml(cls, path: Path | str) -> Thresholds:
        """The thresholds of a rules file (`RuleFile.read`).  Raises `RulesError`."""
        return RuleFile.read(path).thresholds()


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
        return document.model(cls, dangling(document.data))

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

    def parameters(self) -> NDArray[np.void]:
        """The thresholds for the kernel: one record of `PARAMETERS`, shape (1,), times in ms."""
        rule, out = self.thresholds, np.zeros(1, PARAMETERS)
        out["parked_after_ms"] = rule.arming.parked_after_s * 1000
        out["self_after_ms"] = rule.arming.self_after_s * 1000
        out["dwell_radius_m"] = rule.arming.dwell_radius_m
        out["fence_radius_m"] = rule.left_fence.radius_m
        out["zone_band_m"] = rule.left_fence.zone_band_m
        out["away_fixes"] = rule.left_fence.confirm_fixes
        out["moving_mps"] = rule.moved_while_armed.speed_mps
        out["moving_from_m"] = rule.moved_while_armed.from_m
        out["moving_m"] = rule.moved_while_armed.distance_m
        out["moving_fixes"] = rule.moved_while_armed.confirm_fixes
        out["max_mps"] = rule.plausibility.max_speed_mps
        out["jump_fixes"] = rule.plausibility.jump_fixes
        out["max_accuracy_m"] = rule.plausibility.max_accuracy_m
        out["accuracy_factor"] = rule.plausibility.accuracy_factor
        out["back_fill_after_ms"] = rule.plausibility.back_fill_after_s * 1000
        out["future_after_ms"] = rule.plausibility.future_after_s * 1000
        return out


PARAMETERS = np.dtype(
    [
        ("parked_after_ms", "i8"),
        ("self_after_ms", "i8"),
        ("dwell_radius_m", "f8"),
        ("fence_radius_m", "f8"),
        ("zone_band_m", "f8"),
        ("moving_mps", "f8"),
        ("moving_from_m", "f8"),
        ("moving_m", "f8"),
        ("max_mps", "f8"),
        ("max_accuracy_m", "f8"),
        ("accuracy_factor", "f8"),
        ("back_fill_after_ms", "i8"),
        ("future_after_ms", "i8"),
        ("away_fixes", "i8"),
        ("moving_fixes", "i8"),
        ("jump_fixes", "i8"),
    ]
)
"""Layout of the thresholds as the kernel reads them."""

"""What an operator may write in a rules file about zones: the schema, and nothing else.

Every key has a description, since the JSON Schema and the reference page are made from here.
References between parts (a rule names a schedule, a schedule its holidays) are checked by
`geofence.rules.book`.
"""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from geofence.rules.window import DAYS, Window

DEFAULT_TIME_ZONE = "Asia/Shanghai"
_MAX_DAYS = 366


class When(StrEnum):
    """What has to happen between a vehicle and the rule's zones."""

    ENTER = "enter"
    EXIT = "exit"
    INSIDE = "inside"
    OUTSIDE = "outside"
    CROSS = "cross"
    DWELL = "dwell"
    APPROACH = "approach"
    SPEEDING = "speeding"


NEEDS = {When.DWELL: "dwell_s", When.APPROACH: "approach_m", When.SPEEDING: "speed_kmh"}
"""The number that a kind of rule cannot do without, and that no other kind may have."""


class Severity(StrEnum):
    """How an alert is shown; the levels of incidents."""

    BLUE = "blue"
    YELLOW = "yellow"
    RED = "red"


def _as_any(value: object) -> object:
    """`["a", "b"]` is short for `{any = ["a", "b"]}`, "all" for no condition."""
    if value == "all":
        return {"every": True}
    return {"any": value} if isinstance(value, list) else value


def _window(text: str) -> str:
    Window.parse(text)
    return text


def _time_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("expected an IANA time zone such as Asia/Shanghai or Europe/Berlin")
    return name


def _days(text: str) -> str:
    holidays_of(text)
    return text


def holidays_of(text: str) -> list[date]:
    """The days that "2026-10-01" or "2026-10-01..2026-10-07" means.  Raises `ValueError`."""
    first, dots, last = text.partition("..")
    try:
        begin = date.fromisoformat(first.strip())
        end = date.fromisoformat(last.strip()) if dots else begin
    except ValueError:
        raise ValueError("expected a date such as 2026-10-01, or 2026-10-01..2026-10-07") from None
    if not 0 <= (end - begin).days < _MAX_DAYS:
        raise ValueError("expected a range of at most a year that ends after it begins")
    return [begin + timedelta(days=n) for n in range((end - begin).days + 1)]


def _as_text(value: object) -> object:
    """TOML has dates of its own."""
    return value.isoformat() if isinstance(value, date) else value


Name = Annotated[str, Field(min_length=1, max_length=200)]
Names = Annotated[tuple[Name, ...], Field(max_length=10_000)]
RuleId = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[\w.-]+$")]
WindowText = Annotated[str, AfterValidator(_window)]
DayText = Annotated[str, BeforeValidator(_as_text), AfterValidator(_days)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ZoneChoice(_Part):
    """Which zones a rule is about; a list of tags is short for `any`, "all" for every zone."""

    any: Names = Field((), description="Zones that carry at least one of these tags.")
    all: Names = Field((), description="Of those, or of all zones, the ones with all these tags.")
    none: Names = Field(
        (), alias="not", description="Never zones that carry one of these tags or ids."
    )
    ids: Names = Field((), description="These zones besides, by id.")
    every: bool = Field(default=False, description="Every zone, less those under `not`.")

    @model_validator(mode="after")
    def _says_something(self) -> ZoneChoice:
        if not (self.any or self.all or self.ids or self.every):
            raise ValueError('expected tags in "any" or "all", zones in "ids", or "all"')
        return self


class VehicleChoice(_Part):
    """Which vehicles; a list of groups is short for `any`, "all" (the default) for each."""

    any: Names = Field((), description="Vehicles in at least one of these groups.")
    all: Names = Field((), description="Of those, or of all, the ones in all these groups.")
    ids: Names = Field((), description="These vehicles besides, by id.")
    exempt: Names = Field(
        (), alias="except", description="Never vehicles in these groups or with these ids."
    )
    every: bool = Field(default=False, description="Every vehicle, less those under `except`.")


def _short(choice: type[BaseModel]) -> BeforeValidator:
    return BeforeValidator(_as_any, json_schema_input_type=choice | list[str] | Literal["all"])


class ZoneRule(_Part):
    """One `[[zone_rule]]`: where, who, when, and how much it matters."""

    id: RuleId = Field(
        description="Names the rule for good: its state outlives edits under the same id."
    )
    name: str = Field("", max_length=200, description="What people read; the id when empty.")
    enabled: bool = Field(default=True, description="A rule that is off raises nothing.")
    zones: Annotated[ZoneChoice, _short(ZoneChoice)] = Field(
        description="Zones by tag (`properties.tags` or `properties.tag`) or id."
    )
    vehicles: Annotated[VehicleChoice, _short(VehicleChoice)] = Field(
        VehicleChoice(every=True), description="Vehicles by group of the registry, or id."
    )
    when: When = Field(description="What raises it.")
    schedule: str | None = Field(
        None, description="Name of the `[schedules.NAME]` in which it counts; none = always."
    )
    dwell_s: float | None = Field(
        None, gt=0, le=31_536_000, description="dwell: seconds in one zone without leaving it."
    )
    approach_m: float | None = Field(
        None, gt=0, le=100_000, description="approach: metres from the zone's boundary."
    )
    speed_kmh: float | None = Field(
        None, gt=0, le=1_000, description="speeding: km/h from which a fix is too fast."
    )
    cool_down_s: float = Field(
        0,
        ge=0,
        le=31_536_000,
        description="Seconds after an alert in which the rule says no more of the same vehicle.",
    )
    severity: Severity = Field(Severity.YELLOW, description="How its alerts are shown.")
    description: str = Field("", max_length=2_000, description="What it is for.")
    reason: str = Field("", max_length=2_000, description="Why it is as it is.")

    @model_validator(mode="after")
    def _has_its_number(self) -> ZoneRule:
        needed = NEEDS.get(self.when)
        if needed and getattr(self, needed) is None:
            msg = f'{needed}: expected with when = "{self.when}"'
            raise ValueError(msg)
        for when, key in NEEDS.items():
            if key != needed and getattr(self, key) is not None:
                msg = f'{key}: expected only with when = "{when}", found when = "{self.when}"'
                raise ValueError(msg)
        return self


class ScheduleText(_Part):
    """One `[schedules.NAME]`: weekly windows on a wall clock."""

    windows: Annotated[tuple[WindowText, ...], Field(min_length=1, max_length=100)] = Field(
        description='Such as "Mon-Fri 22:00-06:00", "Sat,Sun", "daily 23:00-05:00".'
    )
    time_zone: Annotated[str, AfterValidator(_time_zone)] = Field(
        DEFAULT_TIME_ZONE, description="IANA name of the wall clock; clock changes are followed."
    )
    holidays: Names = Field((), description="Names of `[holidays.NAME]` that apply, last wins.")

    @property
    def zone(self) -> ZoneInfo:
        """The wall clock."""
        return ZoneInfo(self.time_zone)


class Holiday(_Part):
    """One `[holidays.NAME]`: days that are not as their weekday says."""

    dates: Annotated[tuple[DayText, ...], Field(max_length=1_000)] = Field(
        description="Days (2026-10-01) and ranges (2026-10-01..2026-10-07)."
    )
    treated_as: Literal["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "off", "on"] = Field(
        "Sun",
        alias="as",
        description="The weekday whose windows count; off = none begins, on = all day.",
    )

    @property
    def kind(self) -> int:
        """A weekday from 0 (Monday), 7 = off, 8 = on."""
        return (*DAYS, "off", "on").index(self.treated_as)


class Timing(_Part):
    """How long to wait before time alone raises something."""

    settle_s: float = Field(
        60,
        ge=0,
        le=3_600,
        description="A dwell or an opening window raises once the fleet's newest fix is so many "
        "seconds past it: a fix that says otherwise may be under way.",
    )


class ZoneRules(_Part):
    """The part of a rules file that is about zones."""

    timing: Timing = Timing()
    schedules: dict[str, ScheduleText] = Field({}, description="Weekly windows by name.")
    holidays: dict[str, Holiday] = Field({}, description="Lists of special days by name.")
    zone_rule: tuple[ZoneRule, ...] = Field(
        (), max_length=100_000, description="The rules, each a `[[zone_rule]]`."
    )

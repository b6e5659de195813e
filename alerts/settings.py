"""What the operator may set of what people do about a theft."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from alerts.channels.settings import ChannelSettings, Url, checked
from alerts.dispatch_settings import DispatchSettings
from alerts.force_settings import ForceSettings

Place = Literal["key", "centre", "urban", "rural"]
"""Classes of places: 重点部位, city centre, other urban, country."""


class ClockSettings(BaseModel):
    """Section `[alerts.clock]`: the clocks of 1, 3 and 5 minutes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    profile: Literal["zone", "tier", "stage"] = Field(
        "zone",
        description="What the clocks ask: `zone` arrival by the class of the place, `tier` arrival "
        "by rank of force, `stage` signed, on scene, contained.",
    )
    key_s: float = Field(
        60, gt=0, le=86_400, description="`zone`: seconds to be on scene at a key site."
    )
    centre_s: float = Field(
        180, gt=0, le=86_400, description="`zone`: seconds to be on scene in the city centre."
    )
    urban_s: float = Field(
        300, gt=0, le=86_400, description="`zone`: seconds to be on scene elsewhere in town."
    )
    station_s: float = Field(
        60, gt=0, le=86_400, description="`tier`: seconds for station and street patrols."
    )
    district_s: float = Field(
        180, gt=0, le=86_400, description="`tier`: seconds for forces of the district."
    )
    city_s: float = Field(
        300, gt=0, le=86_400, description="`tier`: seconds for units of the city."
    )
    signed_s: float = Field(60, gt=0, le=86_400, description="`stage`: seconds to be signed.")
    on_scene_s: float = Field(180, gt=0, le=86_400, description="`stage`: seconds to be on scene.")
    contained_s: float = Field(
        300, gt=0, le=86_400, description="`stage`: seconds to be contained."
    )
    elsewhere: Place = Field(
        "urban",
        description="Class of a place that no zone with a property `clock` holds (`key`, "
        "`centre`, `urban` or `rural`; `rural` has no clock).",
    )
    warn_at: tuple[float, ...] = Field(
        (0.5, 0.8), description="Shares of the time at which a running clock warns."
    )
    max_age_s: float = Field(
        1800,
        gt=0,
        le=86_400,
        description="What was detected longer ago than this starts no clock: nobody can be late "
        "for what came late itself.",
    )
    escalate_to: tuple[str, ...] = Field(
        ("next_platform", "centre_110"),
        min_length=1,
        description="Who is told in turn when a clock has run out and nobody acts; the last one "
        "again and again.",
    )
    escalate_every_s: float = Field(
        60,
        gt=0,
        le=86_400,
        description="Seconds to the second of them; each pause is twice the one before.",
    )

    @model_validator(mode="after")
    def _is_in_order(self) -> Self:
        if list(self.warn_at) != sorted({w for w in self.warn_at if 0 < w < 1}):
            raise ValueError("warn_at: expected shares between 0 and 1, ascending, each once")
        for names in (("key_s", "centre_s", "urban_s"), ("station_s", "district_s", "city_s"),
                      ("signed_s", "on_scene_s", "contained_s")):  # fmt: skip
            values = [getattr(self, name) for name in names]
            if values != sorted(values):
                msg = f"{', '.join(names)}: expected none shorter than the one before"
                raise ValueError(msg)
        return self


class AlertSettings(BaseModel):
    """Section `[alerts]` of the settings file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str = Field(
        "/vehicleguard",
        min_length=1,
        max_length=200,
        pattern=r"^[!-~]+$",
        description="Who we are to other systems: `source` of CloudEvents, `sender` of CAP. "
        "Receivers de-duplicate by it and by the id, so each installation needs its own.",
    )
    public_url: Url | None = Field(
        None,
        description="Address of the console as owners reach it; unset, messages to them carry no "
        "link to answer.",
    )
    link_hours: float = Field(
        24, gt=0, le=24 * 7, description="Hours for which such a link can be answered."
    )
    channels: Annotated[tuple[ChannelSettings, ...], AfterValidator(checked)] = Field(
        (),
        max_length=32,
        description="Whom to tell of incidents: a table `[[alerts.channels]]` each, see below.",
    )
    clock: ClockSettings = ClockSettings()
    force: ForceSettings = ForceSettings()
    dispatch: DispatchSettings = DispatchSettings()

"""What the operator may set of forces and jurisdictions: their files, how long positions hold."""

from __future__ import annotations

from typing import Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, FilePath, field_validator, model_validator

_Datum = Literal["wgs84", "gcj02", "bd09"]


class ForceSettings(BaseModel):
    """Section `[alerts.force]`: who can be sent, and whose an incident is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    platforms: FilePath | None = Field(
        None, description="CSV file of the police platforms; none = nobody is sent by us."
    )
    posts: FilePath | None = Field(None, description="CSV file of the village police rooms.")
    units: FilePath | None = Field(None, description="CSV file of the units that can be sent.")
    datum: _Datum | None = Field(
        None,
        description="What positions in these files refer to, where no column `datum` says it.",
    )
    areas: FilePath | None = Field(
        None,
        description="GeoJSON file of jurisdictions: city, counties, townships, villages, grids.",
    )
    areas_datum: _Datum | None = Field(
        None, description="What the outlines of `areas` refer to, where the file does not say it."
    )
    time_zone: str = Field(
        "Asia/Shanghai", description="Time zone of the wall clock by which shifts are kept."
    )
    fresh_s: float = Field(
        120, gt=0, le=86_400, description="A unit's position is taken for its place so long."
    )
    lost_s: float = Field(
        1800,
        gt=0,
        le=604_800,
        description="After so long without a position a unit is reckoned to be at its post.",
    )

    @field_validator("time_zone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            msg = "expected a time zone such as Asia/Shanghai"
            raise ValueError(msg) from error
        return name

    @model_validator(mode="after")
    def _belongs_together(self) -> Self:
        if self.platforms is None and (self.posts or self.units):
            raise ValueError("platforms: expected a file, as posts and units belong to platforms")
        if self.lost_s < self.fresh_s:
            raise ValueError("lost_s: expected no less than fresh_s")
        return self

"""What the operator may set of detection."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class StreamSettings(BaseModel):
    """Section `[streams]` of the settings file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rules: Path | None = Field(
        None, description="TOML file of detection thresholds; none = the documented defaults."
    )
    zones: Path | None = Field(
        None, description="GeoJSON file of zones that guard the vehicles parked in them (WGS-84)."
    )
    snapshot_s: float = Field(
        30,
        ge=1,
        le=3600,
        description="Seconds between snapshots of the vehicles' state; what came after the newest "
        "one is worked through again at the next start.",
    )

"""What the operator may set of detection."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class StreamSettings(BaseModel):
    """Section `[streams]` of the settings file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rules: Path | None = Field(
        None, description="TOML file of detection thresholds; none = the documented defaults."
    )
    zones: Path | None = Field(
        None,
        description="GeoJSON file of zones that guard the vehicles parked in them; it says its "
        "`datum`, or `streams.zones_datum` does.",
    )
    zones_datum: Literal["wgs84", "gcj02", "bd09"] | None = Field(
        None, description="What the coordinates of the zone file refer to, where it does not say."
    )
    roads: Path | None = Field(
        None,
        description="Folder with a road network for pursuits: `nodes.csv` and `edges.csv`, or both "
        "packed as `.csv.gz` (WGS-84); see the page about pursuit.",
    )
    cameras: Path | None = Field(
        None,
        description="CSV file of cameras: `camera`, `lon`, `lat` and, where there are, "
        "`direction_deg` and `datum`.",
    )
    cameras_datum: Literal["wgs84", "gcj02", "bd09"] | None = Field(
        None, description="What the coordinates of the camera file refer to, where it does not say."
    )
    snapshot_s: float = Field(
        30,
        ge=1,
        le=3600,
        description="Seconds between snapshots of the vehicles' state; what came after the newest "
        "one is worked through again at the next start.",
    )

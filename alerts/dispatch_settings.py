"""What the operator may set of dispatch: how times are reckoned and what weighs against them."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class DispatchSettings(BaseModel):
    """Section `[alerts.dispatch]`: the choice of units."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    router: Literal["straight", "osrm", "valhalla"] = Field(
        "straight",
        description="Where times to arrive come from: `straight` lines with a road factor, or a "
        "server of OSRM or Valhalla at `router_url`; while that fails, straight lines.",
    )
    router_url: str | None = Field(
        None,
        pattern=r"^https?://[^\s?#]+$",
        description="Address of the OSRM or Valhalla server, such as http://osrm:5000.",
    )
    router_timeout_s: float = Field(
        2.0, gt=0, le=30, description="Longest wait for one answer of the router's server."
    )
    road_factor: float = Field(
        1.4, ge=1, le=5, description="`straight`: roads are so many times as long as the line."
    )
    foot_kmh: float = Field(6, gt=0, le=20, description="`straight`: speed of units on foot.")
    bike_kmh: float = Field(25, gt=0, le=80, description="`straight`: speed of motorcycle units.")
    car_kmh: float = Field(36, gt=0, le=150, description="`straight`: speed of cars.")
    reach_s: float = Field(
        1800, gt=0, le=86_400, description="A unit that would take longer than this is not sent."
    )
    load_s: float = Field(
        180,
        ge=0,
        le=86_400,
        description="Each incident that a unit has already counts as so many seconds of way.",
    )
    outside_s: float = Field(
        60,
        ge=0,
        le=86_400,
        description="A unit of another jurisdiction counts as so many seconds further away.",
    )
    stale_s: float = Field(
        60,
        ge=0,
        le=86_400,
        description="A unit whose position is old or unknown counts as so many seconds further "
        "away.",
    )
    sign_within_s: float = Field(
        45,
        gt=0,
        le=3600,
        description="A unit that does not sign within this is replaced by the next best.",
    )

    @model_validator(mode="after")
    def _has_a_server(self) -> Self:
        if (self.router == "straight") is not (self.router_url is None):
            raise ValueError("router_url: expected with the routers osrm and valhalla, and only so")
        return self

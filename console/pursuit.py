"""Where the vehicle of a red incident can be: route and shapes."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from console.answer import identity_of, json_answer, ports_of
from console.auth import Identity
from console.ports import NoPursuitError, Ports, UnknownIncidentError
from console.problem import ProblemError, responses

router = APIRouter(prefix="/incidents", tags=["incidents"])

Position = tuple[float, float]


class LastSeen(BaseModel):
    """The newest thing known of the vehicle."""

    t: float
    age_s: float
    lon: float
    lat: float
    accuracy_m: float
    by: Literal["fix", "plate"]
    camera: str | None = Field(description="The reader that saw its plate.")


class PursuitSector(BaseModel):
    """Where it is after `horizon_s`, with this probability, as measured on real trips."""

    horizon_s: float
    probability: float
    bearing_deg: float | None = Field(description="Null where it may have gone anywhere.")
    half_width_deg: float
    inner_m: float
    outer_m: float
    near_m: float = Field(description="All around the last known place: it may have stopped.")
    ring: list[Position] = Field(description="Its outline, closed, lon first.")


class PursuitCamera(BaseModel):
    """A camera on its way."""

    id: str
    lon: float
    lat: float
    direction_deg: float | None
    distance_m: float
    earliest_s: float = Field(description="Least time from now; 0 = it may have passed.")
    by: Literal["road", "sector"]


class PursuitSighting(BaseModel):
    """Its plate, read by a camera."""

    t: float
    lon: float
    lat: float
    camera: str
    direction_deg: float | None


class PursuitRoads(BaseModel):
    """Roads within reach after `horizon_s`."""

    horizon_s: float
    length_m: float
    lines: list[list[Position]] = Field(description="Those that shorter horizons lack.")
    gates: list[Position] = Field(description="Where all ways out are crossed just then.")
    gates_total: int


class Pursuit(BaseModel):
    """Last seen where, and where it can be in 1, 3 and 5 minutes.

    What is said of direction and speed holds for 90 % of vehicles, and widens with the silence.
    """

    incident_id: str
    vehicle_id: str
    now: float
    last_seen: LastSeen
    direction_deg: float | None
    direction_within_deg: float
    speed_mps: float | None
    speed_low_mps: float = Field(description="Of its mean speed since it was seen.")
    speed_high_mps: float
    sectors: list[PursuitSector]
    cameras: list[PursuitCamera] = Field(description="The soonest first.")
    cameras_total: int
    sightings: list[PursuitSighting]
    roads: list[PursuitRoads]


@router.get("/{incident_id}/pursuit", response_model=Pursuit, responses=responses(404, 409))
def pursuit(
    ports: Annotated[Ports, Depends(ports_of)],
    identity: Annotated[Identity, Depends(identity_of)],
    incident_id: str,
) -> Response:
    """Where the vehicle of an open red incident can be, made anew from its newest fixes.

    Who asks is noted in the audit.
    """
    try:
        found = ports.pursuits.of(incident_id)
    except UnknownIncidentError as error:
        raise ProblemError(404, f"no incident has the id {incident_id!r}") from error
    except NoPursuitError as error:
        raise ProblemError(409, str(error)) from error
    ports.audit.looked(identity.who, "pursuit", incident_id)
    return json_answer(found)

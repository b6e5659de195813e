"""The shapes of the API's bodies, as OpenAPI describes them.

What the console answers is passed through from its ports as it is: these models describe it and
the tests hold the two together; only what callers send is read with them.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Level = Literal["blue", "yellow", "red"]
State = Literal[
    "reported", "accepted", "assigned", "signed", "handling", "feedback", "closed", "rated"
]
Outcome = Literal["recovered", "not_found", "false_alarm"]
Step = Literal[
    "accepted", "assigned", "returned", "reassigned", "supervised", "signed", "departed",
    "on_scene", "contained", "feedback", "closed", "rated", "reopened",
    "passed_up", "assigned_down", "taken_back",
]  # fmt: skip
Id = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Word = Literal["mine", "stolen", "confirmed"]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]


class Rise(BaseModel):
    """A level that an incident reached, or was lowered to by a person."""

    t: float = Field(description="When, epoch seconds.")
    level: Level
    reason: str = Field(description="Why, in English or as a person put it.")
    reason_zh: str = Field(description="Why, in Chinese.")


class Stamp(BaseModel):
    """When it came to a moment of its life."""

    moment: str = Field(
        description="alerted, dispatched, signed, departed, on_scene, contained, feedback, closed."
    )
    t: float = Field(description="When it happened, epoch seconds.")
    at: float = Field(description="When it was recorded, epoch seconds.")
    actor: str
    by: str = Field(description="What it is known from: `tap`, `position`, or empty.")


class Goal(BaseModel):
    """A deadline of a clock."""

    name: str
    moment: str = Field(description="The stamp that stops it.")
    due: float = Field(description="Epoch seconds.")


class Clock(BaseModel):
    """The clock that runs since it became red; no goals where none is asked."""

    profile: Literal["zone", "tier", "stage"]
    place: Literal["key", "centre", "urban", "rural"]
    started: float = Field(description="Epoch seconds.")
    goals: list[Goal]


class Incident(BaseModel):
    """One theft; times in epoch seconds, WGS-84 degrees."""

    id: str
    vehicle_id: str
    level: Level = Field(description="The highest level reached; a person may lower it.")
    state: State
    t_opened: float = Field(description="When it began.")
    t_detected: float = Field(description="Event time of the fix that raised it.")
    t_updated: float
    lon: float
    lat: float
    signals: list[str] = Field(description="Ids of its signals.")
    history: list[Rise]
    outcome: Outcome | Literal["merged"] | None
    party: str = Field("", description="The unit or platform whose it is.")
    desk: str = Field("", description="The centre that somebody gave it to; empty: by its place.")
    stamps: list[Stamp] = Field([], description="In the order in which they were told.")
    clock: Clock | None = None
    supervised: bool = Field(default=False, description="A higher level watches it (督办).")
    drill: bool = Field(default=False, description="An exercise.")
    links: list[str] = Field([], description="Incidents that belong to it.")
    merged_into: str = Field("", description="The incident in which it goes on.")
    word: Word | None = Field(description="What a person said of it last (`answer`).")
    score: float | None = Field(description="Theft score after its newest signal; it decays.")
    because: list[str] = Field(description="Kinds of evidence so far.")
    seq: int = Field(description="Number of its latest ledger event; of two versions more is newer")


class IncidentEvent(BaseModel):
    """One entry of an incident's ledger."""

    model_config = ConfigDict(extra="allow")

    seq: int
    kind: str = Field(
        description="opened, joined, raised, lowered, answered, a step, undone, linked, absorbed, "
        "split, or what its clock said: clocked, warned, breached, escalated."
    )
    t: float


class Signal(BaseModel):
    """What a detector said (`signals.jsonl`)."""

    model_config = ConfigDict(extra="allow")

    id: str
    vehicle_id: str
    kind: str
    t: float
    t_detected: float
    lon: float
    lat: float
    strength: float
    evidence: dict[str, Any]


class IncidentDetail(Incident):
    """An incident with its whole file."""

    events: list[IncidentEvent]
    signal_details: list[Signal]


class IncidentPage(BaseModel):
    """Incidents, newest first."""

    items: list[Incident]
    next: str | None = Field(description="Cursor of the next page, null at the end.")
    seq: int = Field(
        description="Ledger number up to which this page is complete: a stream resumed from here "
        "misses nothing."
    )


class Vehicle(BaseModel):
    """One vehicle now; null is unknown."""

    model_config = ConfigDict(extra="allow")

    id: str
    t: float = Field(description="When it was last heard of, epoch seconds.")
    lon: float | None
    lat: float | None
    speed_mps: float | None
    heading_deg: float | None = Field(description="0 is north, clockwise.")
    status: Literal["unknown", "parked", "moving"]
    armed: bool
    ignition: bool | None = None
    level: Level | None = Field(description="Level of its open incident.")


class VehiclePage(BaseModel):
    """Vehicles in a stable order."""

    items: list[Vehicle]
    next: str | None = Field(description="Cursor of the next page, null at the end.")


class Status(BaseModel):
    """How the run is doing."""

    model_config = ConfigDict(extra="allow")

    now: float
    started: float
    simulated: bool
    version: str
    vehicles: int
    fixes_total: int
    fixes_per_s: float
    rejects_total: int
    lag_ms: float | None = Field(description="Age of the oldest unprocessed message.")
    broker: Literal["up", "down"]
    open_incidents: dict[Level, int]
    bounds: tuple[float, float, float, float] | None = Field(description="West, south, east, north")
    tiles: str | None
    tiles_attribution: str | None


class Reject(BaseModel):
    """A payload that was refused."""

    t: float
    reason: str
    detail: str
    topic: str
    payload: str = Field(description="Its beginning, as text.")


class RejectList(BaseModel):
    """Refused payloads, newest first."""

    items: list[Reject]


class FeatureCollection(BaseModel):
    """GeoJSON (RFC 7946)."""

    type: Literal["FeatureCollection"]
    features: list[dict[str, Any]]


class Session(BaseModel):
    """Who is signed in."""

    who: str
    by: Literal["token", "cookie"]
    until: float | None = Field(description="When the session runs out, epoch seconds.")


class Credentials(BaseModel):
    """The token, for whoever cannot set a header."""

    model_config = ConfigDict(extra="forbid")

    token: str = Field(max_length=1000)


class SignBody(BaseModel):
    """Why, or how, an officer takes the incident on."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason


class CloseBody(SignBody):
    """How it ended."""

    outcome: Outcome | None = None


class AnswerBody(BaseModel):
    """What its owner says ("it's me", "stolen"), or police and 110 ("confirmed")."""

    model_config = ConfigDict(extra="forbid")

    word: Word
    reason: Reason | None = Field(None, description="On what; `mine` needs one, for it closes.")

    @model_validator(mode="after")
    def _closing_is_explained(self) -> Self:
        if self.word == "mine" and self.reason is None:
            raise ValueError("mine needs a reason")
        return self


class StepBody(BaseModel):
    """A step of an incident's life, and what comes with it."""

    model_config = ConfigDict(extra="forbid")

    step: Step
    reason: Reason | None = Field(
        None,
        description="Needed by returned, reassigned, supervised, feedback, reopened and what moves "
        "it between centres.",
    )
    party: Id | None = Field(
        None,
        description="To whom; needed by assigned and reassigned, and as the centre by passed_up, "
        "assigned_down and taken_back.",
    )
    by: Literal["tap", "position"] | None = Field(None, description="What it is known from.")
    t: float | None = Field(
        None, ge=946_684_800, lt=4_102_444_800, description="When it happened, epoch seconds."
    )
    outcome: Outcome | None = Field(None, description="Of closed.")
    score: int | None = Field(None, ge=1, le=5, description="Of rated, which needs it.")


class UndoBody(BaseModel):
    """Why the step is taken back, where somebody says."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason | None = None


class MergeBody(SignBody):
    """The incident in which this one goes on, and why."""

    into: Id


class LinkBody(SignBody):
    """The incident that belongs to this one, and why."""

    other: Id


class SplitBody(SignBody):
    """The signals that are of another theft, and why."""

    signals: list[Id] = Field(min_length=1, max_length=10_000)


class LowerBody(SignBody):
    """A lower level, and why."""

    level: Level

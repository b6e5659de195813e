"""What happens to an incident: the events that its history is made of, and the words in them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from alerts.level import Level
from alerts.report import Report


class State(StrEnum):
    """Where an incident stands, in the words of the governance platform.

    上报 reported, 受理 accepted, 分派 assigned, 签收 signed, 处置 handling, 反馈 feedback,
    办结 closed, 评价 rated.
    """

    REPORTED = "reported"
    ACCEPTED = "accepted"
    ASSIGNED = "assigned"
    SIGNED = "signed"
    HANDLING = "handling"
    FEEDBACK = "feedback"
    CLOSED = "closed"
    RATED = "rated"


OPEN = frozenset(State) - {State.CLOSED, State.RATED}
"""States in which something is still to be done."""


class Outcome(StrEnum):
    """How it ended; `MERGED`: it goes on in another incident."""

    RECOVERED = "recovered"
    NOT_FOUND = "not_found"
    FALSE_ALARM = "false_alarm"
    MERGED = "merged"


class Word(StrEnum):
    """What a person says: its owner ("it's me", "stolen"), or police and 110 ("confirmed")."""

    MINE = "mine"
    STOLEN = "stolen"
    CONFIRMED = "confirmed"


Step = Literal[
    "accepted", "assigned", "returned", "reassigned", "supervised", "signed", "departed",
    "on_scene", "contained", "feedback", "closed", "rated", "reopened",
    "passed_up", "assigned_down", "taken_back",
]  # fmt: skip
"""What people do about an incident, one after the other (`alerts.step`)."""

EventKind = (
    Literal[
        "opened", "joined", "raised", "lowered", "answered", "linked", "absorbed", "split",
        "undone", "clocked", "warned", "breached", "escalated",
    ]
    | Step
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Goal:
    """A deadline: `moment` (see `alerts.step`) is wanted by `due_ms`, epoch ms."""

    name: str
    moment: str
    due_ms: int


@dataclass(frozen=True, slots=True)
class Run:
    """A clock that was started: under which profile, for which class of place, until when.

    `told` are the marks of what has been said of it.
    """

    profile: str
    place: str
    started_ms: int
    goals: tuple[Goal, ...] = ()
    told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to an incident.

    * `t` is event time (epoch s): of the fix that showed it, or of the person's action; `at_ms` is
      the processing time at which it was recorded.
    * `reason` is in English, or as a person put it; `reason_zh` is empty where it is the same, or
      was recorded before there was one.
    * `party`: the unit, platform or centre that a step is about.  `by`: what a step is known from,
      `tap` or `position`, empty where nobody said.
    * `other`: the incident that this one was linked with, merged into, absorbed or split into.
    * `reports`: those that were absorbed, or that it was split by.  `score`: a rating, 1 to 5.
    * `drill`: of an opening, that it is an exercise.
    * `clock`: the clock that was started; `mark`: what was said of it (`alerts.clock`).
    """

    incident_id: str
    kind: EventKind
    t: float
    at_ms: int
    actor: str
    reason: str = ""
    level: Level | None = None
    report: Report | None = None
    outcome: Outcome | None = None
    reason_zh: str = ""
    word: Word | None = None
    party: str = ""
    by: str = ""
    other: str = ""
    reports: tuple[Report, ...] = ()
    score: int | None = None
    drill: bool = False
    clock: Run | None = None
    mark: str = ""

"""What the console reads of the pipeline; the runner provides it.

The console neither decides nor stores: every page and route goes through one of these ports, so
that the embedded and the distributed runner serve the same console.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import pyarrow as pa

Json = Mapping[str, object]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A slice of a list and the cursor of the next one (None at the end)."""

    items: Sequence[T]
    next: str | None


@dataclass(frozen=True, slots=True)
class IncidentFilter:
    """Which incidents a list asks for; None = all."""

    level: str | None = None
    state: str | None = None
    vehicle_id: str | None = None


@dataclass(frozen=True, slots=True)
class IncidentEvent:
    """One entry of the ledger: `seq` grows by one per event and is the stream's resume point.

    `incident` is the whole incident as it stood after this event (the shape of the API).
    """

    seq: int
    kind: str
    incident: Json


class UnknownIncidentError(LookupError):
    """No incident has this id."""


class IllegalMoveError(ValueError):
    """The incident's state does not allow this action; the text says what is allowed."""


@dataclass(frozen=True, slots=True)
class StepSaid:
    """What comes with a step; see `wire.StepBody`."""

    reason: str = ""
    party: str = ""
    by: str = ""
    t: float | None = None
    outcome: str | None = None
    score: int | None = None


class Incidents(Protocol):
    """The incident ledger as the console sees it.  All methods are safe to call from any thread."""

    def page(self, wanted: IncidentFilter, cursor: str | None, limit: int) -> Page[Json]:
        """Newest first.  Raises `ValueError` on a cursor that this ledger never gave out."""
        ...

    def one(self, incident_id: str) -> Json:
        """The incident with its `events` and, as `signal_details`, its signals in full.

        Raises `UnknownIncidentError`.
        """
        ...

    def act(
        self, incident_id: str, action: str, actor: str, reason: str, outcome: str | None = None
    ) -> Json:
        """Carry out `sign` or `close` and return the incident after it.

        `outcome` goes with `close`: recovered, not_found, false_alarm, or None for not said.
        Raises `UnknownIncidentError`, `IllegalMoveError`.
        """
        ...

    def answer(self, incident_id: str, word: str, actor: str, reason: str) -> Json:
        """File what a person says, and return the incident after it; said again, nothing changes.

        `word` is mine, stolen or confirmed.  Raises `UnknownIncidentError`, `IllegalMoveError`.
        """
        ...

    def lower(self, incident_id: str, level: str, actor: str, reason: str) -> Json:
        """Lower it to `level` for a stated reason, and return the incident after it.

        Raises `UnknownIncidentError`, `IllegalMoveError`.
        """
        ...

    def step(self, incident_id: str, step: str, actor: str, said: StepSaid) -> Json:
        """Take it through a step, and return the incident after it; said again, nothing changes.

        Raises `UnknownIncidentError`, `IllegalMoveError`, and `ValueError` for what is missing.
        """
        ...

    def undo(self, incident_id: str, actor: str, reason: str) -> Json:
        """Take the actor's own last step back.

        Raises `UnknownIncidentError`, `IllegalMoveError`.
        """
        ...

    def merge(self, incident_id: str, into: str, actor: str, reason: str) -> Json:
        """Have it go on in another one, which is returned.

        Raises `UnknownIncidentError`, `IllegalMoveError`.
        """
        ...

    def split(self, incident_id: str, signals: Sequence[str], actor: str, reason: str) -> Json:
        """Cut the signals off, and return the incident that they open.

        Raises `UnknownIncidentError`, `IllegalMoveError`, and `ValueError` for other signals.
        """
        ...

    def link(self, incident_id: str, other: str, actor: str, reason: str) -> Json:
        """Say that two belong together, and return the first.

        Raises `UnknownIncidentError`, `IllegalMoveError`.
        """
        ...

    def events_after(self, seq: int, limit: int) -> Sequence[IncidentEvent]:
        """At most `limit` ledger events with a number above `seq`, oldest first.

        An event shows here only once every event with a smaller number does: listeners move their
        resume point past what they were given and never look back.
        """
        ...

    def last_seq(self) -> int:
        """Number of the newest ledger event, 0 for none."""
        ...


class Fleet(Protocol):
    """Live vehicles.  All methods are safe to call from any thread.

    A vehicle is a mapping of `id`, `t` (epoch s), `lon`, `lat`, `speed_mps`, `heading_deg` (null =
    unknown), `status` (unknown, parked, moving), `armed`, `ignition` (null = unknown) and `level`
    (of its open incident, or null).
    """

    def page(self, cursor: str | None, limit: int) -> Page[Json]:
        """Vehicles in a stable order.  Raises `ValueError` on a cursor never given out."""
        ...

    def one(self, vehicle_id: str) -> Json | None:
        """One vehicle, or None."""
        ...

    def positions(self, since: int) -> tuple[int, pa.Table]:
        """Every vehicle that changed after revision `since` (0 = all), and the revision now.

        Columns: `row` uint32 (stable number of the vehicle in this run), `vehicle_id` string,
        `lon`, `lat` float64, `t` float64 (epoch seconds of the fix), `speed_mps`, `heading_deg`
        float32 (NaN unknown), `status` uint8 (0 unknown, 1 parked, 2 moving), `armed` uint8
        (0 no, 1 yes), `level` uint8 (0 none, 1 blue, 2 yellow, 3 red).
        """
        ...


class NoPursuitError(ValueError):
    """The incident is of the kind that nobody pursues; the text says why."""


class Pursuits(Protocol):
    """Where the vehicle of a red incident can be.  Safe to call from any thread."""

    def of(self, incident_id: str) -> Json:
        """The pursuit as of now (the shape of the API), made anew from the newest fixes.

        Raises `UnknownIncidentError`, and `NoPursuitError` for one that is not red, is closed, or
        whose vehicle's place nobody knows.
        """
        ...


class Places(Protocol):
    """What the map draws without a tile server."""

    def zones(self) -> Json:
        """GeoJSON FeatureCollection of the zones in use (WGS-84)."""
        ...

    def towns(self) -> Json:
        """GeoJSON FeatureCollection of Points with `name_en` and, where known, `name_zh`."""
        ...


class Pipeline(Protocol):
    """How the run is doing."""

    def status(self) -> Json:
        """The `status` event.

        Keys: `now` (epoch s), `started`, `simulated` (bool), `version`,
        `vehicles`, `fixes_total`, `fixes_per_s`, `rejects_total`, `lag_ms` (age of the oldest
        unprocessed message, ms), `broker` ("up" or "down"), `open_incidents` ({"blue": n, ...}),
        `bounds` ([w, s, e, n]).  The console adds its own `tiles` and `tiles_attribution`.
        """
        ...

    def ready(self) -> tuple[bool, str]:
        """Whether fixes are being taken, and if not why."""
        ...

    def rejects(self, limit: int) -> Sequence[Json]:
        """Newest dead letters: `t`, `reason`, `detail`, `topic`, `payload` (text, cut)."""
        ...


class Metrics(Protocol):
    """The metrics page."""

    def render(self) -> tuple[bytes, str]:
        """Body and content type of `/metrics`."""
        ...


@dataclass(frozen=True, slots=True)
class Question:
    """What an owner's link asks: of which vehicle, since when (epoch s), and whether it stands."""

    vehicle_id: str
    since: float
    is_open: bool
    level: str


class Outside(Protocol):
    """People and systems that have no login here.  Safe to call from any thread."""

    def question(self, token: str) -> Question | None:
        """What the link with `token` asks; None when it is forged or its time is over."""
        ...

    def answer(self, token: str, word: str) -> str:
        """File `mine` or `stolen`, and say in one line how the incident stands.

        Raises `UnknownIncidentError` for a link that is none, and `IllegalMoveError`.
        """
        ...

    def callback(self, name: str, headers: Mapping[str, str], body: bytes) -> tuple[int, str]:
        """What the platform behind channel `name` did: status as in HTTP, and why."""
        ...


class Audit(Protocol):
    """Who looked at whom.  Safe to call from any thread."""

    def looked(self, who: str, what: str, subject: str) -> None:
        """Note that `who` looked at `what` (incident, vehicle, pursuit) of `subject`, its id."""
        ...


class NoAudit:
    """Nobody notes anything: for whoever has no store."""

    def looked(self, who: str, what: str, subject: str) -> None:
        """Note nothing."""


NOBODY = NoAudit()


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything the console reads, in one hand."""

    incidents: Incidents
    fleet: Fleet
    places: Places
    pipeline: Pipeline
    metrics: Metrics
    pursuits: Pursuits
    outside: Outside | None = None
    audit: Audit = NOBODY

"""What a receiver says about an incident it was told of: read, checked, filed once.

From the governance platform (a signed callback) and from units (MQTT).  A reply has an id, which
goes into the event as its mark: sent again, however much later, it changes nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Final, Literal, NamedTuple

import msgspec

from alerts import action
from alerts.event import Event, Outcome
from alerts.incident import Incident
from alerts.ledger import Entry, Ledger, UnknownIncidentError

_MOST_BYTES: Final = 64 * 1024
_AHEAD_S: Final = 120.0
_BEHIND_S: Final = 86_400.0

Action = Literal[
    "accepted", "assigned", "returned", "reassigned", "supervised", "signed", "departed",
    "on_scene", "contained", "feedback", "closed",
]  # fmt: skip

_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
_Text = Annotated[str, msgspec.Meta(max_length=1000)]


class Reply(msgspec.Struct, frozen=True, forbid_unknown_fields=False):
    """One thing that was done; `t` is when, epoch seconds, where it was not just now."""

    id: _Id
    incident: _Id
    action: Action
    actor: Annotated[str, msgspec.Meta(max_length=100)] = ""
    reason: _Text = ""
    party: Annotated[str, msgspec.Meta(max_length=100)] = ""
    outcome: Literal["recovered", "not_found", "false_alarm"] | None = None
    by: Literal["", "tap", "position"] = ""
    t: float | None = None


class Answer(NamedTuple):
    """What the sender is told: a status as in HTTP, and why."""

    status: int
    detail: str = ""

    @property
    def is_done(self) -> bool:
        """Whether it has been taken, now or before."""
        return self.status < 300


_decode = msgspec.json.Decoder(Reply).decode


def read(body: bytes) -> Reply | Answer:
    """The reply in `body` (JSON); an `Answer` of 413 or 422 for what is none."""
    if len(body) > _MOST_BYTES:
        return Answer(413, f"larger than {_MOST_BYTES} bytes")
    try:
        return _decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return Answer(422, str(error))


def file(
    ledger: Ledger, reply: Reply, source: str, now_ms: int, *, unit: str | None = None
) -> tuple[Answer, Entry | None]:
    """File `reply` from `source`, and the entry that it made.

    A `unit` may speak of what is assigned to it, and of nothing else.
    """
    mark = f"{source}:{reply.id}"
    actor = f"{source}:{reply.actor}" if reply.actor else source
    fresh: list[Event] = []

    def decide(held: Incident) -> Event | None:
        # nobody else files anything while this is decided
        if any(entry.event.mark == mark for entry in ledger.incident(held.id)[1]):
            return None
        if unit is not None and held.course.party != unit:
            msg = f"{held.id} is not assigned to {unit}"
            raise action.IllegalMoveError(msg)
        said = action.Said(
            party=reply.party,
            by=reply.by,
            outcome=Outcome(reply.outcome) if reply.outcome else None,
            t=_when(reply.t, now_ms / 1000),
        )
        event = action.step(held, reply.action, actor, reply.reason, now_ms, said)
        if event is not None:
            event = replace(event, mark=mark)
            fresh.append(event)
        return event

    try:
        entry = ledger.act(reply.incident, decide)
    except UnknownIncidentError:
        return Answer(404, f"no incident has the id {reply.incident!r}"), None
    except action.IllegalMoveError as error:
        return Answer(409, str(error)), None
    except ValueError as error:
        return Answer(422, str(error)), None
    return (Answer(200), entry) if fresh else (Answer(200, "known already"), None)


def _when(t: float | None, now: float) -> float | None:
    """The time said, if it can be believed."""
    return t if t is not None and now - _BEHIND_S <= t <= now + _AHEAD_S else None

"""Routes of incidents: the list, one with its file, and what a person does about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from console.answer import feed_of, identity_of, json_answer, ports_of
from console.auth import Identity
from console.feed import Feed
from console.ports import (
    IllegalMoveError,
    IncidentFilter,
    Json,
    Ports,
    StepSaid,
    UnknownIncidentError,
)
from console.problem import ProblemError, responses
from console.wire import (
    AnswerBody,
    CloseBody,
    Incident,
    IncidentDetail,
    IncidentPage,
    Level,
    LinkBody,
    LowerBody,
    MergeBody,
    SignBody,
    SplitBody,
    State,
    StepBody,
    UndoBody,
)

router = APIRouter(prefix="/incidents", tags=["incidents"])

_Ports = Annotated[Ports, Depends(ports_of)]
_Feed = Annotated[Feed, Depends(feed_of)]
_Identity = Annotated[Identity, Depends(identity_of)]


@router.get("", response_model=IncidentPage, responses=responses(400))
def incidents(
    *,
    ports: _Ports,
    level: Level | None = None,
    state: State | None = None,
    vehicle_id: str | None = None,
    cursor: Annotated[str | None, Query(description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> Response:
    """Incidents, newest first."""
    # Read before the page: what happens in between is then in both page and stream, never in none.
    seq = ports.incidents.last_seq()
    try:
        page = ports.incidents.page(IncidentFilter(level, state, vehicle_id), cursor, limit)
    except (ValueError, OverflowError) as error:
        raise ProblemError(400, f"cursor: {error}") from error
    return json_answer({"items": page.items, "next": page.next, "seq": seq})


@router.get("/{incident_id}", response_model=IncidentDetail, responses=responses(404))
def incident(ports: _Ports, identity: _Identity, incident_id: str) -> Response:
    """One incident with its events and its signals in full; who asks is noted in the audit."""
    try:
        found = ports.incidents.one(incident_id)
    except UnknownIncidentError as error:
        raise _unknown(incident_id) from error
    ports.audit.looked(identity.who, "incident", incident_id)
    return json_answer(found)


@router.post("/{incident_id}/sign", response_model=Incident, responses=responses(404, 409))
def sign(
    ports: _Ports, feed: _Feed, identity: _Identity, incident_id: str, body: SignBody
) -> Response:
    """Take the incident on (签收)."""
    act = ports.incidents.act
    return _done(incident_id, feed, lambda: act(incident_id, "sign", identity.who, body.reason))


@router.post("/{incident_id}/close", response_model=Incident, responses=responses(404, 409))
def close(
    ports: _Ports, feed: _Feed, identity: _Identity, incident_id: str, body: CloseBody
) -> Response:
    """Finish the incident (办结)."""
    act, who = ports.incidents.act, identity.who
    return _done(
        incident_id, feed, lambda: act(incident_id, "close", who, body.reason, body.outcome)
    )


@router.post("/{incident_id}/answer", response_model=Incident, responses=responses(404, 409))
def answer(
    ports: _Ports, feed: _Feed, identity: _Identity, incident_id: str, body: AnswerBody
) -> Response:
    """File a person's word: `mine` closes it as a false alarm, the others raise it to red.

    Sent again it changes nothing and answers the same.
    """
    file, who = ports.incidents.answer, identity.who
    return _done(incident_id, feed, lambda: file(incident_id, body.word, who, body.reason or ""))


@router.post("/{incident_id}/lower", response_model=Incident, responses=responses(404, 409))
def lower(
    ports: _Ports, feed: _Feed, identity: _Identity, incident_id: str, body: LowerBody
) -> Response:
    """Lower its level for a stated reason; the signals it has cannot raise it again."""
    put, who = ports.incidents.lower, identity.who
    return _done(incident_id, feed, lambda: put(incident_id, body.level, who, body.reason))


@router.post("/{incident_id}/steps", response_model=Incident, responses=responses(400, 404, 409))
def step(
    ports: _Ports, feed: _Feed, identity: _Identity, incident_id: str, body: StepBody
) -> Response:
    """Take the incident through a step of its life; sent again it changes nothing.

    受理 accepted, 分派 assigned, 退回 returned, 转派 reassigned, 督办 supervised, 签收 signed,
    出警 departed, 到场 on_scene, 控制 contained, 反馈 feedback, 办结 closed, 评价 rated; reopened;
    between centres 上报 passed_up, 下派 assigned_down, 收回 taken_back.
    """
    said = StepSaid(
        body.reason or "", body.party or "", body.by or "", body.t, body.outcome, body.score
    )
    take, who = ports.incidents.step, identity.who
    return _done(incident_id, feed, lambda: take(incident_id, body.step, who, said))


@router.post("/{incident_id}/undo", response_model=Incident, responses=responses(404, 409))
def undo(
    ports: _Ports, feed: _Feed, identity: _Identity, incident_id: str, body: UndoBody
) -> Response:
    """Take one's own last step back, within a minute."""
    take_back, who = ports.incidents.undo, identity.who
    return _done(incident_id, feed, lambda: take_back(incident_id, who, body.reason or ""))


@router.post("/{incident_id}/merge", response_model=Incident, responses=responses(404, 409))
def merge(
    ports: _Ports, feed: _Feed, identity: _Identity, incident_id: str, body: MergeBody
) -> Response:
    """Have the incident go on in another one, which is answered."""
    join, who = ports.incidents.merge, identity.who
    return _done(incident_id, feed, lambda: join(incident_id, body.into, who, body.reason))


@router.post("/{incident_id}/split", response_model=Incident, responses=responses(400, 404, 409))
def split(
    ports: _Ports, feed: _Feed, identity: _Identity, incident_id: str, body: SplitBody
) -> Response:
    """Cut signals of another theft off; the incident that they open is answered."""
    cut, who = ports.incidents.split, identity.who
    return _done(incident_id, feed, lambda: cut(incident_id, body.signals, who, body.reason))


@router.post("/{incident_id}/link", response_model=Incident, responses=responses(404, 409))
def link(
    ports: _Ports, feed: _Feed, identity: _Identity, incident_id: str, body: LinkBody
) -> Response:
    """Say that two incidents belong together."""
    tie, who = ports.incidents.link, identity.who
    return _done(incident_id, feed, lambda: tie(incident_id, body.other, who, body.reason))


def _done(incident_id: str, feed: Feed, work: Callable[[], Json]) -> Response:
    try:
        after = work()
    except UnknownIncidentError as error:
        raise _unknown(str(error) or incident_id) from error
    except IllegalMoveError as error:
        raise ProblemError(409, str(error)) from error
    except ValueError as error:
        raise ProblemError(400, str(error)) from error
    feed.look()
    return json_answer(after)


def _unknown(incident_id: str) -> ProblemError:
    return ProblemError(404, f"no incident has the id {incident_id!r}")

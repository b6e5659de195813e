"""The route of the live stream (server-sent events)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from console.answer import feed_of, identity_of, ports_of
from console.auth import Identity
from console.feed import Feed
from console.ports import Ports
from console.problem import ProblemError, responses

router = APIRouter(tags=["stream"])

_MOST = 2**63 - 1


class _Stream(StreamingResponse):
    """A stream that gives its place back however it ends."""

    # Not FastAPI's own response for events: that one encodes each event anew for every listener.
    media_type = "text/event-stream"

    def __init__(self, feed: Feed, content: AsyncIterator[bytes]) -> None:
        # A proxy that buffers would hold incidents back.
        super().__init__(content, headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        self._feed = feed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._feed.release()


@router.get(
    "/stream",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "`incident` events with the ledger number as `id`, a `status` event "
            "every second, and `reset` when the id to resume from is of another ledger: read the "
            "list again.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
        **responses(400, 503),
    },
)
async def stream(
    request: Request,
    ports: Annotated[Ports, Depends(ports_of)],
    identity: Annotated[Identity, Depends(identity_of)],
    last_event_id: Annotated[
        str | None,
        Header(
            alias="Last-Event-ID", description="Id of the last event known; wins over the query."
        ),
    ] = None,
    asked: Annotated[
        str | None, Query(alias="last_event_id", description="The same, for a first connection.")
    ] = None,
) -> Response:
    """Every ledger event after the given one, in order and once; without one, from now on."""
    given = last_event_id or asked
    if given and not (given.isascii() and given.isdecimal() and int(given) <= _MOST):
        raise ProblemError(400, "Last-Event-ID: expected the id of an event of this stream")
    last = await run_in_threadpool(ports.incidents.last_seq)
    cursor = min(int(given), last) if given else last
    reset = bool(given) and int(given or 0) > last
    feed = feed_of(request)
    if not feed.reserve():
        raise ProblemError(503, "all live streams are taken", {"Retry-After": "5"})
    return _Stream(feed, feed.listen(cursor, until=identity.until, reset=reset))

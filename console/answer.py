"""Answers of the API: encoded where the route runs, beside the event loop and not on it."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from fastapi import Request, Response

from console.auth import Identity
from console.feed import Feed
from console.ports import Ports


def json_answer(body: object, headers: Mapping[str, str] | None = None) -> Response:
    """`body` as JSON; unknown numbers (NaN) become null.  Nothing of the API may be cached."""
    return Response(
        msgspec.json.encode(body),
        headers={"Cache-Control": "no-store", **(headers or {})},
        media_type="application/json",
    )


def ports_of(request: Request) -> Ports:
    """The ports that this console reads."""
    ports = request.app.state.ports
    assert isinstance(ports, Ports)  # noqa: S101 - `create_app` put them there
    return ports


def feed_of(request: Request) -> Feed:
    """The live feed of this console."""
    feed = request.app.state.feed
    assert isinstance(feed, Feed)  # noqa: S101 - as above
    return feed


def identity_of(request: Request) -> Identity:
    """Who sent `request`; the guard has made sure."""
    identity = request.state.identity
    assert isinstance(identity, Identity)  # noqa: S101 - nothing reaches a route past the guard
    return identity

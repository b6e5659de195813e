"""A bound on what one request may send.

FastAPI's own limit answers in plain text, whatever handler is installed; this one is a problem
like every other error.
"""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console.problem import ProblemError, problem

MAX_BODY = 64 * 1024
"""Bytes; the largest body the API reads holds a reason of a thousand characters."""

_DETAIL = f"the body exceeds {MAX_BODY} bytes"

_CLOSE = {"Connection": "close"}  # what is left of the body stands between this answer and the next


class BodyLimit:
    """Middleware: refuses a body that says it is too large, and one that turns out to be."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request (ASGI)."""
        taken = 0

        async def receive_some() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > MAX_BODY:
                raise ProblemError(413, _DETAIL, _CLOSE)
            return message

        app = self._app
        if scope["type"] == "http":
            said = Headers(scope=scope).get("content-length", "0")
            if not said.isdecimal() or int(said) > MAX_BODY:
                app = problem(413, _DETAIL, _CLOSE)
        await app(scope, receive_some, send)

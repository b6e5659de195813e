"""Headers that bind the browser: what the page may load, and who may frame it."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console.settings import ConsoleSettings


def security_headers(settings: ConsoleSettings) -> dict[str, str]:
    """The headers of every answer.

    Styles need no `unsafe-inline`: MapLibre sets them through the object model, which the policy
    does not bind.  Its worker is a file of the page or a blob made from one.
    """
    tiles = ""
    if settings.tiles:
        address = urlsplit(settings.tiles)
        host = address.netloc
        if "{" in host:  # {s} or the like: any server of that name's domain
            host = "*" + host[host.index("}") + 1 :]
        tiles = f" {address.scheme}://{host}"
    policy = {
        "default-src": "'self'",
        "base-uri": "'none'",
        "connect-src": f"'self'{tiles}",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "img-src": f"'self' data: blob:{tiles}",
        "object-src": "'none'",
        "worker-src": "'self' blob:",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{key} {value}" for key, value in policy.items()),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }


class SecurityHeaders:
    """Middleware: puts `headers` on every answer that does not have its own."""

    def __init__(self, app: ASGIApp, headers: dict[str, str]) -> None:
        self._app = app
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request (ASGI)."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)

"""Who may ask: a bearer token, or the session cookie that a token was exchanged for.

The `Guard` stands before every route under `/api/`, so a route that somebody adds tomorrow is
closed until it is opened.  It also refuses unsafe requests that carry the cookie but come from
another site's page.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from fastapi import Request
from itsdangerous import BadSignature, URLSafeSerializer
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from console.problem import ProblemError, problem
from console.settings import ConsoleSettings
from console.tries import Tries

COOKIE = "vehicleguard_session"
ADMINISTRATOR = "admin"
SESSION_PATH = "/api/v1/session"

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="vehicleguard"'}


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks, by which credential (`token`, `cookie`), until when (epoch s, None = for good)."""

    who: str
    by: str
    until: float | None = None


class Auth:
    """Tells credentials from guesses.

    `clock` gives epoch seconds.  Raises `ValueError` when `settings` lack token or secret: the
    runner makes them at the first run.
    """

    def __init__(self, settings: ConsoleSettings, clock: Callable[[], float] = time.time) -> None:
        if settings.admin_token is None or settings.session_secret is None:
            raise ValueError("the console needs admin_token and session_secret")
        token = settings.admin_token.get_secret_value().encode()
        self._token = hashlib.sha256(token).digest()
        # Salted with the token: whoever changes it ends the sessions that the old one opened.
        self._sessions = URLSafeSerializer(
            settings.session_secret.get_secret_value(),
            salt=b"vehicleguard.session" + self._token,
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
        )
        self._session_s = settings.session_hours * 3600
        self._tries = Tries(settings.wrong_tokens_per_minute)
        self._clock = clock

    def by_token(self, token: str, peer: str) -> Identity:
        """Raises `ProblemError` 401 for a wrong token, 429 after too many of them."""
        now = self._clock()
        if wait := self._tries.wait(peer, now):
            raise ProblemError(
                429, "too many wrong tokens; wait and try again", {"Retry-After": str(wait)}
            )
        given = hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
        if not hmac.compare_digest(given, self._token):
            self._tries.failed(peer, now)
            raise ProblemError(401, "wrong token", _CHALLENGE)
        return Identity(ADMINISTRATOR, "token")

    def by_cookie(self, cookie: str) -> Identity | None:
        """The session's holder, or None for a cookie that is forged or has run out."""
        try:
            content = self._sessions.loads(cookie)
            identity = Identity(str(content["who"]), "cookie", float(content["until"]))
        except (BadSignature, KeyError, TypeError, ValueError):
            return None
        return identity if identity.until and self._clock() < identity.until else None

    def identify(self, request: Request) -> Identity:
        """Who sent `request`.  Raises `ProblemError` 401, 403 or 429."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self.by_token(token.strip(), peer_of(request))
        identity = self.by_cookie(request.cookies.get(COOKIE, ""))
        if identity is None:
            raise ProblemError(401, "sign in: bearer token or session cookie", _CHALLENGE)
        if request.method not in _SAFE and not same_origin(request.headers):
            raise ProblemError(403, "a request with the session cookie must come from this site")
        return identity

    def open_session(self, who: str) -> tuple[Identity, str]:
        """A session of `who` from now on, and the cookie that proves it."""
        session = Identity(who, "cookie", self._clock() + self._session_s)
        return session, self._sessions.dumps({"who": who, "until": session.until})


def peer_of(request: Request) -> str:
    """The address that sent `request`."""
    return request.client.host if request.client else ""


def same_origin(headers: Headers) -> bool:
    """Whether a browser says that a page of this very origin sent the request."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = headers.get("origin")
    # Only the host is compared: behind a proxy that ends TLS the scheme differs rightly.
    return origin is not None and urlsplit(origin).netloc == headers.get("host")


class Guard:
    """Middleware: nobody reaches `/api/` unknown; the way in is a POST to `/api/v1/session`.

    It leaves the `Identity` in the request's state as `identity`.
    """

    def __init__(self, app: ASGIApp, auth: Auth) -> None:
        self._app = app
        self._auth = auth

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request (ASGI)."""
        app = self._app
        if scope["type"] == "http" and (scope["path"] + "/").startswith("/api/"):
            request = Request(scope)
            if (request.method, scope["path"]) != ("POST", SESSION_PATH):
                try:
                    request.state.identity = self._auth.identify(request)
                except ProblemError as error:
                    app = problem(error.status_code, error.detail, error.headers)
        await app(scope, receive, send)

"""Routes of the session: a token becomes a cookie that scripts cannot read."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from console.answer import identity_of, json_answer
from console.auth import COOKIE, Auth, Identity, peer_of
from console.problem import ProblemError, responses
from console.settings import ConsoleSettings
from console.wire import Credentials, Session

router = APIRouter(prefix="/session", tags=["session"])

_Identity = Annotated[Identity, Depends(identity_of)]


@router.post("", response_model=Session, responses=responses(429))
async def sign_in(request: Request, credentials: Credentials | None = None) -> Response:
    """Sign in with the bearer token, in the header or as `token` in the body."""
    auth: Auth = request.app.state.auth
    if credentials is not None:
        identity = auth.by_token(credentials.token, peer_of(request))
    else:
        identity = auth.identify(request)
    if identity.by != "token":
        raise ProblemError(401, "signing in takes the token")
    session, cookie = auth.open_session(identity.who)
    response = json_answer(asdict(session))
    settings: ConsoleSettings = request.app.state.settings
    response.set_cookie(
        COOKIE,
        cookie,
        max_age=int(settings.session_hours * 3600),
        httponly=True,
        secure=_secure(request),
        samesite="strict",
    )
    return response


@router.get("", response_model=Session)
async def who(identity: _Identity) -> Response:
    """Who is signed in."""
    return json_answer(asdict(identity))


@router.delete("", status_code=204, response_class=Response)
async def sign_out(request: Request, _: _Identity) -> Response:
    """Forget the cookie."""
    response = Response(status_code=204, headers={"Cache-Control": "no-store"})
    response.delete_cookie(COOKIE, httponly=True, secure=_secure(request), samesite="strict")
    return response


def _secure(request: Request) -> bool:
    return request.url.scheme == "https"

"""The console as one ASGI application: routes, and the layers around them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from fastapi import APIRouter, FastAPI, Security
from fastapi.security import APIKeyCookie, HTTPBearer
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware

from console import (
    arrow,
    health,
    incidents,
    outside,
    places,
    problem,
    pursuit,
    run,
    session,
    stream,
    vehicles,
)
from console.auth import COOKIE, Auth, Guard
from console.feed import Feed
from console.headers import SecurityHeaders, security_headers
from console.limit import BodyLimit
from console.notify import Notifier
from console.page import PAGE, page_router
from console.ports import Ports
from console.settings import ConsoleSettings

_DESCRIPTION = (
    "Incidents, vehicles and the live stream of Vehicle Guard.  Times are epoch seconds, places "
    "WGS-84 degrees, speeds m/s.  Errors are `application/problem+json` (RFC 9457)."
)

# Positions are fetched every second by every page: packing them costs more than it spares.
_NOT_PACKED = (*DEFAULT_EXCLUDED_CONTENT_TYPES, arrow.MEDIA_TYPE)


def create_app(
    ports: Ports, settings: ConsoleSettings, notifier: Notifier | None = None, page: Path = PAGE
) -> FastAPI:
    """The console over `ports`.

    `notifier`, rung by the pipeline, spares listeners the wait for the next look into the ledger;
    `page` is the folder of the built page.  `app.state.feed.close()` ends the live streams.
    Raises `ValueError` when `settings` lack `admin_token` or `session_secret`.
    """
    auth = Auth(settings)
    feed = Feed(
        ports.incidents,
        partial(run.status_of, ports.pipeline, settings),
        notifier or Notifier(),
        max_listeners=settings.max_listeners,
        backlog=settings.backlog,
        poll_s=settings.poll_s,
    )
    headers = security_headers(settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with feed.running():
            yield

    app = FastAPI(
        title="Vehicle Guard",
        summary="Which vehicle is being stolen, and officers to it in minutes",
        description=_DESCRIPTION,
        version="1",
        openapi_url="/api/openapi.json",
        docs_url=None,  # both would load their scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    app.state.ports, app.state.settings, app.state.auth, app.state.feed = (
        ports,
        settings,
        auth,
        feed,
    )
    problem.install(app, headers)
    app.include_router(_api())
    app.include_router(health.router)
    app.include_router(outside.router)
    app.include_router(page_router(page))
    # The last one added is the outermost.
    app.add_middleware(BodyLimit)
    app.add_middleware(Guard, auth=auth)
    app.add_middleware(GZipMiddleware, compresslevel=6, exclude_content_types=_NOT_PACKED)
    app.add_middleware(SecurityHeaders, headers=headers)
    return app


def _api() -> APIRouter:
    # The guard has decided before a route is looked up; these only tell OpenAPI of it.
    ways_in = [
        Security(HTTPBearer(auto_error=False)),
        Security(APIKeyCookie(name=COOKIE, auto_error=False)),
    ]
    api = APIRouter(
        prefix="/api/v1", dependencies=ways_in, responses=problem.responses(401, 403, 422, 429)
    )
    for module in (incidents, pursuit, vehicles, places, run, stream, session):
        api.include_router(module.router)
    return api

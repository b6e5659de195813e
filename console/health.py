"""Routes for machines: is the process alive, does it do its work, what does it count."""

from __future__ import annotations

import ipaddress
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from console.answer import json_answer, ports_of
from console.auth import Auth, peer_of
from console.ports import Ports
from console.problem import ProblemError, problem, responses
from console.settings import ConsoleSettings

router = APIRouter(tags=["health"])

_Ports = Annotated[Ports, Depends(ports_of)]


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """Whether the process is alive."""
    return {"status": "alive"}


@router.get("/readyz", responses=responses(503))
def readyz(ports: _Ports) -> Response:
    """Whether fixes are being taken; if not, the problem says why."""
    ready, why = ports.pipeline.ready()
    return json_answer({"status": "ready"}) if ready else problem(503, why)


@router.get("/metrics", response_class=Response, responses=responses(403))
def metrics(request: Request, ports: _Ports) -> Response:
    """Prometheus metrics: for this machine, whoever brings the token, or all if so set."""
    settings: ConsoleSettings = request.app.state.settings
    if not (settings.metrics_public or _from_here(request)):
        auth: Auth = request.app.state.auth
        try:
            auth.identify(request)
        except ProblemError as error:
            if error.status_code == 429:
                raise
            raise ProblemError(
                403, "metrics are for this machine; bring the token or set metrics_public"
            ) from error
    body, media_type = ports.metrics.render()
    # Set as a header: given as media type, a charset would be added to the one that is there.
    return Response(body, headers={"Content-Type": media_type, "Cache-Control": "no-store"})


def _from_here(request: Request) -> bool:
    try:
        return ipaddress.ip_address(peer_of(request)).is_loopback
    except ValueError:
        return False

"""Routes of the run itself: how it is doing, and what it refused."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from console.answer import json_answer, ports_of
from console.ports import Json, Pipeline, Ports
from console.settings import ConsoleSettings
from console.wire import RejectList, Status

router = APIRouter(tags=["run"])

_Ports = Annotated[Ports, Depends(ports_of)]


def status_of(pipeline: Pipeline, settings: ConsoleSettings) -> Json:
    """The pipeline's status and what the page has to know of the settings."""
    return {
        **pipeline.status(),
        "tiles": settings.tiles,
        "tiles_attribution": settings.tiles_attribution,
    }


@router.get("/status", response_model=Status)
def status(request: Request, ports: _Ports) -> Response:
    """How the run is doing; the stream says the same every second."""
    return json_answer(status_of(ports.pipeline, request.app.state.settings))


@router.get("/rejects", response_model=RejectList)
def rejects(ports: _Ports, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> Response:
    """The newest payloads that were refused, with their reasons."""
    return json_answer({"items": ports.pipeline.rejects(limit)})

"""Routes of what the map draws: zones and towns."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from console.answer import json_answer, ports_of
from console.ports import Ports
from console.wire import FeatureCollection

router = APIRouter(tags=["places"])

_Ports = Annotated[Ports, Depends(ports_of)]


@router.get("/zones", response_model=FeatureCollection)
def zones(ports: _Ports) -> Response:
    """The zones in use, as GeoJSON."""
    return json_answer(ports.places.zones())


@router.get("/towns", response_model=FeatureCollection)
def towns(ports: _Ports) -> Response:
    """Towns with `name_en` and, where known, `name_zh`, as GeoJSON points."""
    return json_answer(ports.places.towns())

"""Routes of vehicles: the list, one of them, and where all of them are."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from console import arrow
from console.answer import identity_of, json_answer, ports_of
from console.auth import Identity
from console.ports import Ports
from console.problem import ProblemError, responses
from console.wire import Vehicle, VehiclePage

router = APIRouter(prefix="/vehicles", tags=["vehicles"])

_Ports = Annotated[Ports, Depends(ports_of)]
_Identity = Annotated[Identity, Depends(identity_of)]


@router.get("", response_model=VehiclePage, responses=responses(400))
def vehicles(
    ports: _Ports,
    cursor: Annotated[str | None, Query(description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    """Vehicles in a stable order."""
    try:
        page = ports.fleet.page(cursor, limit)
    except (ValueError, OverflowError) as error:
        raise ProblemError(400, f"cursor: {error}") from error
    return json_answer({"items": page.items, "next": page.next})


@router.get(
    "/positions",
    response_class=Response,
    responses={
        200: {
            "description": "An Arrow IPC stream of one record batch, uncompressed, with the "
            "columns `row`, `vehicle_id`, `lon`, `lat`, `t`, `speed_mps`, `heading_deg`, "
            "`status`, `armed`, `level`.",
            "content": {arrow.MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}},
            "headers": {
                "X-Revision": {
                    "description": "What to ask for next as `since`.",
                    "schema": {"type": "integer"},
                }
            },
        }
    },
)
def positions(
    ports: _Ports,
    since: Annotated[
        int, Query(ge=0, le=2**63 - 1, description="Revision already known, 0 for none.")
    ] = 0,
) -> Response:
    """Every vehicle that changed after revision `since`."""
    revision, table = ports.fleet.positions(since)
    if revision < since:  # a revision of an earlier run: what it knew no longer counts
        revision, table = ports.fleet.positions(0)
    return Response(
        arrow.encode(table),
        headers={"Cache-Control": "no-store", "X-Revision": str(revision)},
        media_type=arrow.MEDIA_TYPE,
    )


@router.get("/{vehicle_id}", response_model=Vehicle, responses=responses(404))
def vehicle(ports: _Ports, identity: _Identity, vehicle_id: str) -> Response:
    """One vehicle; who asks is noted in the audit."""
    found = ports.fleet.one(vehicle_id)
    if found is None:
        raise ProblemError(404, f"no vehicle has the id {vehicle_id!r}")
    ports.audit.looked(identity.who, "vehicle", vehicle_id)
    return json_answer(found)

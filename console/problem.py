"""Errors as RFC 9457 says them: `application/problem+json`, for every status and every cause."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

MEDIA_TYPE = "application/problem+json"


class Problem(BaseModel):
    """One error (RFC 9457, section 3.1)."""

    type: str = Field("about:blank", description="A URI that names the kind of problem.")
    title: str = Field(description="The name of the status.")
    status: int = Field(description="The HTTP status again, for whoever has the body only.")
    detail: str = Field(description="What is wrong with this request, for a person to read.")
    errors: list[dict[str, str]] | None = Field(
        None, description="With status 422: what is wrong (`detail`) and where (`pointer`)."
    )


class ProblemError(HTTPException):
    """Raise it in a route; `detail` is what the caller reads."""


def problem(
    status: int,
    detail: str,
    headers: Mapping[str, str] | None = None,
    errors: list[dict[str, str]] | None = None,
) -> Response:
    """The response for one problem."""
    body: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    if errors is not None:
        body["errors"] = errors
    return Response(msgspec.json.encode(body), status, headers, MEDIA_TYPE)


def responses(*statuses: int) -> dict[int | str, dict[str, object]]:
    """The entries for a route's `responses=` that describe these problems in OpenAPI."""
    schema = Problem.model_json_schema()
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": schema}},
        }
        for status in statuses
    }


def install(app: FastAPI, headers_of_500: Mapping[str, str]) -> None:
    """Answer every error of `app` with a problem.

    The answer to a bug (500) leaves outside all middleware, so the headers that middleware gives
    to the others are handed in as `headers_of_500`.
    """

    async def refused(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - registered for nothing else
        return problem(error.status_code, error.detail, error.headers)

    async def invalid(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - as above
        # The input itself stays out of the answer: it may be a token.
        errors = [
            {"pointer": "/".join(str(part) for part in e["loc"]), "detail": str(e["msg"])}
            for e in error.errors()
        ]
        detail = "; ".join(f"{e['pointer']}: {e['detail']}" for e in errors)
        return problem(422, detail, errors=errors)

    async def broken(_: Request, __: Exception) -> Response:
        # The server drops the connection after a bug; told so, the caller does not use it again.
        headers = {**headers_of_500, "Connection": "close"}
        return problem(500, "the console failed; its log says why", headers)

    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(Exception, broken)

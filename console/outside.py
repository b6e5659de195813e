"""Routes for whoever has no login: an owner's signed link, and callbacks of a platform.

The link is the credential of the one, the signature of the body that of the other; neither gives
more than one word about one incident, or what the platform may say of those it was told of.  A link
that is opened changes nothing: mail programs open links to look at them.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from html import escape
from typing import Annotated, Final
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse

from console.answer import feed_of, json_answer, ports_of
from console.feed import Feed
from console.ports import IllegalMoveError, Outside, Ports, UnknownIncidentError
from console.problem import ProblemError, responses

router = APIRouter(tags=["outside"])

_Feed = Annotated[Feed, Depends(feed_of)]
_CHINA: Final = timezone(timedelta(hours=8))
_GONE: Final = "This link is not valid any more. 此链接已失效。"
_CLOSED: Final = "This has been settled already. 此事已处理完毕。"


def _outside_of(request: Request) -> Outside:
    ports: Ports = ports_of(request)
    if ports.outside is None:
        raise ProblemError(404, "no channels are set up")
    return ports.outside


_Outside = Annotated[Outside, Depends(_outside_of)]


@router.get("/answer/{token}", include_in_schema=False)
def ask(outside: _Outside, token: str) -> Response:
    """The question "is it you?", with two buttons."""
    asked = outside.question(token)
    if asked is None:
        return _page(410, f"<p>{_GONE}</p>")
    if not asked.is_open:
        return _page(200, f"<p>{_CLOSED}</p>")
    since = datetime.fromtimestamp(asked.since, _CHINA)
    return _page(
        200,
        f"<p>Vehicle {escape(asked.vehicle_id)} moved at {since:%H:%M} on {since:%Y-%m-%d}. "
        "Is it you?</p>"
        f"<p>车辆 {escape(asked.vehicle_id)} 于 {since:%Y-%m-%d %H:%M} 移动。是您本人吗？</p>"
        '<form method="post">'
        '<p><button name="word" value="mine">It is me 是我本人</button></p>'
        '<p><button name="word" value="stolen">Not me, it is stolen 不是我，车被盗</button></p>'
        "</form>",
    )


@router.post("/answer/{token}", include_in_schema=False)
async def answer(outside: _Outside, feed: _Feed, token: str, request: Request) -> Response:
    """File the owner's word."""
    word = parse_qs((await request.body()).decode("utf-8", "replace")).get("word", [""])[0]
    if word not in {"mine", "stolen"}:
        raise ProblemError(422, "word: expected mine or stolen")
    try:
        said = await run_in_threadpool(outside.answer, token, word)
    except UnknownIncidentError:
        return _page(410, f"<p>{_GONE}</p>")
    except IllegalMoveError:
        return _page(409, f"<p>{_CLOSED}</p>")
    feed.look()
    return _page(200, f"<p>{escape(said)}</p>")


@router.post("/callbacks/{name}", status_code=200, responses=responses(401, 404, 409, 413, 422))
async def callback(outside: _Outside, feed: _Feed, name: str, request: Request) -> Response:
    """What a platform did about an incident, signed by Standard Webhooks ([channels](channels.md)).

    The same `id` again changes nothing and is answered 200.
    """
    body = await request.body()
    status, detail = await run_in_threadpool(outside.callback, name, request.headers, body)
    if status >= 300:
        raise ProblemError(status, detail)
    feed.look()
    return json_answer({"result": "done", "detail": detail})


def _page(status: int, content: str) -> Response:
    # No script and no style: the content policy allows neither inline, and none is needed.
    return HTMLResponse(
        '<!doctype html><html lang="zh-CN"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<title>行车卫士 Vehicle Guard</title>"
        f"<h1>行车卫士 Vehicle Guard</h1>{content}</html>",
        status,
        {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"},
    )

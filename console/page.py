"""The built page (`console/page`, made from `console/web`): an index, and assets named by content.

`index.html` is asked for anew each time; an asset's name changes with its content, so a browser
keeps it for good.
"""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Request, Response
from starlette.responses import PlainTextResponse
from starlette.staticfiles import StaticFiles

PAGE = Path(__file__).with_name("page")

_NOT_BUILT = """\
行车卫士 Vehicle Guard

The page has not been built; the API under /api/v1 works without it.
页面尚未构建；/api/v1 下的接口照常可用。

  make page

builds it (Node.js 20 or newer); then load this address again.
"""


class _Assets(StaticFiles):
    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type] # passed through
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def page_router(folder: Path) -> APIRouter:
    """Routes of the page in `folder`, which may not be there yet or any more."""
    router = APIRouter(include_in_schema=False)
    files = StaticFiles(directory=folder, check_dir=False)
    assets = _Assets(directory=folder / "assets", check_dir=False)

    @router.get("/")
    async def index(request: Request) -> Response:
        if not (folder / "index.html").is_file():
            return PlainTextResponse(_NOT_BUILT, headers={"Cache-Control": "no-store"})
        return await _revalidated(files, "index.html", request)

    @router.get("/{name}")
    async def file(name: str, request: Request) -> Response:
        return await _revalidated(files, name, request)

    @router.get("/assets/{path:path}")
    async def asset(path: str, request: Request) -> Response:
        return await assets.get_response(path, request.scope)

    return router


async def _revalidated(files: StaticFiles, name: str, request: Request) -> Response:
    response = await files.get_response(name, request.scope)
    response.headers["Cache-Control"] = "no-cache"
    return response

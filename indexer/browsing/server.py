"""The addresses of the server, and how it is run.

========================  ============================================================
``/``                     the page
``/static/NAME``          its styles and scripts, from a list of our own
``/api/choices``          what the filters offer
``/api/rows``             one screen of images that pass the filter
``/api/count``            how many do
``/api/sql`` (POST)       a SELECT in the sandbox; its first rows
``/thumbnail/MEMBER_ID``  a small picture
``/image/MEMBER_ID``      the image in full
========================  ============================================================
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from indexer.base.errors import ProjectError
from indexer.browsing import queries
from indexer.browsing.guard import AccessKey, Guard
from indexer.browsing.viewing import ImageRequest, Viewer
from indexer.reporting import page, templates
from indexer.reporting.models import Thumbnail

FOLDER = Path(__file__).parent / "page"
_STATIC = {
    "style.css": (page.FOLDER, "text/css"),
    "browse.css": (FOLDER, "text/css"),
    "dom.js": (page.FOLDER, "text/javascript"),
    "filter.js": (page.FOLDER, "text/javascript"),
    "detail.js": (page.FOLDER, "text/javascript"),
    "browse.js": (FOLDER, "text/javascript"),
}
_LONGEST_QUERY = 100_000
_LARGEST_MEMBER_ID = 2**63


@dataclass(frozen=True, slots=True)
class Site:
    """What is served: a manifest, and who draws its pictures."""

    manifest: Path
    viewer: Viewer

    async def home(self, _: Request) -> Response:
        """The page."""
        template = templates.environment(FOLDER, page.FOLDER).get_template("browse.html.jinja")
        return HTMLResponse(template.render(title=self.manifest.name))

    async def static(self, request: Request) -> Response:
        """A style or script of the page."""
        name = request.path_params["name"]
        if name not in _STATIC:
            raise HTTPException(404, "there is no such file")
        folder, media = _STATIC[name]
        return Response((folder / name).read_bytes(), media_type=media)

    async def choices(self, _: Request) -> Response:
        """What the filters offer."""
        return await self._told(queries.choices)

    async def rows(self, request: Request) -> Response:
        """One screen of images."""
        return await self._told(queries.rows, dict(request.query_params))

    async def count(self, request: Request) -> Response:
        """How many images pass."""
        return await self._told(queries.count, dict(request.query_params))

    async def sql(self, request: Request) -> Response:
        """A query's first rows."""
        if request.headers.get("content-type", "").split(";")[0] != "application/json":
            raise HTTPException(415, "a query is sent as JSON")
        return await self._told(queries.answer, await _query(request))

    async def thumbnail(self, request: Request) -> Response:
        """A small picture."""
        return await self._picture(request, full=False)

    async def image(self, request: Request) -> Response:
        """An image in full."""
        return await self._picture(request, full=True)

    async def _told(self, ask: Callable[..., Any], *given: Any) -> Response:
        try:
            return JSONResponse(await run_in_threadpool(ask, self.manifest, *given))
        except ProjectError as error:
            return JSONResponse({"error": str(error)}, 409)

    async def _picture(self, request: Request, *, full: bool) -> Response:
        member_id = request.path_params["member_id"]
        if member_id >= _LARGEST_MEMBER_ID:
            raise HTTPException(404, "there is no such image")
        picture = await asyncio.wrap_future(self.viewer.ask(ImageRequest(member_id, full)))
        if not isinstance(picture, Thumbnail):
            return JSONResponse({"error": picture.reason}, 404)
        return Response(picture.data, media_type=picture.media, headers={"cache-control": "private, max-age=3600"})


async def _query(request: Request) -> str:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > _LONGEST_QUERY:
            raise HTTPException(413, "the query is too long")
    try:
        text = json.loads(body)["query"]
    except (ValueError, KeyError, TypeError):
        text = None
    if not isinstance(text, str):
        raise HTTPException(400, 'send {"query": "select ..."}')
    return text


async def _told_why(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return PlainTextResponse(getattr(error, "detail", "error"), status)


def application(manifest: Path, viewer: Viewer, access: AccessKey) -> Starlette:
    """The server as an ASGI application; ``viewer`` is closed when it ends."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        viewer.close()

    site = Site(manifest, viewer)
    routes = [
        Route("/", site.home),
        Route("/static/{name}", site.static),
        Route("/api/choices", site.choices),
        Route("/api/rows", site.rows),
        Route("/api/count", site.count),
        Route("/api/sql", site.sql, methods=["POST"]),
        Route("/thumbnail/{member_id:int}", site.thumbnail),
        Route("/image/{member_id:int}", site.image),
    ]
    return Starlette(
        routes=routes,
        middleware=[Middleware(Guard, access=access)],
        exception_handlers={HTTPException: _told_why},
        lifespan=lifespan,
    )

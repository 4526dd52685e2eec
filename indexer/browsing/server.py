"""The routes of the server.

========================  ============================================================
``/``                     the page
``/static/NAME``          its styles and scripts, from a fixed list
``/api/choices``          the values of each filter
``/api/rows``             one page of images that match the filter
``/api/count``            the number of images that match the filter
``/api/sql`` (POST)       the first rows of a SELECT, run in the sandbox
``/thumbnail/MEMBER_ID``  a thumbnail
``/image/MEMBER_ID``      the image in full size
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
from indexer.browsing.image_reader import ImageReader, ImageRequest
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
    """The handlers of all routes, for one manifest."""

    manifest: Path
    images: ImageReader

    async def home(self, _: Request) -> Response:
        """Return the page."""
        template = templates.environment(FOLDER, page.FOLDER).get_template("browse.html.jinja")
        return HTMLResponse(template.render(title=self.manifest.name, page_size=queries.IMAGES_PER_PAGE))

    async def static(self, request: Request) -> Response:
        """Return a style or script of the page."""
        name = request.path_params["name"]
        if name not in _STATIC:
            raise HTTPException(404, "there is no such file")
        folder, media = _STATIC[name]
        return Response((folder / name).read_bytes(), media_type=media)

    async def choices(self, _: Request) -> Response:
        """Return the values of each filter."""
        return await self._json(queries.choices)

    async def rows(self, request: Request) -> Response:
        """Return one page of images."""
        return await self._json(queries.rows, dict(request.query_params))

    async def count(self, request: Request) -> Response:
        """Return the number of images that match the filter."""
        return await self._json(queries.count, dict(request.query_params))

    async def sql(self, request: Request) -> Response:
        """Return the first rows of a query."""
        if request.headers.get("content-type", "").split(";")[0] != "application/json":
            raise HTTPException(415, "the content type of a query must be application/json")
        return await self._json(queries.answer, await _query(request))

    async def thumbnail(self, request: Request) -> Response:
        """Return a thumbnail."""
        return await self._image(request, full=False)

    async def image(self, request: Request) -> Response:
        """Return an image in full size."""
        return await self._image(request, full=True)

    async def _json(self, query: Callable[..., Any], *arguments: Any) -> Response:
        try:
            return JSONResponse(await run_in_threadpool(query, self.manifest, *arguments))
        except ProjectError as error:
            return JSONResponse({"error": str(error)}, 409)

    async def _image(self, request: Request, *, full: bool) -> Response:
        member_id = request.path_params["member_id"]
        if member_id >= _LARGEST_MEMBER_ID:
            raise HTTPException(404, "there is no such image")
        found = await asyncio.wrap_future(self.images.submit(ImageRequest(member_id, full)))
        if not isinstance(found, Thumbnail):
            return JSONResponse({"error": found.reason}, 404)
        return Response(found.data, media_type=found.media, headers={"cache-control": "private, max-age=3600"})


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


async def _http_error(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return PlainTextResponse(getattr(error, "detail", "error"), status)


def application(manifest: Path, images: ImageReader, access: AccessKey) -> Starlette:
    """Return the server as an ASGI application, which closes ``images`` when it ends."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        images.close()

    site = Site(manifest, images)
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
        exception_handlers={HTTPException: _http_error},
        lifespan=lifespan,
    )

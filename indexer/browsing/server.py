"""The routes of the server.

All paths are below the key (:mod:`indexer.browsing.guard`); the page uses relative URLs.

========================  ============================================================
``/``                     the page
``/static/NAME``          its styles and scripts, from a fixed list
``/api/choices``          the values of each filter
``/api/rows``             one page of images that match the filter
``/api/count``            the number of images that match the filter
``/api/values/COLUMN``    the distribution of a column over the images that match the filter
``/api/sql`` (POST)       the first rows of a SELECT, run in the sandbox
``/api/images`` (POST)    the rows of file_ids, in their order
``/api/select`` (POST)    a selection from a SELECT, written by ``indexer select --sql``
``/api/similar/ID``       the images whose perceptual hash is near that of a member
``/thumbnail/MEMBER_ID``  a thumbnail
``/image/MEMBER_ID``      the image in full size
========================  ============================================================
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from indexer.base.errors import ProjectError
from indexer.browsing import choosing, queries
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
    "grid.js": (FOLDER, "text/javascript"),
    "values.js": (FOLDER, "text/javascript"),
    "browse.js": (FOLDER, "text/javascript"),
}
_CACHED = {"cache-control": "private, max-age=3600"}
_LONGEST_QUERY = 100_000
_LARGEST_MEMBER_ID = 2**63
_FULL_IMAGES = 2  # in memory at once, until they are sent
_QUERIES = 2  # SQL of users at once
_MOST_WAITING = 32
_SECONDS_TO_SEND = 60.0  # an image
_SECONDS_TO_RECEIVE = 10.0  # a query
_PART = 1 << 20  # bytes of an image that are handed to the connection at once


class Turnstile:
    """At most ``places`` holders at once, and at most ``_MOST_WAITING`` waiting for a place."""

    def __init__(self, places: int) -> None:
        self._places = asyncio.Semaphore(places)
        self._waiting = 0

    async def enter(self) -> None:
        """Wait for a place.

        Raises:
            HTTPException: too many are waiting.
        """
        if self._waiting >= _MOST_WAITING:
            raise HTTPException(503, "too many requests at once: try again later")
        self._waiting += 1
        try:
            await self._places.acquire()
        finally:
            self._waiting -= 1

    def leave(self) -> None:
        """Give the place back."""
        self._places.release()

    async def __aenter__(self) -> None:
        await self.enter()

    async def __aexit__(self, *_: object) -> None:
        self.leave()


class HeldResponse(StreamingResponse):
    """An image in parts, which a client must receive in limited time; its place is given back afterwards."""

    def __init__(self, image: Thumbnail, place: Turnstile, headers: Mapping[str, str]) -> None:
        data = memoryview(image.data)
        parts = (bytes(data[at : at + _PART]) for at in range(0, len(data), _PART))
        length = {"content-length": str(len(data))}
        super().__init__(parts, headers={**headers, **length}, media_type=image.media)
        self._place = place

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the image."""
        try:
            async with asyncio.timeout(_SECONDS_TO_SEND):
                await super().__call__(scope, receive, send)
        except TimeoutError:
            return  # the connection is closed, because the response is incomplete
        finally:
            self._place.leave()


@dataclass(frozen=True, slots=True)
class Site:
    """The handlers of all routes, for one manifest."""

    manifest: Path
    images: ImageReader
    full_images: Turnstile = field(default_factory=lambda: Turnstile(_FULL_IMAGES))
    queries: Turnstile = field(default_factory=lambda: Turnstile(_QUERIES))

    async def home(self, _: Request) -> Response:
        """Return the page."""
        columns = (*queries.TEXT_COLUMNS, *queries.NUMBER_COLUMNS)
        template = templates.environment(FOLDER, page.FOLDER).get_template("browse.html.jinja")
        return HTMLResponse(
            template.render(title=self.manifest.name, page_size=queries.IMAGES_PER_PAGE, columns=columns)
        )

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

    async def values(self, request: Request) -> Response:
        """Return the distribution of a column."""
        return await self._json(queries.values, request.path_params["column"], dict(request.query_params))

    async def sql(self, request: Request) -> Response:
        """Return the first rows of a query."""
        [text] = await _texts(request, "query")
        async with self.queries:
            return await self._json(queries.answer, text)

    async def select(self, request: Request) -> Response:
        """Make a selection from a query."""
        query, name = await _texts(request, "query", "name")
        async with self.queries:
            return await self._json(choosing.save_selection, query, name)

    async def chosen(self, request: Request) -> Response:
        """Return the rows of the file_ids in the body, one per line of ``file_ids``."""
        [lines] = await _texts(request, "file_ids")
        return await self._json(choosing.images_of, lines.split("\n"))

    async def similar(self, request: Request) -> Response:
        """Return the images that are near one."""
        return await self._json(choosing.similar_to, _member_id(request))

    async def thumbnail(self, request: Request) -> Response:
        """Return a thumbnail."""
        found = await self._image(request, full=False)
        return Response(found.data, media_type=found.media, headers=_CACHED)

    async def image(self, request: Request) -> Response:
        """Return an image in full size."""
        await self.full_images.enter()
        try:
            return HeldResponse(await self._image(request, full=True), self.full_images, _CACHED)
        except BaseException:
            self.full_images.leave()
            raise

    async def _json(self, query: Callable[..., Any], *arguments: Any) -> Response:
        try:
            return JSONResponse(await run_in_threadpool(query, self.manifest, *arguments))
        except ProjectError as error:
            return JSONResponse({"error": str(error)}, 409)
        except OSError as error:  # too many open files
            return JSONResponse({"error": f"the server cannot answer now: {error.strerror}"}, 503)

    async def _image(self, request: Request, *, full: bool) -> Thumbnail:
        """Return the requested image.

        Raises:
            HTTPException: it cannot be read.
        """
        try:
            found = await asyncio.wrap_future(self.images.submit(ImageRequest(_member_id(request), full)))
        except OSError as error:  # too many open files
            raise HTTPException(503, f"the server cannot answer now: {error.strerror}") from error
        if not isinstance(found, Thumbnail):
            raise HTTPException(404, found.reason)
        return found


def _member_id(request: Request) -> int:
    member_id: int = request.path_params["member_id"]
    if member_id >= _LARGEST_MEMBER_ID:
        raise HTTPException(404, "there is no such image")
    return member_id


async def _texts(request: Request, *names: str) -> list[str]:
    """Return the texts ``names`` of the JSON object in the body.

    Raises:
        HTTPException: it has another content type, is too long or too slow, or lacks one of them.
    """
    if request.headers.get("content-type", "").split(";")[0] != "application/json":
        raise HTTPException(415, "the content type of a query must be application/json")
    body = bytearray()
    try:
        async with asyncio.timeout(_SECONDS_TO_RECEIVE):
            async for part in request.stream():
                body += part
                if len(body) > _LONGEST_QUERY:
                    raise HTTPException(413, "the query is too long")
    except TimeoutError:
        raise HTTPException(408, "the query did not arrive in time") from None
    try:
        given = json.loads(body)
        found = [given[name] for name in names]
    except (ValueError, KeyError, TypeError, RecursionError):
        found = [None]
    if not all(isinstance(text, str) for text in found):
        raise HTTPException(400, f"send a JSON object with the texts {', '.join(names)}")
    return found


async def _http_error(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return JSONResponse({"error": getattr(error, "detail", "error")}, status)


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
        Route("/api/values/{column}", site.values),
        Route("/api/sql", site.sql, methods=["POST"]),
        Route("/api/images", site.chosen, methods=["POST"]),
        Route("/api/select", site.select, methods=["POST"]),
        Route("/api/similar/{member_id:int}", site.similar),
        Route("/thumbnail/{member_id:int}", site.thumbnail),
        Route("/image/{member_id:int}", site.image),
    ]
    return Starlette(
        routes=routes,
        middleware=[Middleware(Guard, access=access)],
        exception_handlers={HTTPException: _http_error},
        lifespan=lifespan,
    )

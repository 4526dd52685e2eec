"""Run the server with limits for its connections, so that slow or many clients do not stop it."""

import asyncio
import logging
import resource
import socket
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

_MOST_CONNECTIONS = 200
_FILES_PER_CONNECTION = 3  # itself, and what its request opens
_SECONDS_PER_REQUEST_HEAD = 10.0
_BACKLOG = 128
_LOG = logging.getLogger("uvicorn.error")


class BoundedProtocol(H11Protocol):
    """A connection that is closed if there are too many, or if no complete request arrives in time."""

    most = _MOST_CONNECTIONS

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Accept a connection, or close it at once if there are too many."""
        super().connection_made(transport)
        if len(self.connections) > self.most:
            transport.abort()
            return
        self.loop.call_later(_SECONDS_PER_REQUEST_HEAD, self._check, None)

    def _check(self, before: object) -> None:
        """Close the connection if it has no request that runs or came since the last check."""
        if self.transport.is_closing():
            return
        if self.cycle is None or (self.cycle.response_complete and self.cycle is before):
            self.transport.abort()
            return
        self.loop.call_later(_SECONDS_PER_REQUEST_HEAD, self._check, self.cycle)


def serve(application: ASGIApp, listening: socket.socket) -> None:
    """Serve until Ctrl-C."""
    BoundedProtocol.most = max(4, min(_MOST_CONNECTIONS, _free_files() // _FILES_PER_CONNECTION))
    # A backlog of 1 makes asyncio accept one connection per event: it repeats a failed accept() as often as that, with
    # a traceback each. The socket's own backlog is set again below.
    config = uvicorn.Config(
        application, log_level="warning", ws="none", http=BoundedProtocol, server_header=False, date_header=False,
        backlog=1,
    )  # fmt: skip
    asyncio.run(_serve(uvicorn.Server(config), listening))


async def _serve(server: uvicorn.Server, listening: socket.socket) -> None:
    asyncio.get_running_loop().set_exception_handler(_log_in_one_line)
    running = asyncio.ensure_future(server.serve(sockets=[listening]))
    while not (server.started or running.done()):
        await asyncio.sleep(0.01)
    listening.listen(_BACKLOG)
    await running


def _log_in_one_line(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    if isinstance(context.get("exception"), OSError):
        _LOG.warning("%s (%s)", context["message"], context["exception"].strerror)
    else:
        loop.default_exception_handler(context)


def _free_files() -> int:
    """Return how many more files this process may open, after its limit was raised as far as allowed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = hard if hard != resource.RLIM_INFINITY else 4_096
    if soft < min(allowed, 4_096):
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(allowed, 4_096), hard))
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    opened = Path("/dev/fd")
    return soft - (len(list(opened.iterdir())) if opened.exists() else 32)

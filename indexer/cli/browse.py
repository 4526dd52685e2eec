"""``indexer browse``: look at the manifest's images in a browser."""

import contextlib
import importlib.util
import socket

import click

from indexer.base.errors import ConfigError, DependencyError
from indexer.cli.options import Session, common
from indexer.roots import source_folders

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@click.command(epilog="Example: python -m indexer browse --port 8000")
@click.option("--host", default="127.0.0.1", show_default=True, help="The name or number to be reached by.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="[default: one that is free]")
@common
def command(session: Session, host: str, port: int) -> None:
    """Look at images where they lie: filters, single images in full, and a box for SQL; Ctrl-C ends it.

    Only this machine can reach it, and only by the address that is printed: that holds a key, new every time.
    """
    _check_dependencies()
    session.reading().connection.close()  # says in plain words what is wrong with the file
    _serve(session, _bound(host, port), host)


def _serve(session: Session, bound: socket.socket, host: str) -> None:
    import uvicorn  # noqa: PLC0415

    from indexer.browsing.guard import AccessKey  # noqa: PLC0415
    from indexer.browsing.server import application  # noqa: PLC0415
    from indexer.browsing.viewing import Viewer  # noqa: PLC0415

    port = bound.getsockname()[1]
    names = {host, *(_LOOPBACK if host in _LOOPBACK else ())}
    access = AccessKey(frozenset(_address(name, port) for name in names))
    viewer = Viewer(session.manifest, source_folders(session.config), session.workers)
    print(f"http://{_address(host, port)}/?key={access.key}", flush=True)
    app = application(session.manifest, viewer, access)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", ws="none", server_header=False, date_header=False))
    with contextlib.suppress(KeyboardInterrupt):  # the way to end it
        server.run(sockets=[bound])


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _bound(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Raises:
        ConfigError: there is no such host, or the port is taken.
    """
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(address[:2], family=family)
    except OSError as error:
        raise ConfigError(f"cannot listen at {_address(host, port)} ({error}): try another --host or --port") from None


def _check_dependencies() -> None:
    for library in ("starlette", "uvicorn", "jinja2"):
        if importlib.util.find_spec(library) is None:
            raise DependencyError(f"browsing needs {library}: python -m pip install 'image-manifest[browse]'")

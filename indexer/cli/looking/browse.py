"""``indexer browse``: show the images of the manifest in a browser."""

import contextlib
import importlib.util
import socket

import click

from indexer.base.errors import ConfigError, DependencyError, reason_of
from indexer.cli.options.common import CommonOptions, common_options
from indexer.roots import source_folders

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@click.command(epilog="Example: python -m indexer browse --port 8000")
@click.option("--host", default="127.0.0.1", show_default=True, help="Host name or address to listen at.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="[default: a free port]")
@click.option("--allow-host", "allowed", multiple=True, metavar="NAME",
              help="Host name of a proxy that browsers use, such as JupyterHub; may be repeated.")  # fmt: skip
@common_options
def command(options: CommonOptions, host: str, port: int, allowed: tuple[str, ...]) -> None:
    """Show images in a web browser, with filters and SQL.

    Images are read from their archives. By default only this machine can connect. The printed URL contains a key that
    is new at each start. Press Ctrl-C to stop.
    """
    _check_dependencies()
    options.reading().close()  # reports an unusable file before the server starts
    _serve(options, _bound(host, port), host, allowed)


def _serve(options: CommonOptions, bound: socket.socket, host: str, allowed: tuple[str, ...]) -> None:
    from indexer.browsing.connections import serve  # noqa: PLC0415
    from indexer.browsing.guard import AccessKey, host_name  # noqa: PLC0415
    from indexer.browsing.image_reader import ImageReader  # noqa: PLC0415
    from indexer.browsing.server import application  # noqa: PLC0415

    names = {host, *(_LOOPBACK if host in _LOOPBACK else ()), *allowed}
    access = AccessKey(frozenset(host_name(name) for name in names))
    images = ImageReader(options.manifest, source_folders(options.config), options.workers)
    print(f"http://{_address(host, bound.getsockname()[1])}/{access.key}/", flush=True)
    with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C ends the server
        serve(application(options.manifest, images, access), bound)


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _bound(host: str, port: int) -> socket.socket:
    """Return a listening socket.

    Raises:
        ConfigError: the host does not exist, or the port is in use.
    """
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(address[:2], family=family)
    except OSError as error:
        raise ConfigError(
            f"cannot listen at {_address(host, port)} ({reason_of(error)}). Try another --host or --port."
        ) from None


def _check_dependencies() -> None:
    for library in ("starlette", "uvicorn", "jinja2"):
        if importlib.util.find_spec(library) is None:
            raise DependencyError(f"browsing needs {library}: python -m pip install 'image-manifest[browse]'")

"""A real HTTP server on loopback that fails in every way a host can, byte by byte.

The first component of a path names a behaviour, the others are its arguments: ``/png/7.png``, ``/status/404/x``,
``/flaky/500/2/x``.
"""

import io
import socket
import urllib.parse
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from PIL import Image

from tests.support.http_server import Server, Way, reply

HTML = b"<!DOCTYPE html><html><body>Gone fishing</body></html>"


def image(number: int, form: str = "PNG") -> bytes:
    """Return a small image; numbers give different images."""
    buffer = io.BytesIO()
    Image.new("RGB", (8, 6), (number % 256, number // 256 % 256, 7)).save(buffer, form)
    return buffer.getvalue()


@cache
def packed(coding: str, number: int, megabytes: int) -> bytes:
    """Return an image followed by zeros, as gzip or deflate."""
    packer = zlib.compressobj(1, wbits=31 if coding == "gzip" else 15)
    pieces = [packer.compress(image(number)), *(packer.compress(bytes(1 << 20)) for _ in range(megabytes))]
    return b"".join([*pieces, packer.flush()])


def _number(text: str) -> int:
    return int("".join(filter(str.isdigit, text)) or 0)


def _png(server: Server, to: socket.socket, rest: list[str], path: str) -> bool:
    return reply(to, "200 OK", image(_number(rest[-1])), "Content-Type: text/html")


def _jpeg(server: Server, to: socket.socket, rest: list[str], path: str) -> bool:
    return reply(to, "200 OK", image(_number(rest[-1]), "JPEG"))


def _tiff(server: Server, to: socket.socket, rest: list[str], path: str) -> bool:
    return reply(to, "200 OK", image(_number(rest[-1]), "TIFF"))


def _status(server: Server, to: socket.socket, rest: list[str], path: str) -> bool:
    return reply(to, f"{rest[0]} Because", HTML)


def _flaky(server: Server, to: socket.socket, rest: list[str], path: str) -> bool:
    """``/flaky/STATUS/TIMES/name``: fails so many times, then has the image."""
    if server.requests[path] <= int(rest[1]):
        return reply(to, f"{rest[0]} For now", HTML)
    return _png(server, to, rest, path)


def _busy(server: Server, to: socket.socket, rest: list[str], path: str) -> bool:
    """``/busy/WHEN/name``: 429 with Retry-After the first time, or until the server's gate is opened."""
    if server.requests[path] == 1 and not server.gate_is_open:
        return reply(to, "429 Too Many Requests", b"", f"Retry-After: {urllib.parse.unquote(rest[0])}")
    return _png(server, to, rest, path)


def _cut(server: Server, to: socket.socket, rest: list[str], path: str) -> bool:
    """Send half of the body, then close; with ``/cut/once/name`` the second response is complete."""
    body = image(_number(rest[-1]))
    if rest[0] == "once" and server.requests[path] > 1:
        return reply(to, "200 OK", body)
    to.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body[: len(body) // 2])
    return False


def _wrong_length(server: Server, to: socket.socket, rest: list[str], path: str) -> bool:
    """Announce more bytes than are sent."""
    body = image(_number(rest[-1]))
    to.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body) + 99}\r\n\r\n".encode() + body)
    return False


def _endless(server: Server, to: socket.socket, rest: list[str], path: str) -> bool:
    """Send the start of an image and endless zeros, in chunks or until the connection closes."""
    chunked = rest[0] == "chunked"
    to.sendall(
        b"HTTP/1.1 200 OK\r\n" + (b"Transfer-Encoding: chunked\r\n\r\n" if chunked else b"Connection: close\r\n\r\n")
    )
    piece = image(1) + bytes(60_000)
    while not server.stopping.is_set():
        to.sendall(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
        piece = bytes(60_000)
    return False


def _announced(server: Server, to: socket.socket, rest: list[str], path: str) -> bool:
    to.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
    return False


def _packed(server: Server, to: socket.socket, rest: list[str], path: str) -> bool:
    """``/packed/CODING/MEGABYTES/name``: an image and zeros, compressed without a request for it."""
    return reply(to, "200 OK", packed(rest[0], _number(rest[-1]), int(rest[1])), f"Content-Encoding: {rest[0]}")


def _chunked(server: Server, to: socket.socket, rest: list[str], path: str) -> bool:
    """``/chunked/HOW/name``: in two chunks: ``whole``, of a wrong length, or with the end ``missing``."""
    body = image(_number(rest[-1]))
    size = {"long": b"ffff", "short": b"5", "nonsense": b"zz"}.get(rest[0], b"%x" % (len(body) - 20))
    chunks = b"14\r\n" + body[:20] + b"\r\n" + size + b"\r\n" + body[20:] + b"\r\n"
    end = b"0\r\n\r\n" if rest[0] == "whole" else b""
    to.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + end)
    return bool(end)


def _old(server: Server, to: socket.socket, rest: list[str], path: str) -> bool:
    """Answer as HTTP/1.0: no length, the end of the connection ends the body."""
    to.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + image(_number(rest[-1])))
    return False


def _cookie(server: Server, to: socket.socket, rest: list[str], path: str) -> bool:
    return reply(to, "200 OK", image(_number(rest[-1])), "Set-Cookie: id=you; Path=/")


def _html(server: Server, to: socket.socket, rest: list[str], path: str) -> bool:
    return reply(to, "200 OK", b"\n\n  " + HTML, "Content-Type: image/jpeg")


def _json(server: Server, to: socket.socket, rest: list[str], path: str) -> bool:
    return reply(to, "200 OK", b'{"error": "no"}')


def _empty(server: Server, to: socket.socket, rest: list[str], path: str) -> bool:
    return reply(to, "200 OK")


def _garbage(server: Server, to: socket.socket, rest: list[str], path: str) -> bool:
    to.sendall(b"SSH-2.0-OpenSSH_9.7\r\n\r\n")
    return False


def _silent(server: Server, to: socket.socket, rest: list[str], path: str) -> bool:
    """Send nothing for 20 seconds."""
    server.stopping.wait(20)
    return False


def _drip(server: Server, to: socket.socket, rest: list[str], path: str) -> bool:
    """Send a byte every 20 ms: never idle, never done."""
    to.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while not server.stopping.wait(0.02):
        to.sendall(b"\x89")
    return False


def _loop(server: Server, to: socket.socket, rest: list[str], path: str) -> bool:
    other = "/loop/b" if path.endswith("a") else "/loop/a"
    return reply(to, "302 Found", b"", f"Location: {other}")


def _chain(server: Server, to: socket.socket, rest: list[str], path: str) -> bool:
    """``/chain/N``: N redirects to an image."""
    left = int(rest[0])
    return reply(to, "301 Moved", b"", f"Location: /chain/{left - 1}") if left else _png(server, to, ["3"], path)


def _to(server: Server, to: socket.socket, rest: list[str], path: str) -> bool:
    """``/to/URL``: a redirect."""
    return reply(to, "302 Found", b"", f"Location: {'/'.join(rest)}")


def _tagged(server: Server, to: socket.socket, rest: list[str], path: str) -> bool:
    return reply(to, "200 OK", image(5), "X-Robots-Tag: noai, noimageai")


def _named(server: Server, to: socket.socket, rest: list[str], path: str) -> bool:
    return reply(to, "200 OK", image(6), 'Content-Disposition: attachment; filename="../../evil.sh"')


def _gate(server: Server, to: socket.socket, rest: list[str], path: str) -> bool:
    """``/gate/N/name``: N images come; then the server is silent until its gate is opened."""
    return (_png if server.admits(rest[0]) else _silent)(server, to, rest, path)


def _held(server: Server, to: socket.socket, rest: list[str], path: str) -> bool:
    """Images come when the server's held requests are released."""
    server.released.wait(300)
    return _png(server, to, rest, path)


def _robots(server: Server, to: socket.socket, rest: list[str], path: str) -> bool:
    if server.robots_way:
        way, *rest = server.robots_way.split("/")
        return WAYS[way](server, to, rest, path)
    return reply(to, "404 Not Found") if server.robots is None else reply(to, "200 OK", server.robots)


WAYS: dict[str, Way] = {
    "png": _png, "jpeg": _jpeg, "tiff": _tiff, "status": _status, "flaky": _flaky, "busy": _busy, "cut": _cut,
    "wrong_length": _wrong_length, "endless": _endless, "announced": _announced, "html": _html, "json": _json,
    "empty": _empty, "garbage": _garbage, "silent": _silent, "drip": _drip, "loop": _loop, "chain": _chain, "to": _to,
    "tagged": _tagged, "named": _named, "packed": _packed, "chunked": _chunked, "old": _old, "cookie": _cookie,
    "gate": _gate, "held": _held, "robots.txt": _robots,
}  # fmt: skip


@contextmanager
def serving(address: str = "127.0.0.1", port: int = 0) -> Iterator[Server]:
    """Run a server within the context; port 0 means any free port."""
    server = Server(WAYS, address, port)
    try:
        yield server
    finally:
        server.close()

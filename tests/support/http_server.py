"""An HTTP server on loopback that answers as the first component of a path names: see ``webserver``."""

import socket
import socketserver
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager


class Server:
    """The server and its record of requests; ``url`` is its address."""

    def __init__(self, ways: Mapping[str, "Way"], address: str, port: int) -> None:
        self.ways = ways
        self.requests: Counter[str] = Counter()
        self.heads: list[str] = []
        self.times: dict[str, list[float]] = {}
        self.robots: bytes | None = None
        self.robots_way = ""  # a behaviour for robots.txt
        self.gate_is_open = False
        self.busy = 0
        self.most_at_once = 0
        self.released = threading.Event()
        self.stopping = threading.Event()
        self._images_left: dict[str, int] = {}
        self._lock = threading.Lock()
        self._tcp = _listen((address, port), self)
        host = f"[{address}]" if ":" in address else address
        self.port = self._tcp.server_address[1]
        self.url = f"http://{host}:{self.port}"

    def close(self) -> None:
        self.stopping.set()
        self.released.set()
        self._tcp.shutdown()
        self._tcp.server_close()

    def admits(self, gate: str) -> bool:
        """Return whether a request passes a gate that a given number of requests pass until it is opened."""
        with self._lock:
            left = self._images_left.get(gate, int(gate))
            self._images_left[gate] = left - 1
        return left > 0 or self.gate_is_open

    def answer(self, connection: socket.socket) -> bool:
        """Answer one request; return whether the connection stays open."""
        head = _read_head(connection)
        if not head:
            return False
        path = head.split(" ", 2)[1]
        with self._lock:
            self.requests[path] += 1
            self.heads.append(head)
            self.times.setdefault(path, []).append(time.monotonic())
            self.busy += 1
            self.most_at_once = max(self.most_at_once, self.busy)
        try:
            way, *rest = path.lstrip("/").split("/")
            return self.ways[way](self, connection, rest, path)
        finally:
            with self._lock:
                self.busy -= 1


# Answers a request with the given components and path; returns whether the connection stays open.
Way = Callable[[Server, socket.socket, list[str], str], bool]


def _listen(address: tuple[str, int], server: Server) -> socketserver.ThreadingTCPServer:
    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.settimeout(20)
            try:
                while server.answer(self.request):
                    pass
            except OSError:
                return  # the client closed the connection

    class Tcp(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False
        request_queue_size = 128
        address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        allow_reuse_address = True

    tcp = Tcp(address, Handler)
    threading.Thread(target=tcp.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    return tcp


def _read_head(connection: socket.socket) -> str:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        piece = connection.recv(65536)
        if not piece:
            return ""
        head += piece
    return head.decode("latin-1")


def reply(connection: socket.socket, status: str, body: bytes = b"", *headers: str) -> bool:
    """Send a complete response."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    connection.sendall("\r\n".join(lines).encode("latin-1") + body)
    return True


@contextmanager
def closed_port() -> Iterator[int]:
    """Yield a port that refuses connections, and that no other program gets; a server of the context may take it."""
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]

"""Check the access of each request, and add security headers to each response.

The URL that the program prints has a key as the first part of its path. The key is no cookie: browsers send cookies to
all ports of a host name, so that another local program would receive it, and a second server would replace it.

A page of another site in the same browser must get nothing. Its requests name another host (DNS rebinding), come from
another site, or lack the key. Any port is accepted, for ``ssh -L`` and proxies.
"""

import hmac
import re
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from ipaddress import IPv6Address

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from indexer.base.errors import ConfigError

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^:\[\]]+)(?::[0-9]{1,5})?", re.ASCII)
_NAME = re.compile(r"[a-z0-9_.-]+")
_SECURITY_HEADERS = {
    "content-security-policy": "default-src 'none'; img-src 'self' data:; style-src 'self'; script-src 'self';"
    " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}


@dataclass(frozen=True, slots=True)
class AccessKey:
    """The host names of this server (``127.0.0.1``, ``[::1]``), without ports, and the key in its URL."""

    hosts: frozenset[str]
    key: str = field(default_factory=lambda: secrets.token_urlsafe(24))


def host_name(text: str) -> str:
    """Return a host as browsers name it in ``Host``, without port: in lower case, an IPv6 address in brackets.

    Raises:
        ConfigError: ``text`` is neither a host name nor an address.
    """
    named = _HOST.fullmatch(text.lower())
    bare = named.group(1).strip("[]") if named else text
    if _NAME.fullmatch(bare):
        return bare
    try:
        return f"[{IPv6Address(bare)}]"
    except ValueError:
        raise ConfigError(
            f"'{text}' is no host name and no address. Pass --allow-host a name such as hub.example.org, without https://."
        ) from None


class Guard:
    """Middleware that refuses requests without access, and adds the security headers to each response."""

    def __init__(self, app: ASGIApp, access: AccessKey) -> None:
        self.app = app
        self.access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; the application sees the path behind the key."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        root = scope.get("root_path", "") + f"/{self.access.key}"
        await (refusal or self.app)({**scope, "root_path": root}, receive, _with_headers(send))

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "").lower()
        named = _HOST.fullmatch(host)
        if not named or named.group(1) not in self.access.hosts:
            return PlainTextResponse("this host name is not the one of the server: see browse --allow-host", 421)
        # Both are absent for programs and old browsers.
        if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return PlainTextResponse("requested by another site", 403)
        if "origin" in headers and headers["origin"].lower().partition("://")[2] != host:
            return PlainTextResponse("requested by another site", 403)
        key, slash, _ = scope["path"].removeprefix("/").partition("/")
        if not hmac.compare_digest(key.encode(), self.access.key.encode()):
            return PlainTextResponse("no valid key: open the URL that the program printed", 403)
        return None if slash else RedirectResponse(f"{key}/")


def _with_headers(send: Send) -> Callable[[Message], Awaitable[None]]:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _SECURITY_HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sending

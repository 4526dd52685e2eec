"""Check the access of each request, and add security headers to each response.

A page of another site in the same browser must get nothing. Its requests name another host (DNS rebinding), come from
another site, or lack the key, which only the URL printed by the program contains.
"""

import hmac
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "indexer_key"
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
    """The host names of this server (``127.0.0.1:8000``), and the key that a browser has to send."""

    hosts: frozenset[str]
    key: str = field(default_factory=lambda: secrets.token_urlsafe(24))


class Guard:
    """Middleware that refuses requests without access, and adds the security headers to each response."""

    def __init__(self, app: ASGIApp, access: AccessKey) -> None:
        self.app = app
        self.access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refusal = self._refusal(Request(scope))
        await (refusal or self.app)(scope, receive, _with_headers(send))

    def _refusal(self, request: Request) -> Response | None:
        if request.headers.get("host", "").lower() not in self.access.hosts:
            return PlainTextResponse("this host name is not the one of the server", 421)
        # Absent for programs and old browsers.
        if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return PlainTextResponse("requested by another site", 403)
        if request.url.path == "/" and self._is_key(request.query_params.get("key", "")):
            # Moves the key from the URL to a cookie that requests of other sites do not carry.
            response = RedirectResponse("/", 303)
            response.set_cookie(COOKIE, self.access.key, httponly=True, samesite="strict")
            return response
        if not self._is_key(_cookie(request.headers)):
            return PlainTextResponse("no valid key: open the URL that the program printed", 403)
        return None

    def _is_key(self, text: str) -> bool:
        return hmac.compare_digest(text.encode(), self.access.key.encode())


def _cookie(headers: Headers) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""


def _with_headers(send: Send) -> Callable[[Message], Awaitable[None]]:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _SECURITY_HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sending

"""Who may ask the server, and what every answer says.

A page of a stranger that is open in the same browser must get nothing: its requests name another host (DNS rebinding),
come from another site, or lack the key that only the address printed by the program holds.
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
_SAID_ALWAYS = {
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
    """The names that this server goes by (``127.0.0.1:8000``), and the key that a browser shows it."""

    hosts: frozenset[str]
    key: str = field(default_factory=lambda: secrets.token_urlsafe(24))


class Guard:
    """Turns away whoever may not ask; adds the security headers to every answer."""

    def __init__(self, app: ASGIApp, access: AccessKey) -> None:
        self.app = app
        self.access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refusal = self._refusal(Request(scope))
        await (refusal or self.app)(scope, receive, _with_headers(send))

    def _refusal(self, request: Request) -> Response | None:
        if request.headers.get("host", "").lower() not in self.access.hosts:
            return PlainTextResponse("this server answers to its own name only", 421)
        if _is_foreign(request.headers):
            return PlainTextResponse("asked by another site", 403)
        if request.url.path == "/" and self._is_key(request.query_params.get("key", "")):
            return self._admitted()
        if not self._is_key(_cookie(request.headers)):
            return PlainTextResponse("open the address that the program printed: it holds the key", 403)
        return None

    def _is_key(self, shown: str) -> bool:
        return hmac.compare_digest(shown.encode(), self.access.key.encode())

    def _admitted(self) -> Response:
        """Take the key out of the address and into a cookie that no other site's requests carry."""
        answer = RedirectResponse("/", 303)
        answer.set_cookie(COOKIE, self.access.key, httponly=True, samesite="strict")
        return answer


def _is_foreign(headers: Headers) -> bool:
    """Whether a page of another site asks; programs and old browsers send no such header."""
    return headers.get("sec-fetch-site", "none") not in ("none", "same-origin")


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
            for name, value in _SAID_ALWAYS.items():
                headers.setdefault(name, value)
        await send(message)

    return sending

"""Exceptions of the HTTP library -> reasons of failures."""

import socket

import aiohttp

from indexer.base.errors import BadData, message_of
from indexer.fetching.addresses import REFUSED
from indexer.fetching.models import TransientFailure


def as_bad_data(error: Exception) -> BadData:
    """Return the reason for a failed request: a :class:`TransientFailure` if another attempt may succeed."""
    detail = message_of(error)[:300]
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError):
        return BadData("TLS refused", detail)
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        if error.os_error.errno == socket.EAI_AGAIN:
            return TransientFailure("name not resolved for now", detail)
        return BadData("no such host", detail)
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
        return BadData(REFUSED, detail) if REFUSED in detail else TransientFailure("no connection", detail)
    return _after_connecting(error, detail)


def _after_connecting(error: Exception, detail: str) -> BadData:
    if isinstance(error, TimeoutError):
        return TransientFailure("timed out", detail)
    if isinstance(error, aiohttp.ClientPayloadError):
        return TransientFailure("body cut short", detail)
    if isinstance(error, aiohttp.InvalidURL | ValueError):
        return BadData("not a URL", detail)
    if isinstance(error, aiohttp.ServerDisconnectedError | aiohttp.ClientOSError):
        return TransientFailure("connection lost", detail)
    return TransientFailure("invalid HTTP response", detail)

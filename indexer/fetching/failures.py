"""Errors of the HTTP library -> our reasons, in one place."""

import socket

import aiohttp

from indexer.base.errors import BadData
from indexer.fetching.addresses import REFUSED
from indexer.fetching.models import Passing


def as_bad_data(error: Exception) -> BadData:
    """The reason behind an error of a request, and whether another attempt may help."""
    detail = " ".join(str(error).split())[:300]
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError):
        return BadData("TLS refused", detail)
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return _of_name(error, detail)
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
        return BadData(REFUSED, detail) if REFUSED in detail else Passing("no connection", detail)
    return _of_answer(error, detail)


def _of_name(error: aiohttp.ClientConnectorDNSError, detail: str) -> BadData:
    number = error.os_error.errno
    if number == socket.EAI_AGAIN:
        return Passing("name not resolved for now", detail)
    return BadData("no such host", detail)


def _of_answer(error: Exception, detail: str) -> BadData:
    """What went wrong once the connection stood."""
    if isinstance(error, TimeoutError):
        return Passing("timed out", detail)
    if isinstance(error, aiohttp.ClientPayloadError):
        return Passing("body cut short", detail)
    if isinstance(error, aiohttp.InvalidURL | ValueError):
        return BadData("not a URL", detail)
    if isinstance(error, aiohttp.ServerDisconnectedError | aiohttp.ClientOSError):
        return Passing("connection lost", detail)
    return Passing("not HTTP as it should be", detail)

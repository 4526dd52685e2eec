"""Requests to object storage through `fsspec <https://filesystem-spec.readthedocs.io>`_, with retries.

All settings belong to fsspec and its backends (environment, ``~/.config/fsspec``, ``~/.aws``).
"""

import hashlib
import inspect
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple, TypeAlias, TypeVar
from urllib.parse import unquote

from indexer.base.errors import ConfigError, DependencyError, SourceError, Unreachable, first_line_of, message_of

# Seconds between attempts. Most backends retry, too; plain HTTP does not.
PAUSES = (0.5, 1.0, 2.0, 4.0)
WEB = ("http", "https")
LISTS_LAST = 60.0  # seconds for which lists of objects are cached
_PARALLEL = 16
_RETRYABLE = (408, 425, 429)
_PUBLIC = {"s3": """FSSPEC_S3='{"anon": true}'""", "gs": """FSSPEC_GS='{"token": "anon"}'"""}
_TIMES = ("LastModified", "last_modified", "updated", "mtime", "Last-Modified")
_ETAGS = ("ETag", "etag", "md5Hash", "Content-MD5", "content_md5", "blob_id")

_cleared: dict[str, float] = {}  # protocol -> time at which its lists were cleared

Listed: TypeAlias = tuple[str, dict[str, Any]]
Result = TypeVar("Result")


class RemoteStatus(NamedTuple):
    """The version of an object, with the attribute names of ``os.stat``.

    ``st_mtime_ns`` is the time of the last change in whole seconds (0 if the server does not report it), followed by
    nine digits of a hash of the ETag: servers report no fractions, and a new version needs a new time.
    """

    st_size: int
    st_mtime_ns: int


def protocol_of(address: str) -> str:
    """Return ``s3`` for ``s3://bucket/key``."""
    return address.partition("://")[0]


def current_file_system(address: str) -> Any:
    """Return the file system of an address, without lists that are older than ``LISTS_LAST``.

    Raises as :func:`file_system`.
    """
    protocol, now = protocol_of(address), time.monotonic()
    system = file_system(protocol)
    # The hub's file system ignores use_listings_cache; without its lists it would list a folder per object.
    if now - _cleared.get(protocol, -LISTS_LAST) >= LISTS_LAST:
        system.invalidate_cache()
        _cleared[protocol] = now
    return system


@cache
def file_system(protocol: str) -> Any:
    """Return the file system of fsspec for a protocol.

    Raises:
        DependencyError: fsspec or the backend is not installed.
        ConfigError: the protocol is unknown to fsspec, or needs settings.
    """
    try:
        import fsspec  # noqa: PLC0415

        backend = fsspec.get_filesystem_class(protocol)
    except ImportError as error:
        raise DependencyError(f"{protocol}:// {_backend(protocol, error)}") from None
    except ValueError as error:
        raise ConfigError(f"{protocol}:// is not a protocol of fsspec ({error}): correct local.cfg") from None
    if missing := _required_settings(backend) - set(fsspec.config.apply_config(backend, {})):
        # ftp, sftp and others have a host and a password as settings.
        raise ConfigError(f"{protocol}:// needs settings ({', '.join(sorted(missing))}): {_set_or_copy(protocol)}")
    try:
        return fsspec.filesystem(protocol, use_listings_cache=False)
    except Exception as error:  # backends raise any class for settings that they cannot use
        raise ConfigError(
            f"{protocol}:// cannot be opened ({first_line_of(error)}): {_set_or_copy(protocol)}"
        ) from None


def _required_settings(backend: type) -> set[str]:
    signature = inspect.signature(backend.__init__)  # type: ignore[misc]
    return {
        name
        for name, parameter in signature.parameters.items()
        if name != "self" and parameter.default is parameter.empty and parameter.kind is parameter.POSITIONAL_OR_KEYWORD
    }


def _set_or_copy(protocol: str) -> str:
    return f"set FSSPEC_{protocol.upper()}, or copy the files to a disk"


def _backend(protocol: str, error: ImportError) -> str:
    extra = {"s3": "s3", "gs": "gs", "gcs": "gs"}.get(protocol)
    way = f"pip install 'image-manifest[{extra}]'" if extra else "install its backend for fsspec"
    return f"needs a library that is not installed ({error}): {way}"


def info(address: str) -> dict[str, Any] | None:
    """Return fsspec's description of an address; None if nothing exists there. Raises Unreachable, SourceError."""
    system = current_file_system(address)
    try:
        found: dict[str, Any] = with_retries(address, lambda: system.info(address))
    except FileNotFoundError:
        return None
    return found


def is_file(info: Mapping[str, Any]) -> bool:
    """Return whether a description is of an object, not a folder. On the web, a page of links is a folder."""
    return info.get("type") == "file" and info.get("mimetype") != "text/html" and info.get("size") is not None


def status_of(info: Mapping[str, Any]) -> RemoteStatus:
    """Return the version of an object; a list and a single request give the same one."""
    when = next((_seconds(info[name]) for name in _TIMES if info.get(name)), 0)
    etag = next((str(info[name]) for name in _ETAGS if info.get(name)), "")
    digits = int(hashlib.sha256(etag.encode()).hexdigest(), 16) % 10**9 if etag else 0
    return RemoteStatus(int(info["size"]), when * 10**9 + digits)


def _seconds(when: Any) -> int:
    """Return whole seconds since 1970 for a time, or for its text in HTTP (RFC 9110, 5.6.7) or ISO 8601."""
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - only the web needs it

    try:
        if isinstance(when, str):
            when = datetime.fromisoformat(when) if when[:1].isdigit() else parsedate_to_datetime(when)
        return int(when.timestamp() if isinstance(when, datetime) else when)
    except (TypeError, ValueError):
        return 0


def versions(address: str) -> Iterator[Listed]:
    """Yield the path of each object below ``address``, and its description. Raises Unreachable, SourceError.

    A page of links has only names, so each linked object is requested, some in parallel.
    """
    if protocol_of(address) not in WEB:
        yield from below(address)
        return
    with ThreadPoolExecutor(_PARALLEL) as pool:
        yield from pool.map(lambda listed: (listed[0], info(listed[1]["name"]) or {}), list(below(address)))


def below(address: str, depth: int | None = None) -> Iterator[Listed]:
    """Yield the same from the list alone; ``depth`` 1 lists one folder."""
    system = current_file_system(address)
    top = str(system._strip_protocol(address)).rstrip("/") + "/"
    listed = with_retries(address, lambda: system.find(top, maxdepth=depth, detail=True))
    for name, description in listed.items():
        path = name.removeprefix(top)
        if protocol_of(address) in WEB:
            if "?" in path or "#" in path:
                continue  # links that sort the page
            path = unquote(path)
        if path and not path.endswith("/") and name.startswith(top):
            yield path, description


def fetch(address: str, start: int, stop: int) -> bytes:
    """Return the bytes from ``start`` to ``stop``, by one request.

    Raises:
        SourceError: the object does not exist any more, became shorter, or its server ignores ranges.
        Unreachable: no answer after several attempts.
    """
    system = file_system(protocol_of(address))
    more = {} if getattr(system, "async_impl", False) else {"cache_type": "none"}  # without it, blocks of 5 MB are read
    try:
        data: bytes = with_retries(address, lambda: system.cat_file(address, start=start, end=stop, **more))
    except FileNotFoundError:
        raise SourceError(f"{address} is not there any more; put it back or scan its source again") from None
    if len(data) > stop - start:
        raise SourceError(f"{address}: its server gives whole files only, no ranges; copy it to a disk first")
    if len(data) < stop - start:
        raise SourceError(f"{address}: has changed since it was scanned; scan its source again")
    return data


def with_retries(address: str, call: Callable[[], Result]) -> Result:
    """Return the result of ``call``; repeat it after errors that may be temporary. Raises FileNotFoundError at once."""
    for pause in (*PAUSES, None):
        try:
            return call()
        except FileNotFoundError:
            raise
        except Exception as error:  # every backend has its own classes
            reason = f"{address}: {message_of(error)}"
            if "Credentials" in type(error).__name__:
                public = _PUBLIC.get(address.partition("://")[0])
                hint = f", or {public} for a public bucket" if public else ""
                raise SourceError(f"{reason}: set them{hint}") from error
            if not _is_temporary(error):
                raise SourceError(f"{reason}: see what its storage allows, and local.cfg") from error
            if pause is None:
                raise Unreachable(f"{reason}: its storage does not answer, try again later") from error
            time.sleep(pause)
    raise AssertionError("unreachable")


def _is_temporary(error: Exception) -> bool:
    """Return whether another attempt may succeed. A server that refuses a request will refuse it again."""
    status = getattr(error, "status", None) or getattr(getattr(error, "response", None), "status_code", None)
    if isinstance(status, int):
        return status >= 500 or status in _RETRYABLE
    return not isinstance(error, PermissionError | ValueError | TypeError | NotImplementedError | ImportError)

"""Requests to object storage through `fsspec <https://filesystem-spec.readthedocs.io>`_, with patience.

Settings are fsspec's and the backends' own (environment, ``~/.config/fsspec``, ``~/.aws``): nothing is kept here.
"""

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any, NamedTuple, TypeAlias, TypeVar
from urllib.parse import unquote

from indexer.base.errors import ConfigError, DependencyError, SourceError, Unreachable

# Seconds between tries. Backends have patience of their own; this is for those that have none, such as plain HTTP.
PAUSES = (0.5, 1.0, 2.0, 4.0)
WEB = ("http", "https")
LISTS_LAST = 60.0  # seconds
_SIDE_BY_SIDE = 16
_WORTH_ANOTHER_TRY = (408, 425, 429)
_TIMES = ("LastModified", "last_modified", "updated", "mtime", "Last-Modified")
_MARKS = ("ETag", "etag", "md5Hash", "Content-MD5", "content_md5", "blob_id")

_forgotten: dict[str, float] = {}  # protocol -> when its lists were

Listed: TypeAlias = tuple[str, dict[str, Any]]
Result = TypeVar("Result")


class RemoteStatus(NamedTuple):
    """What tells one version of an object from another, called as ``os.stat`` calls it.

    ``st_mtime_ns`` are whole seconds of its last change (0 where the server does not tell), and below them nine digits
    of its ETag: the clocks of object storage have no finer hand, and another version must have another time.
    """

    st_size: int
    st_mtime_ns: int


def protocol_of(address: str) -> str:
    """``s3`` of ``s3://bucket/key``."""
    return address.partition("://")[0]


def asked(address: str) -> Any:
    """The file system to ask about an address. Objects change under long-lived processes, so no list is kept for long.

    Raises as :func:`file_system`.
    """
    protocol, now = protocol_of(address), time.monotonic()
    system = file_system(protocol)
    # The hub's keeps its lists, whatever it is told; without them it would list a folder for each object of it.
    if now - _forgotten.get(protocol, -LISTS_LAST) >= LISTS_LAST:
        system.invalidate_cache()
        _forgotten[protocol] = now
    return system


@cache
def file_system(protocol: str) -> Any:
    """fsspec's file system.

    Raises:
        DependencyError: fsspec or the backend is not installed.
        ConfigError: fsspec knows no such protocol.
    """
    try:
        import fsspec  # noqa: PLC0415

        return fsspec.filesystem(protocol, use_listings_cache=False)
    except ImportError as error:
        raise DependencyError(f"{protocol}:// {_backend(protocol, error)}") from None
    except ValueError as error:
        raise ConfigError(f"{protocol}:// is no address that fsspec knows ({error}): see local.cfg") from None


def _backend(protocol: str, error: ImportError) -> str:
    extra = {"s3": "s3", "gs": "gs", "gcs": "gs"}.get(protocol)
    way = f"pip install 'image-manifest[{extra}]'" if extra else "install its backend for fsspec"
    return f"needs a library that is not installed ({error}): {way}"


def info(address: str) -> dict[str, Any] | None:
    """What the storage tells of an address; None where nothing is. Raises Unreachable, SourceError."""
    system = asked(address)
    try:
        found: dict[str, Any] = patiently(address, lambda: system.info(address))
    except FileNotFoundError:
        return None
    return found


def is_file(told: Mapping[str, Any]) -> bool:
    """Whether it is an object, no folder. Of the web's addresses, those with a page of links are folders."""
    return told.get("type") == "file" and told.get("mimetype") != "text/html" and told.get("size") is not None


def status_of(told: Mapping[str, Any]) -> RemoteStatus:
    """The version of an object, alike from a listing and from asking for it alone."""
    when = next((_seconds(told[name]) for name in _TIMES if told.get(name)), 0)
    mark = next((str(told[name]) for name in _MARKS if told.get(name)), "")
    digits = int(hashlib.sha256(mark.encode()).hexdigest(), 16) % 10**9 if mark else 0
    return RemoteStatus(int(told["size"]), when * 10**9 + digits)


def _seconds(when: Any) -> int:
    """Whole seconds since 1970 of a time, or of its text in HTTP (RFC 9110, 5.6.7) or ISO 8601."""
    try:
        if isinstance(when, str):
            when = datetime.fromisoformat(when) if when[:1].isdigit() else parsedate_to_datetime(when)
        return int(when.timestamp() if isinstance(when, datetime) else when)
    except (TypeError, ValueError):
        return 0


def versions(address: str) -> Iterator[Listed]:
    """Path below ``address`` of each object there, and what is told of it. Raises Unreachable, SourceError.

    Pages of links tell names alone: what they link to is asked for one by one, some side by side.
    """
    if protocol_of(address) not in WEB:
        yield from below(address)
        return
    with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
        yield from pool.map(lambda listed: (listed[0], info(listed[1]["name"]) or {}), list(below(address)))


def below(address: str, depth: int | None = None) -> Iterator[Listed]:
    """The same as listed, of one folder where ``depth`` is 1."""
    system = asked(address)
    top = str(system._strip_protocol(address)).rstrip("/") + "/"
    listed = patiently(address, lambda: system.find(top, maxdepth=depth, detail=True))
    for name, told in listed.items():
        path = name.removeprefix(top)
        if protocol_of(address) in WEB:
            if "?" in path or "#" in path:
                continue  # links by which a page of links sorts itself
            path = unquote(path)
        if path and not path.endswith("/") and name.startswith(top):
            yield path, told


def fetch(address: str, start: int, stop: int) -> bytes:
    """The bytes from ``start`` to ``stop``, in one request.

    Raises:
        SourceError: the object vanished, became shorter, or its server gives no ranges.
        Unreachable: no answer after some tries.
    """
    system = file_system(protocol_of(address))
    more = {} if getattr(system, "async_impl", False) else {"cache_type": "none"}  # else blocks of 5 MB are read
    try:
        data: bytes = patiently(address, lambda: system.cat_file(address, start=start, end=stop, **more))
    except FileNotFoundError:
        raise SourceError(f"{address} is not there any more; put it back or scan its source again") from None
    if len(data) > stop - start:
        raise SourceError(f"{address}: its server gives whole files only, no ranges; copy it to a disk first")
    if len(data) < stop - start:
        raise SourceError(f"{address}: has changed since it was scanned; scan its source again")
    return data


def patiently(address: str, call: Callable[[], Result]) -> Result:
    """What ``call`` gives, tried again with pauses while there is hope. Raises FileNotFoundError as it comes."""
    for pause in (*PAUSES, None):
        try:
            return call()
        except FileNotFoundError:
            raise
        except Exception as error:  # every backend has a family of its own
            reason = f"{address}: {' '.join(str(error).split()) or type(error).__name__}"
            if not _may_pass(error):
                raise SourceError(f"{reason}: see what its storage allows, and local.cfg") from error
            if pause is None:
                raise Unreachable(f"{reason}: its storage does not answer, try again later") from error
            time.sleep(pause)
    raise AssertionError("unreachable")


def _may_pass(error: Exception) -> bool:
    """Whether another try may do; what a server refuses, it refuses again."""
    status = getattr(error, "status", None) or getattr(getattr(error, "response", None), "status_code", None)
    if isinstance(status, int):
        return status >= 500 or status in _WORTH_ANOTHER_TRY
    return not isinstance(error, PermissionError | ValueError | TypeError | NotImplementedError | ImportError)

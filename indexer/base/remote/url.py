"""A place on object storage, asked as pathlib's paths are asked."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeAlias
from urllib.parse import quote, unquote

from indexer.base.errors import SourceError, Unreachable
from indexer.base.remote import storage
from indexer.base.remote.storage import WEB, RemoteStatus

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://[^/]")


@dataclass(frozen=True, slots=True, order=True)
class Url:
    """An address without a slash at its end, as fsspec spells it: ``s3://bucket/folder``, ``https://host/a.zip``.

    What paths are joined to it is quoted where the web needs that.
    """

    address: str

    def __truediv__(self, path: str) -> "Url":
        if not path:
            return self
        return Url(f"{self.address}/{quote(path) if storage.protocol_of(self.address) in WEB else path}")

    def __str__(self) -> str:
        return self.address

    @property
    def name(self) -> str:
        """What stands behind the last slash."""
        name = self.address.rpartition("/")[2]
        return unquote(name) if storage.protocol_of(self.address) in WEB else name

    @property
    def parent(self) -> "Url":
        """The folder that it lies in."""
        return Url(self.address.rpartition("/")[0])

    def exists(self) -> bool:
        """Whether there is something. Raises SourceError where the storage refuses or gives no answer."""
        return storage.info(self.address) is not None

    def is_file(self) -> bool:
        """Whether it is an object, no folder; asked once, as places do not become others. Raises as ``exists``."""
        return _is_file(self.address)

    def is_dir(self) -> bool:
        """Whether there is something that is no object. Raises as ``exists``."""
        return not self.is_file() and self.exists()

    def stat(self) -> RemoteStatus:
        """Size and version of an object. Raises FileNotFoundError, and as ``exists``."""
        told = storage.info(self.address)
        if told is None or told.get("size") is None:
            raise FileNotFoundError(2, "no such object", self.address)
        return storage.status_of(told)

    def iterdir(self) -> Iterator["Url"]:
        """The objects right here, no folders; none where a host of the web shows no list. Raises as ``exists``."""
        try:
            yield from (self / path for path, _ in storage.below(self.address, depth=1))
        except Unreachable:
            raise
        except SourceError:
            if storage.protocol_of(self.address) not in WEB:
                raise


Root: TypeAlias = Path | Url


def is_there(root: Root) -> bool:
    """Whether something lies at a root. An empty folder is nothing: it is what a disk leaves that is not mounted.

    Raises SourceError as :meth:`Url.exists`, and OSError where a folder cannot be looked into.
    """
    if isinstance(root, Url) or not root.is_dir():
        return root.exists()
    with os.scandir(root) as entries:
        return next(entries, None) is not None


def as_root(text: str) -> Url | None:
    """The address that ``text`` is; None where it is none."""
    return Url(text.rstrip("/")) if _ADDRESS.match(text) else None


@cache
def _is_file(address: str) -> bool:
    told = storage.info(address)
    return told is not None and storage.is_file(told)

"""Addresses on object storage and the web, with the methods of pathlib."""

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
    """An address of fsspec without a final slash: ``s3://bucket/folder``, ``https://host/a.zip``.

    Paths that are joined to a web address are quoted.
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
        """The last component."""
        name = self.address.rpartition("/")[2]
        return unquote(name) if storage.protocol_of(self.address) in WEB else name

    @property
    def parent(self) -> "Url":
        """The address without the last component."""
        return Url(self.address.rpartition("/")[0])

    def exists(self) -> bool:
        """Return whether anything exists there. Raises SourceError if the storage refuses or does not answer."""
        return storage.info(self.address) is not None

    def is_file(self) -> bool:
        """Return whether it is an object, not a folder; the answer is cached. Raises as ``exists``."""
        return _is_file(self.address)

    def is_dir(self) -> bool:
        """Return whether it is a folder. Raises as ``exists``."""
        return not self.is_file() and self.exists()

    def stat(self) -> RemoteStatus:
        """Return size and version of an object. Raises FileNotFoundError, and as ``exists``."""
        info = storage.info(self.address)
        if info is None or info.get("size") is None:
            raise FileNotFoundError(2, "no such object", self.address)
        return storage.status_of(info)

    def iterdir(self) -> Iterator["Url"]:
        """Yield the objects of this folder, without folders; none if a web host shows no list. Raises as ``exists``."""
        try:
            yield from (self / path for path, _ in storage.below(self.address, depth=1))
        except Unreachable:
            raise
        except SourceError:
            if storage.protocol_of(self.address) not in WEB:
                raise


Root: TypeAlias = Path | Url


def is_there(root: Root) -> bool:
    """Return whether a root exists and has any content: the mount point of an unmounted disk is an empty folder.

    Raises SourceError as :meth:`Url.exists`, and OSError if a folder cannot be read.
    """
    if isinstance(root, Url) or not root.is_dir():
        return root.exists()
    with os.scandir(root) as entries:
        return next(entries, None) is not None


def as_root(text: str) -> Url | None:
    """Return ``text`` as an address; None if it is a path."""
    return Url(text.rstrip("/")) if _ADDRESS.match(text) else None


@cache
def _is_file(address: str) -> bool:
    info = storage.info(address)
    return info is not None and storage.is_file(info)

"""Rows of the manifest -> containers that can be opened and members that can be read.

The only place in Python that knows which columns locate a member; in SQL it is the view ``member_location``.
"""

import os
import re
from collections.abc import Mapping
from typing import Any

from indexer.base.errors import SourceError
from indexer.base.remote import Root
from indexer.containers.kinds import Kind
from indexer.containers.models import Access, Container, MemberRef, Volume

_ESCAPED = re.compile(rb"\\x([0-9a-f]{2})")


def base_of(root: Root) -> Root:
    """Return the folder that a source's paths count from: its root, or the folder of a root that is one archive."""
    return root.parent if root.is_file() else root


def stored_container(root: Root, row: Mapping[str, Any]) -> Container:
    """Return the container of a row of the table ``container`` or of the view ``member_location``.

    ``root`` is the source's, as named in local.cfg. Paths that are not UTF-8 get their bytes back.

    Raises:
        SourceError: a path leads out of the root.
    """
    is_escaped = row["path_bytes"] is not None
    path = row["container_path"] if "container_path" in row else row["path"]
    volumes = tuple(
        Volume(_unescaped(volume["path"]) if is_escaped else volume["path"], volume["size"], volume["mtime_ns"])
        for volume in row["volumes"] or ()
    )
    path = os.fsdecode(row["path_bytes"]) if is_escaped else path
    for one in (path, *(volume.path for volume in volumes)):
        _require_inside(one)
    return Container(base_of(root), path, Kind(row["kind"]), volumes, row["source"])


def access_of(row: Mapping[str, Any]) -> Access:
    """Return how a member is reached: a cell whose offset is known is a slice of its file."""
    access = Access(row["access"])
    return Access.SLICE if access is Access.CELL and row["offset"] is not None else access


def stored_member(row: Mapping[str, Any], key: int) -> MemberRef:
    """Return the member of a row that has the columns ``ordinal`` to ``crc32`` of the view ``member_location``.

    A listing's own rows have them, too. The plan of a build and the view ``manifest`` call ``name`` ``member``.
    The path of a loose file that is not UTF-8 gets its bytes back.

    Raises:
        SourceError: the path of a loose file leads out of the root, or a number is negative.
    """
    path = row["path"]
    if min(row["offset"] or 0, row["packed_size"] or 0, row["size"] or 0) < 0:
        raise SourceError(f"the manifest has a negative offset or size of {path!r}: scan the source again")
    if row["access"] == Access.FILE:
        path = path if row["name_bytes"] is None else os.fsdecode(row["name_bytes"])
        _require_inside(path)
    return MemberRef(
        key=key,
        ordinal=row["ordinal"],
        path=path,
        name=row["name"] if "name" in row else row["member"],
        access=access_of(row),
        offset=row["offset"],
        packed_size=row["packed_size"],
        size=row["size"],
        method=row["method"],
        crc32=row["crc32"],
    )


def _require_inside(path: str) -> None:
    """Raise SourceError if a path of a manifest, which may be untrusted, leads out of its root."""
    if path.startswith("/") or "\0" in path or (".." in path and ".." in path.split("/")):
        raise SourceError(f"the manifest has the path {path!r}, which leads out of its source: scan the source again")


def _unescaped(path: str) -> str:
    """Return the name on disk of a path whose bytes that are not UTF-8 are spelled ``\\xff``."""
    return os.fsdecode(_ESCAPED.sub(lambda found: bytes.fromhex(found.group(1).decode()), path.encode()))

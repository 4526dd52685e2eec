"""Containers and members as the manifest's tables keep them -> what can be opened and read."""

import os
import re
from collections.abc import Mapping
from typing import Any

from indexer.base.remote import Root
from indexer.containers.models import Access, Container, Kind, MemberRef, Volume

_ESCAPED = re.compile(rb"\\x([0-9a-f]{2})")


def base_of(root: Root) -> Root:
    """Where the paths of a source count from: its root, or the folder of a root that is one archive."""
    return root.parent if root.is_file() else root


def stored_container(root: Root, row: Mapping[str, Any]) -> Container:
    """The container of a row with the columns ``source``, ``path``, ``path_bytes``, ``kind`` and ``volumes``.

    ``root`` is the source's, as local.cfg names it. Paths that are not UTF-8 get their bytes back.
    """
    is_escaped = row["path_bytes"] is not None
    path = os.fsdecode(row["path_bytes"]) if is_escaped else row["path"]
    volumes = tuple(
        Volume(_on_disk(volume["path"]) if is_escaped else volume["path"], volume["size"], volume["mtime_ns"])
        for volume in row["volumes"] or ()
    )
    return Container(base_of(root), path, Kind(row["kind"]), volumes, row["source"])


def stored_member(row: Mapping[str, Any], key: int) -> MemberRef:
    """The member of a row with the columns of ``member`` that say where its bytes are; ``name_bytes`` is among them.

    The path of a loose file that is not UTF-8 gets its bytes back.
    """
    is_escaped = row["access"] == Access.FILE and row["name_bytes"] is not None
    return MemberRef(
        key,
        row["ordinal"],
        os.fsdecode(row["name_bytes"]) if is_escaped else row["path"],
        row["name"],
        Access(row["access"]),
        *(row[name] for name in ("offset", "packed_size", "size", "method", "crc32")),
    )


def _on_disk(path: str) -> str:
    """The name on disk of an escaped path."""
    return os.fsdecode(_ESCAPED.sub(lambda found: bytes.fromhex(found.group(1).decode()), path.encode()))

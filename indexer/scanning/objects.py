"""Every object below an address, found as a walk finds the files of a folder."""

from indexer.base.remote import Url, storage
from indexer.scanning.folder_walk import FolderWalk, Found


def walk_objects(root: Url) -> FolderWalk:
    """List the objects below ``root``, in no order that may be relied on. Raises Unreachable, SourceError."""
    found = Found(None)
    for path, told in storage.versions(root.address):
        if told.get("size") is None:
            found.note("unreadable", f"{path}: its storage lists it and does not tell its size")
        else:
            found.add(path, *storage.status_of(told))
    return found.walk()

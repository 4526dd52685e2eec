"""List the objects below an address of object storage or the web."""

from indexer.base.remote import Url, storage
from indexer.scanning.folder_listing import FolderListing, FolderListingBuilder


def list_objects(root: Url) -> FolderListing:
    """List the objects below ``root``, in undefined order.

    Raises:
        Unreachable: the storage does not answer.
        SourceError: the address cannot be listed.
    """
    listing = FolderListingBuilder(None)
    for path, metadata in storage.versions(root.address):
        if metadata.get("size") is None:
            listing.add_finding("unreadable", f"{path}: its storage reports no size")
        else:
            listing.add(path, *storage.status_of(metadata))
    return listing.build()

"""Read object storage and web servers, by the file systems of fsspec.

::

    url       addresses with the methods of pathlib: ``/``, ``exists``, ``stat``, ``iterdir``
    storage   requests, with retries: lists of objects, their versions, ranges of their bytes
    object    the bytes of an object by offset: announced ranges in parallel, sequential reads in growing blocks

fsspec and its backends are imported only if the root of a source is an address.
"""

from indexer.base.remote.object import Object, object_file
from indexer.base.remote.url import Root, Url, as_root, is_there

__all__ = ["Object", "Root", "Url", "as_root", "is_there", "object_file"]

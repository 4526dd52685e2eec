"""Places on object storage: bytes that come by requests, through whatever file system of fsspec an address names.

::

    url       a place as an address, asked as pathlib asks: ``/``, ``exists``, ``stat``, ``iterdir``
    storage   requests: what lies below an address, what is told of an object, ranges of its bytes; patience with both
    object    an object's bytes by position: announced ranges side by side, what is read in order in growing blocks

fsspec and its backends are imported when a source's root is an address, never else.
"""

from indexer.base.remote.object import Object, RawObject
from indexer.base.remote.url import Root, Url, as_root, is_there

__all__ = ["Object", "RawObject", "Root", "Url", "as_root", "is_there"]

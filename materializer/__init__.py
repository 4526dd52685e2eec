"""Phase two: build a dataset of shards from the selected rows of a manifest.

::

    selection
       |   planning/   which row goes to which shard, and where its bytes are read (SQL, sql/plan)
       v
     plan
       |   running/    locks, preflight checks, workers, resuming, builds in parts; calls the folders above and below
       |   shards/     read, check and convert images; write shards in one of the output formats (shards/formats)
       v
     shards
       |   dataset/    the files that make the folder a dataset: card, build record; verify, grade and convert it
       v
    dataset ---------  report/ makes an HTML page of it

``models`` holds the values that these modules pass to each other, ``cli`` the commands. ``large_image`` registers the
feature ``LargeImage`` with ``datasets``; users of a built dataset import it.

``from materializer import build, load, verify`` is the Python API; it is imported on first use.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from materializer.api.functions import build as build
    from materializer.api.functions import load as load
    from materializer.api.functions import verify as verify

__all__ = ["build", "load", "verify"]


def __getattr__(name: str) -> Any:
    """Import the Python API on first use: commands and workers start without it."""
    if name in __all__:
        from materializer.api import functions  # noqa: PLC0415

        return getattr(functions, name)
    raise AttributeError(f"module 'materializer' has no attribute '{name}'")

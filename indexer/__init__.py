"""Phase one: index the images on disk into one DuckDB manifest, one row per image.

Data flows one way through the folders::

    containers    bytes -> members: list and read archives in place
    images        bytes -> properties: header, decoding, hashes
    manifest      the DuckDB file
    declarations  a source as data (sources/*.toml), compiled to one SELECT
    scanning      roots -> raw rows (container, member, side_row, finding)
    selection     manifest -> selection, in SQL
    sharing       selection <-> exported folder
    lookup        file_ids -> single images; files -> file_ids
    fetching      lists of URLs -> files
    drafting      a folder -> a first declaration of it
    reporting     manifest or selection -> HTML page
    browsing      manifest -> pages of a local server
    cli           commands; only this package prints
    api           the commands as Python

``base`` and ``settings`` are used by all of them.

``from indexer import Manifest`` is the Python API; it is imported on first use.
"""

from typing import TYPE_CHECKING, Any

from indexer.base.version import __version__

if TYPE_CHECKING:
    from indexer.api.manifest import Manifest as Manifest

__all__ = ["Manifest", "__version__"]


def __getattr__(name: str) -> Any:
    """Import the Python API on first use: commands and workers start without it."""
    if name == "Manifest":
        from indexer.api.manifest import Manifest  # noqa: PLC0415

        return Manifest
    raise AttributeError(f"module 'indexer' has no attribute '{name}'")

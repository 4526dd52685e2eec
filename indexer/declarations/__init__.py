"""Load the declarations of sources (TOML), check them, and compile each to one SELECT.

``indexer/sources/README.md`` documents the language. :func:`indexer.declarations.derive.derive` runs the SELECTs.
"""

from indexer.declarations.checked import load, load_all, refuse_wrong
from indexer.declarations.default import default_source
from indexer.declarations.models import SideTable, Source

__all__ = ["SideTable", "Source", "default_source", "load", "load_all", "refuse_wrong"]

"""An upstream dataset as data: load a declaration, check it, compile it to one SELECT.

The language is told in ``indexer/sources/README.md``; :func:`indexer.declarations.derive.derive` runs what is compiled.
"""

from indexer.declarations.loading import load
from indexer.declarations.models import SideTable, Source

__all__ = ["SideTable", "Source", "load"]

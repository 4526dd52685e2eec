"""SQL macros whose values are facts of Python's tables of formats, so that each fact is written once."""

from indexer.base import image_formats
from indexer.containers.kinds import ARCHIVE_SUFFIX


def derived_macros() -> str:
    """Return the statements that create ``archive_suffix()`` and ``image_name_end()``: patterns for regexp_matches."""
    return "".join(
        f"create or replace macro {name}() as '{pattern}';\n"
        for name, pattern in (("archive_suffix", ARCHIVE_SUFFIX), ("image_name_end", image_formats.NAME_END))
    )

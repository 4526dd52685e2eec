"""Find bytes behind the end of an archive, such as a second archive that was joined with it."""

from indexer.base.errors import BadData
from indexer.containers.bytes.volumes import BLOCK, ByteRange
from indexer.containers.members.rows import Health


def check_end(window: ByteRange, end: int, health: Health) -> None:
    """Add a finding if bytes other than zeros follow ``end``; at most a megabyte is read."""
    try:
        rest = window.read(end, BLOCK)
    except BadData:  # in a missing volume, which is a finding already
        return
    if rest.strip(b"\0"):
        health.add("trailing-data", f"{window.size - end} bytes follow the end of the archive")

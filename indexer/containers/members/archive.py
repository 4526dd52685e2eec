"""The archive that a format's function walks."""

from dataclasses import dataclass

from indexer.containers.bytes.volumes import ByteRange
from indexer.containers.members.budget import Budget
from indexer.containers.members.entry import Bytes, random_access
from indexer.containers.members.rows import Health


@dataclass(frozen=True, slots=True)
class OpenArchive:
    """An archive to list or read: its bytes, its name, the budget for unpacking and the record of its damage."""

    content: Bytes
    name: str
    budget: Budget
    health: Health

    @property
    def window(self) -> ByteRange:
        """Return the content with random access. Raises TypeError if it is a stream."""
        return random_access(self.content, self.name)

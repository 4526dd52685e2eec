"""Find members whose offset in the directory is wrong, by name, checksum and size in their local headers.

Bytes that were inserted or lost in the middle of a zip shift all offsets behind them.
"""

from collections import defaultdict
from dataclasses import dataclass, replace

from indexer.containers.bytes.volumes import ByteRange
from indexer.containers.formats.zip.directory import Block
from indexer.containers.formats.zip.local_header import local_name
from indexer.containers.formats.zip.salvage import salvaged_rows
from indexer.containers.members.rows import Health

_NOT_FOUND = -2  # -1 is the offset of a member in a missing volume
_Identity = tuple[bytes, int, int]  # name, CRC-32, size


@dataclass(slots=True)
class Relocation:
    """The offsets of all local headers, which are searched when the first wrong offset is met."""

    window: ByteRange
    _offsets: dict[_Identity, list[int]] | None = None

    def corrected(self, block: Block) -> tuple[Block, int, int]:
        """Return the block with the offsets that were found, the number of these, and the number of members lost.

        A member keeps its offset if its header is there under another name: tools rename members in the directory only.
        """
        offsets = block.offset.copy()
        wrong = {row: local_name(self.window, int(offsets[row])) for row in range(len(block)) if offsets[row] >= 0}
        moved = lost = 0
        for row, name in wrong.items():
            if name == block.name(row):
                continue
            found = self._find(block, row)
            if found is not None:
                offsets[row] = found
                moved += 1
            elif name is None:
                offsets[row] = _NOT_FOUND
                lost += 1
        return replace(block, offset=offsets), moved, lost

    def _find(self, block: Block, row: int) -> int | None:
        """Return the offset of the first header of this member that no other row has taken; None if there is none."""
        if self._offsets is None:
            self._offsets = defaultdict(list)
            for each in salvaged_rows(self.window, Health()):
                if each.offset is not None and each.problem is None:
                    self._offsets[each.name, each.crc32 or 0, each.size or 0].append(each.offset)
        places = self._offsets.get((block.name(row), int(block.header["crc32"][row]), int(block.size[row])))
        return places.pop(0) if places else None

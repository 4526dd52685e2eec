"""Links in archives that libarchive reads in one pass: they get the bytes of the member that they lead to.

In cpio, all hard links of a file have the same device and inode; only one has data: the last one in the format newc.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial

from indexer.containers.formats.libarchive import EntryHeader
from indexer.containers.formats.links import LinkTargets, end_of_links, link_target, normal_name
from indexer.containers.members.entry import Entry
from indexer.containers.members.rows import Row, decoded


@dataclass(slots=True)
class PassedLinks:
    """The links of one archive that wait for their members."""

    _targets: LinkTargets = field(default_factory=LinkTargets)
    # Members with data, by inode, if they have several names.
    _rows: dict[tuple[int, int], Row] = field(default_factory=dict)
    _without_data: dict[tuple[int, int], list[Entry]] = field(default_factory=dict)
    _symbolic: list[tuple[bytes, bytes, Entry]] = field(default_factory=list)

    def entries(self, header: EntryHeader, entry: Entry) -> Iterator[Entry]:
        """Yield a member, then the links that waited for it; a link that must wait yields nothing."""
        if header.symbolic_link is not None:
            target = link_target(header.name, header.symbolic_link, is_symbolic=True)
            self._symbolic.append((target, header.symbolic_link, entry))
            return
        inode = header.inode if header.names > 1 else None
        if inode is not None and not entry.row.size:
            if inode in self._rows:
                yield self._linked(entry, self._rows[inode])
            else:
                self._without_data.setdefault(inode, []).append(entry)
            return
        yield entry
        if entry.row.problem is None:
            self._targets.add(entry.row.name, entry.row.ordinal, 0, entry.row.size or 0)
            if inode is not None:
                self._rows[inode] = entry.row
                yield from (self._linked(link, entry.row) for link in self._without_data.pop(inode, ()))

    def rest(self) -> Iterator[Entry]:
        """Yield the links that wait at the archive's end: symbolic links, and those to members that are missing."""
        for links in self._without_data.values():
            yield from links
        chained = {normal_name(entry.row.name): target for target, _, entry in self._symbolic}
        for target, link, entry in self._symbolic:
            if found := self._targets.find(end_of_links(target, chained)):
                ordinal, _, size = found
                yield Entry(replace(entry.row, size=size, problem=None), partial(iter, ()), target=ordinal)
            else:
                yield replace(entry, note=f" to {decoded(link)[0]}")

    def _linked(self, link: Entry, row: Row) -> Entry:
        """Return a hard link as an entry that has the bytes of the member of ``row``."""
        self._targets.add(link.row.name, row.ordinal, 0, row.size or 0)
        found = replace(link.row, size=row.size, crc32=row.crc32, problem=None)
        return Entry(found, partial(iter, ()), target=row.ordinal)

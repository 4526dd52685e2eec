"""Fields of a tar header that do not fit into it: pax records (POSIX.1-2024), and GNU's long names."""

from dataclasses import dataclass, field, replace

from indexer.containers.bytes.tar_header import TarHeader, pax_records, whole_number


@dataclass(slots=True)
class Extensions:
    """Fields from pax and GNU headers for the next member, and (``everywhere``) for all following members."""

    everywhere: dict[str, bytes] = field(default_factory=dict)
    next: dict[str, bytes] = field(default_factory=dict)

    def take(self, kind: int, body: bytes) -> None:
        """Add the fields of an extension of type ``kind``."""
        if kind == ord("g"):
            self.everywhere |= pax_records(body)
        elif kind in b"xX":
            self.next |= pax_records(body)
        elif kind in b"LK":
            self.next["path" if kind == ord("L") else "linkpath"] = body.split(b"\0", 1)[0]

    def applied(self, header: TarHeader) -> tuple[TarHeader, dict[str, bytes]]:
        """Return the extended header, and the fields that belong to a sparse file in a pax format."""
        known = self.everywhere | self.next
        self.next = {}
        if not known:
            return header, {}
        size = whole_number(known.get("size", b""))
        header = header if size is None else replace(header, size=size)
        name = known.get("GNU.sparse.name", known.get("path", header.name))
        sparse = {key: value for key, value in known.items() if key.startswith("GNU.sparse.")}
        return replace(header, name=name, link=known.get("linkpath", header.link)), sparse

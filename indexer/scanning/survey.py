"""A source's root -> its containers and loose files, with what tells whether they changed since the last scan."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from indexer.base.errors import SourceError
from indexer.base.remote import Root, Url
from indexer.base.workers import Workers
from indexer.containers.detect import find_containers
from indexer.containers.file_stamp import size_and_time
from indexer.containers.from_manifest import base_of
from indexer.containers.kinds import Kind
from indexer.containers.models import ArchiveLimits, Container, Finding, Volume
from indexer.declarations.models import SideTable
from indexer.scanning.folder_walk import is_below, walk
from indexer.scanning.loose import LOOSE_SCHEMA, loose_rows, volumes_of
from indexer.scanning.objects import walk_objects

# Raised when listings tell more than before, so that the next scan reads every container again.
LISTING_VERSION = 1
# Pictures and texts in which an archive is looked for: so few of a suffix, or so many times the size of most.
FEW = 64
LARGER = 8
LARGE = 1 << 20


@dataclass(frozen=True, slots=True)
class Survey:
    """What lies below a root. Paths count from ``base``: the root, or the folder of a root that is one archive."""

    base: Root
    containers: tuple[Container, ...]
    loose: pa.Table
    findings: tuple[Finding, ...]
    unread: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is neither archive nor file."""
        return not self.containers and not self.loose.num_rows

    @property
    def is_bare(self) -> bool:
        """Whether there is nothing at all, not even something that could not be looked at."""
        return self.is_empty and not self.findings

    @property
    def folder(self) -> Container:
        """The loose files as a container."""
        return Container(self.base, "", Kind.FOLDER, ())

    def may_hold(self, path: str) -> bool:
        """Whether ``path`` lies in a folder that nobody could look into this time."""
        return is_below(path, self.unread)


def survey(root: Root, workers: Workers) -> Survey:
    """Look below ``root``, a folder or one archive (whose other volumes lie beside it).

    Raises:
        SourceError: it cannot be opened, or is a file that is no archive.
    """
    try:
        return _one_archive(root) if root.is_file() else _folder(root, workers)
    except OSError as error:
        raise SourceError(f"{root} cannot be read ({error.strerror}): see local.cfg") from error


def _folder(root: Root, workers: Workers) -> Survey:
    found = walk_objects(root) if isinstance(root, Url) else walk(root, workers)
    is_odd = _may_be_archives(found.plain)
    odd = [*found.volumes, *volumes_of(found.plain.filter(is_odd))]
    containers, others = find_containers(root, sorted(odd, key=lambda volume: volume.path))
    loose = pa.concat_tables([found.plain.filter(pc.invert(is_odd)), _table(others)])
    return Survey(root, tuple(containers), loose, found.findings, found.unread)


def _may_be_archives(plain: pa.Table) -> pa.ChunkedArray:
    """Which pictures and texts are worth a look inside: those of a suffix that few have, and the far too large."""
    suffixes = pc.utf8_lower(pc.replace_substring_regex(plain["path"], r"^.*\.", ""))
    counts = {entry["values"]: entry["counts"] for entry in pc.value_counts(suffixes).to_pylist()}
    rare = [suffix for suffix, count in counts.items() if count <= FEW]
    typical = pc.quantile(plain["size"], 0.5)[0].as_py() or 0
    is_large = pc.greater_equal(plain["size"], max(LARGE, LARGER * int(typical)))
    return pc.or_(pc.is_in(suffixes, pa.array(rare, pa.string())), is_large)


def _one_archive(root: Root) -> Survey:
    base, stem = base_of(root), root.name.split(".")[0]
    beside = [
        _volume(file) for file in sorted({root, *base.iterdir()}) if file.name.split(".")[0] == stem and file.is_file()
    ]
    containers, _ = find_containers(base, beside)
    named = [container for container in containers if root.name in {volume.path for volume in container.volumes}]
    if not named:
        raise SourceError(f"{root} is neither a folder nor an archive: see local.cfg")
    return Survey(base, tuple(named), LOOSE_SCHEMA.empty_table(), (), ())


def _volume(file: Root) -> Volume:
    return Volume(file.name, *size_and_time(file.stat()))


def _table(files: Sequence[Volume]) -> pa.Table:
    paths = [file.path for file in files]
    rows = loose_rows(paths, [file.size for file in files], [file.mtime_ns for file in files])
    return pa.Table.from_batches([rows], LOOSE_SCHEMA)


def fingerprint(container: Container, tables: Sequence[SideTable], limits: ArchiveLimits) -> str:
    """Equal fingerprints mean that a container need not be read again.

    It covers the volumes' names, sizes and times, the side tables that are looked for, and the limits: a declaration
    that asks for another table has its containers read again, and so has whoever allows more.
    """
    asked = sorted((asdict(table) for table in tables), key=json.dumps)
    volumes = [asdict(volume) for volume in container.volumes]
    allowed = asdict(replace(limits, seconds=0))  # how long reading may take says nothing about what is found
    text = json.dumps([LISTING_VERSION, container.kind, volumes, asked, allowed])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

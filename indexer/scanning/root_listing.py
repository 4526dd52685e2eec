"""List the containers and loose files of a source, and compute container fingerprints."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from indexer.base.errors import SourceError
from indexer.base.placeholders import POINTER_SIZES
from indexer.base.remote import Root, Url
from indexer.base.workers import Workers
from indexer.containers.detect import LARGE_FILE_BYTES, LARGE_FILE_RATIO, RARE_SUFFIX_FILES, find_containers
from indexer.containers.file_stamp import size_and_time
from indexer.containers.from_manifest import base_of
from indexer.containers.kinds import ORDINARY, Kind, suffix_of
from indexer.containers.members.rows import shown
from indexer.containers.models import ArchiveLimits, Container, Finding, Volume
from indexer.declarations.models import SideTable
from indexer.scanning import overlooked
from indexer.scanning.folder_listing import is_below, list_folder
from indexer.scanning.loose import LOOSE_SCHEMA, in_path_order, loose_rows, raw_paths, volumes_of
from indexer.scanning.missing_shards import missing_shards
from indexer.scanning.object_listing import list_objects

# Increase this when listings contain more than before: the next scan reads every container again.
LISTING_VERSION = 5
_DIGEST_ROWS = 65_536  # hashed at a time


@dataclass(frozen=True, slots=True)
class RootListing:
    """Containers and loose files below a root, files and findings in order.

    Paths are relative to ``base``: the root, or the folder of a root that is one archive. ``unread`` are the folders
    that could not be listed.
    """

    base: Root
    containers: tuple[Container, ...]
    loose: pa.Table
    findings: tuple[Finding, ...]
    unread: tuple[str, ...]

    @property
    def has_no_files(self) -> bool:
        """Whether neither a container nor a loose file was found."""
        return not self.containers and not self.loose.num_rows

    @property
    def is_empty(self) -> bool:
        """Whether neither a file nor a finding was found."""
        return self.has_no_files and not self.findings

    @property
    def folder(self) -> Container:
        """The loose files as a container."""
        return Container(self.base, "", Kind.FOLDER, ())

    def may_contain(self, path: str) -> bool:
        """Return whether ``path`` is below a folder that could not be listed."""
        return is_below(path, self.unread)


def list_root(root: Root, workers: Workers) -> RootListing:
    """List a root: a folder, or one archive with its other volumes in the same folder.

    Raises:
        SourceError: the root cannot be opened, or is a file but not an archive.
    """
    try:
        return _list_archive(root) if root.is_file() else _list_folder(root, workers)
    except OSError as error:
        raise SourceError(
            f"{root} cannot be read ({error.strerror}): check its permissions, or its path in local.cfg"
        ) from error


def _list_folder(root: Root, workers: Workers) -> RootListing:
    listing = list_objects(root) if isinstance(root, Url) else list_folder(root, workers)
    is_candidate = _archive_candidates(listing.plain)
    candidates = [*listing.volumes, *volumes_of(listing.plain.filter(is_candidate))]
    containers, others = find_containers(root, sorted(candidates, key=lambda volume: volume.path))
    loose = pa.concat_tables([listing.plain.filter(pc.invert(is_candidate)), _loose_table(others)])
    findings = [*listing.findings, *_overlooked(root, listing.plain, others)]
    findings += missing_shards(shown(each.path) for each in containers if len(each.volumes) == 1)
    ordered = sorted(findings, key=lambda each: (each.code, each.detail))
    return RootListing(root, tuple(containers), in_path_order(loose), tuple(ordered), tuple(sorted(listing.unread)))


def _overlooked(root: Root, plain: pa.Table, others: Sequence[Volume]) -> Iterator[Finding]:
    smallest, largest = POINTER_SIZES
    is_small = pc.and_(pc.greater_equal(plain["size"], smallest), pc.less_equal(plain["size"], largest))
    pointers = volumes_of(plain.filter(is_small).sort_by("path")) if not isinstance(root, Url) else ()
    unusual = [file for file in others if suffix_of(file.path) not in ORDINARY]
    yield from overlooked.overlooked(root, pointers, unusual)


def _archive_candidates(plain: pa.Table) -> pa.ChunkedArray:
    """Return a mask of the files whose first bytes are checked: those with a rare suffix or an unusual size."""
    parts = pc.split_pattern(plain["path"], ".", max_splits=1, reverse=True)
    suffixes = pc.utf8_lower(pc.list_element(parts, 1))  # every plain file has a suffix
    counts = {entry["values"]: entry["counts"] for entry in pc.value_counts(suffixes).to_pylist()}
    rare = [suffix for suffix, count in counts.items() if count <= RARE_SUFFIX_FILES]
    median = pc.quantile(plain["size"], 0.5)[0].as_py() or 0
    is_large = pc.greater_equal(plain["size"], max(LARGE_FILE_BYTES, LARGE_FILE_RATIO * int(median)))
    return pc.or_(pc.is_in(suffixes, pa.array(rare, suffixes.type)), is_large)


def _list_archive(root: Root) -> RootListing:
    base, stem = base_of(root), root.name.split(".")[0]
    volumes = [
        Volume(file.name, *size_and_time(file.stat()))
        for file in sorted({root, *base.iterdir()})
        if file.name.split(".")[0] == stem and file.is_file()
    ]
    containers, _ = find_containers(base, volumes)
    own = [container for container in containers if root.name in {volume.path for volume in container.volumes}]
    if not own:
        raise SourceError(f"{root} is neither a folder nor an archive: correct its path in local.cfg")
    return RootListing(base, tuple(own), LOOSE_SCHEMA.empty_table(), (), ())


def _loose_table(files: Sequence[Volume]) -> pa.Table:
    paths = [file.path for file in files]
    rows = loose_rows(paths, [file.size for file in files], [file.mtime_ns for file in files])
    return pa.Table.from_batches([rows], LOOSE_SCHEMA)


def container_fingerprint(
    container: Container, tables: Sequence[SideTable], limits: ArchiveLimits, encoding: str | None = None
) -> str:
    """Return a hash of everything that a container's listing depends on.

    It covers names, sizes and times of the volumes, the side tables, the limits, the encoding of names, and the hint. A
    container with an unchanged fingerprint need not be read again.
    """
    sorted_tables = sorted((asdict(table) for table in tables), key=json.dumps)
    volumes = [asdict(volume) for volume in container.volumes]
    without_time = asdict(replace(limits, seconds=0))  # the time limit does not change a complete listing
    others = [each for each in (encoding, container.hint) if each]
    text = json.dumps([LISTING_VERSION, container.kind, volumes, sorted_tables, without_time, *others])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def folder_fingerprint(settings: str, loose: pa.Table, listing: RootListing) -> str:
    """Return ``SETTINGS:FILES``, the fingerprint of loose files.

    ``settings`` is the fingerprint of the folder as a container. FILES is a hash of the files ``loose`` (rows of
    LOOSE_SCHEMA) with their sizes and times, and of the findings.
    """
    digest = hashlib.sha256(json.dumps([[asdict(each) for each in listing.findings], listing.unread]).encode())
    columns = pa.table(
        [loose["path"], raw_paths(loose), loose["size"], loose["mtime_ns"]], names=["path", "raw", "size", "mtime_ns"]
    )
    for batch in columns.combine_chunks().to_batches(max_chunksize=_DIGEST_ROWS):
        digest.update(batch.serialize())
    return f"{settings}:{digest.hexdigest()}"


def settings_of(fingerprint: str) -> str:
    """Return the part of a folder's fingerprint that changes with side tables and limits."""
    return fingerprint.partition(":")[0]

"""Requests and bytes that listing and reading a container on object storage take."""

import random
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from indexer.base.errors import BadData, ConfigError, DependencyError, SourceError, Unreachable
from indexer.base.remote import Object, Url, as_root, object_file
from indexer.base.remote import storage as requests
from indexer.base.remote.object import LARGEST, SMALLEST
from indexer.base.workers import Workers
from indexer.containers.from_manifest import stored_member
from indexer.containers.listing import list_members
from indexer.containers.models import ArchiveLimits, Container, ContainerStatus, ListingReport, MemberRef
from indexer.containers.reading import read_members
from indexer.scanning.root_listing import list_root
from tests.support.archives import run
from tests.support.hf import Hub
from tests.support.storage import Storage, Web, upload

NOISE = random.Random(8)
LARGE = {f"photos/{number:03}.png": NOISE.randbytes(500_000) for number in range(100)}  # 50 MB
SMALL = {f"photos/{number:03}.png": NOISE.randbytes(20_000) for number in range(40)}
MB = 1_000_000


def zipped(folder: Path, files: dict[str, bytes]) -> None:
    with zipfile.ZipFile(folder / "a#% ü.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=0) as archive:
        for name, data in files.items():
            archive.writestr(name, data)


def split(folder: Path, files: dict[str, bytes]) -> None:
    tree = folder.parent / "tree"
    for name, data in files.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_bytes(data)
    volume = max(64, sum(map(len, files.values())) // 4_000)
    run("zip", "-q", "-r", "-0", "-s", f"{volume}k", folder / "parts.zip", "photos", cwd=tree)


def tarred(folder: Path, files: dict[str, bytes]) -> None:
    with tarfile.open(folder / "photos.tar", "w") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, pa.BufferReader(data))


def parquet(folder: Path, files: dict[str, bytes]) -> None:
    cells = [{"bytes": data, "path": name} for name, data in files.items()]
    pq.write_table(pa.table({"image": cells}), folder / "photos.parquet", row_group_size=1, compression="none")


def arrow(folder: Path, files: dict[str, bytes]) -> None:
    table = pa.table({"image": [{"bytes": data, "path": name} for name, data in files.items()]})
    with pa.ipc.new_stream(folder / "photos.arrow", table.schema) as stream:
        stream.write_table(table, max_chunksize=10)


def gzipped(folder: Path, files: dict[str, bytes]) -> None:
    tarred(folder, files)
    run("gzip", "-1", folder / "photos.tar", cwd=folder)


Pack = Callable[[Path, dict[str, bytes]], None]


def stored(storage: Storage, folder: Path, pack: Pack, files: dict[str, bytes]) -> Container:
    """Return the container that ``pack`` creates from ``files``, as listed in the storage."""
    packed = folder / "packed"
    packed.mkdir()
    pack(packed, files)
    found = list_root(upload(storage, packed, folder.name), Workers(jobs=1))
    (container,) = found.containers
    return container


def listed(container: Container) -> tuple[list[MemberRef], ListingReport]:
    *batches, report = list_members(container, ArchiveLimits())
    assert isinstance(report, ListingReport)
    rows = [row for batch in batches if isinstance(batch, pa.RecordBatch) for row in batch.to_pylist()]
    return [stored_member(row, row["ordinal"]) for row in rows], report


@pytest.mark.parametrize("pack", [zipped, split, tarred, parquet, arrow, gzipped])
def test_every_kind_of_container_is_read(storage: Storage, tmp_path: Path, pack: Pack) -> None:
    container = stored(storage, tmp_path, pack, SMALL)
    members, report = listed(container)
    assert (report.status, report.listed) == (ContainerStatus.COMPLETE, len(SMALL))
    found = dict(read_members(container, members, ArchiveLimits()))
    assert sorted(found[member.key] for member in members) == sorted(SMALL.values())  # zip packs in the folder's order


@pytest.mark.slow
@pytest.mark.parametrize("pack", [zipped, split, tarred, parquet])
def test_one_member_is_read_without_its_archive(storage: Storage, tmp_path: Path, pack: Pack) -> None:
    container = stored(storage, tmp_path, pack, LARGE)
    traffic = storage.traffic
    traffic.clear()
    members, _ = listed(container)
    assert len(members) == len(LARGE)
    assert traffic.sent < (7 * MB if pack is tarred else MB)  # a tar has a header before each member, 64 KiB a look
    traffic.clear()
    ((_, data),) = read_members(container, [members[70]], ArchiveLimits())
    assert data in LARGE.values()
    assert traffic.sent < MB
    assert traffic.count("GET") <= 4


def test_adjacent_members_share_requests(storage: Storage, tmp_path: Path) -> None:
    container = stored(storage, tmp_path, zipped, LARGE)
    members, _ = listed(container)
    storage.traffic.clear()
    assert len(dict(read_members(container, members, ArchiveLimits()))) == len(LARGE)
    assert storage.traffic.count("GET") <= 10
    assert storage.traffic.sent < 52 * MB


def test_sequential_reads_use_growing_blocks(storage: Storage) -> None:
    content = NOISE.randbytes(4 * LARGEST)
    storage.put("long", content)
    storage.traffic.clear()
    remote = Object(storage.url("long"), len(content))
    found = b"".join(remote.read(start, 10_000) for start in range(0, len(content), 10_000))
    assert found == content
    assert storage.traffic.count("GET") < 14
    storage.traffic.clear()
    assert [remote.read(start, 100) for start in (5 * MB, MB)] == [content[5 * MB :][:100], content[MB:][:100]]
    assert storage.traffic.sent <= 2 * SMALLEST


def test_temporary_failures_are_retried(storage: Storage, tmp_path: Path) -> None:
    container = stored(storage, tmp_path, zipped, SMALL)
    members, _ = listed(container)
    storage.traffic.fail(2)
    assert list(read_members(container, members[:1], ArchiveLimits())) == [(members[0].key, SMALL["photos/000.png"])]
    assert storage.traffic.failing == 0


def test_storage_that_does_not_answer_is_not_bad_data(
    web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "PAUSES", (0.0,))
    container = stored(web, tmp_path, zipped, SMALL)
    members, _ = listed(container)
    web.traffic.fail(1_000)
    with pytest.raises(Unreachable, match=r"http://.*503.*does not answer, try again later"):
        list(read_members(container, members, ArchiveLimits()))
    with pytest.raises(Unreachable):
        list(list_members(container, ArchiveLimits()))


@pytest.mark.parametrize("pack", [zipped, tarred, parquet])
def test_changed_or_missing_objects_are_reported(storage: Storage, tmp_path: Path, pack: Pack) -> None:
    container = stored(storage, tmp_path, pack, SMALL)
    members, _ = listed(container)
    place = f"{tmp_path.name}/{container.path}"
    storage.put(place, NOISE.randbytes(container.volumes[0].size))  # as large, and other bytes: another ETag
    with pytest.raises(SourceError, match="has changed since it was scanned"):
        list(read_members(container, members, ArchiveLimits()))
    storage.remove(place)
    with pytest.raises(SourceError, match="no such object"):
        list(read_members(container, members, ArchiveLimits()))


def test_hub_lists_are_cached(hf: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        hf.put(f"{tmp_path.name}/{number}.png", b"picture")
    folder = hf.url(tmp_path.name)
    monkeypatch.setattr(requests, "LISTS_LAST", 0.0)
    assert (folder / "0.png").exists()
    monkeypatch.setattr(requests, "LISTS_LAST", 1e6)
    hf.traffic.clear()
    before = [(folder / f"{number}.png").stat() for number in range(5)]
    assert not hf.traffic.requests
    hf.put(f"{tmp_path.name}/0.png", b"another")
    monkeypatch.setattr(requests, "LISTS_LAST", 0.0)
    assert (folder / "0.png").stat() != before[0]


def test_object_that_is_removed_while_it_is_read(storage: Storage) -> None:
    storage.put("short", b"0123456789")
    remote = Object(storage.url("short"), 10)
    storage.remove("short")
    with pytest.raises(SourceError, match="is not there any more"):
        remote.read(0, 4)


def test_server_without_ranges_is_reported(web: Web) -> None:
    web.put("a", bytes(200_000))
    web.ranges = False
    with pytest.raises(SourceError, match="no ranges"):
        Object(web.url("a"), 200_000).read(0, 100)


def test_loose_objects_are_listed_and_read(storage: Storage, tmp_path: Path) -> None:
    folder = tmp_path / "loose"
    (folder / "a b").mkdir(parents=True)
    (folder / "a b" / "x ü?#%.png").write_bytes(b"picture")
    root = upload(storage, folder, tmp_path.name)
    found = list_root(root, Workers(jobs=1))
    assert found.containers == ()
    (row,) = found.loose.to_pylist()
    assert (row["path"], row["size"]) == ("a b/x ü?#%.png", 7)
    status = (root / row["path"]).stat()
    assert (row["size"], row["mtime_ns"]) == status
    members = [stored_member({**row, "ordinal": 0, "access": "file", "name": None, "offset": None, "packed_size": None,
                         "method": None, "crc32": None, "size": size}, size) for size in (7, 8)]  # fmt: skip
    right, wrong = (data for _, data in read_members(found.folder, members, ArchiveLimits()))
    assert right == b"picture"
    assert isinstance(wrong, BadData)


def test_archive_as_root_includes_its_volumes(storage: Storage, tmp_path: Path) -> None:
    container = stored(storage, tmp_path, split, SMALL)
    root = storage.url(tmp_path.name) / container.path
    assert root.is_file()
    assert not root.is_dir()
    (found,) = list_root(root, Workers(jobs=1)).containers
    assert found == container
    assert len(found.volumes) > 2


def test_archive_on_a_host_without_lists_is_read(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(target := pa.BufferOutputStream(), "w") as archive:
        archive.writestr("a.png", b"picture")
    web.put("data/a.zip", target.getvalue().to_pybytes())
    monkeypatch.setattr(web, "links", lambda _: None)
    (found,) = list_root(web.url("data/a.zip"), Workers(jobs=1)).containers
    assert found.path == "a.zip"


def test_object_works_as_a_file_of_arrow(storage: Storage) -> None:
    storage.put("file", b"0123456789")
    with object_file(storage.url("file")) as file:
        assert file.read(3) == b"012"
        assert (file.seek(-2, 2), file.read()) == (8, b"89")
        assert (file.seek(1), file.seek(1, 1), file.tell()) == (1, 2, 2)


@pytest.mark.parametrize("text", ["s3://bucket", "https://host/a%20b/", "hf://datasets/user/repo"])
def test_addresses(text: str) -> None:
    url = as_root(text)
    assert str(url) == text.rstrip("/")


@pytest.mark.parametrize("text", ["/data/a", "C://x", "a b", "s3:/x", "s3://"])
def test_paths_are_not_addresses(text: str) -> None:
    assert as_root(text) is None


def test_unknown_protocols_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gcsfs", None)
    with pytest.raises(ConfigError, match="nowhere://"):
        Url("nowhere://a").exists()
    with pytest.raises(DependencyError, match=r"gcs:// needs .*pip install 'image-manifest\[gs\]'"):
        Url("gcs://a").exists()  # another name of gs://, which other tests have imported


def test_missing_credentials_are_reported_at_once() -> None:
    class NoCredentialsError(Exception):
        pass

    calls: list[int] = []

    def refused() -> None:
        calls.append(1)
        raise NoCredentialsError("Unable to locate credentials")

    for address, hint in {"s3://b": ", or FSSPEC_S3=", "gs://b": ", or FSSPEC_GS=", "az://b": "$"}.items():
        with pytest.raises(SourceError, match=rf"{address}: Unable to locate credentials: set them{hint}"):
            requests.with_retries(address, refused)
    assert len(calls) == 3

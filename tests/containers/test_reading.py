"""Reading members: their order, changed files, bad data of single members."""

import os
import random
import resource
import shutil
import subprocess
import sys
import zipfile
from contextlib import closing, suppress
from pathlib import Path

import pytest

from indexer.base.errors import BadData, SourceError
from indexer.containers.copying import copy_members
from indexer.containers.detect import find_containers
from indexer.containers.formats.libarchive import SequentialPass
from indexer.containers.kinds import Kind
from indexer.containers.models import Access, ArchiveLimits, Container, MemberRef
from indexer.containers.open_containers import OpenContainers
from indexer.containers.opening import opened
from indexer.containers.reading import read_members
from tests.support.archives import (
    Memory,
    container_in,
    damage,
    listing,
    plant,
    run,
    seven_zipped,
    split_zipped,
    tarred,
    volumes_of,
    zipped,
)


def test_members_with_random_access_have_the_given_order(tree: Path, root: Path) -> None:
    split_zipped(tree, root / "set.zip")
    found = listing(container_in(root))
    members = list(reversed(found.members()))
    keys = [key for key, _ in read_members(found.container, members, ArchiveLimits())]
    assert keys == [member.key for member in members]


def test_members_with_sequential_access_have_the_order_of_the_container(tree: Path, root: Path) -> None:
    tarred(tree, root / "set.tar.gz")
    found = listing(container_in(root))
    got = [key for key, _ in read_members(found.container, list(reversed(found.members())), ArchiveLimits())]
    assert got == sorted(got)


def test_repeated_member_is_read_twice(tree: Path, root: Path, files: dict[str, bytes]) -> None:
    for pack, name in ((zipped, "set.zip"), (tarred, "set.tar.gz")):
        pack(tree, root / name)
        found = listing(container_in(root))
        member = found.members([found.row("labels.csv")])[0]
        got = dict(read_members(found.container, [member, member._replace(key=-1)], ArchiveLimits()))
        assert got == dict.fromkeys((member.key, -1), files["fakes/labels.csv"])
        (root / name).unlink()


@pytest.mark.parametrize("change", ["gone", "longer", "newer"])
def test_changed_container_raises_a_source_error(change: str, tree: Path, root: Path) -> None:
    zipped(tree, root / "set.zip")
    found = listing(container_in(root))
    status = (root / "set.zip").stat()
    if change == "gone":
        (root / "set.zip").unlink()
    elif change == "longer":
        (root / "set.zip").write_bytes((root / "set.zip").read_bytes() + b"!")
    else:
        os.utime(root / "set.zip", ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    with pytest.raises(SourceError, match=r"set\.zip"):
        list(read_members(found.container, found.members(), ArchiveLimits()))


def test_member_that_is_not_found_again_is_bad_data(tree: Path, root: Path) -> None:
    tarred(tree, root / "set.tar.gz")
    found = listing(container_in(root))
    member = found.members()[0]._replace(ordinal=999)
    ((_, data),) = read_members(found.container, [member], ArchiveLimits())
    assert isinstance(data, BadData)
    assert data.reason == "not found again"


def test_members_over_the_limit_are_bad_data(tree: Path, root: Path) -> None:
    zipped(tree, root / "set.zip")
    found = listing(container_in(root))
    reasons = {
        data.reason
        for _, data in read_members(found.container, found.members(), ArchiveLimits(member_size=10))
        if isinstance(data, BadData)
    }
    assert reasons == {"over the size limit"}


@pytest.mark.parametrize(
    ("name", "position", "data", "reason"),
    [
        ("stored.png", 0, b"XX", "no local header"),
        ("stored.png", 6, b"\1", "encrypted"),
        ("stored.png", 40, b"??", "checksum differs"),
        ("packed.png", 0, b"XX", "no local header"),
        ("packed.png", 6, b"\1", "encrypted"),
        ("packed.png", 40, b"\xff", "cannot be unpacked"),
    ],
)
def test_member_damaged_after_the_scan_is_bad_data(
    name: str, position: int, data: bytes, reason: str, root: Path
) -> None:
    with zipfile.ZipFile(root / "set.zip", "w") as archive:
        for member, method in (("stored.png", zipfile.ZIP_STORED), ("packed.png", zipfile.ZIP_DEFLATED)):
            archive.writestr(member, random.Random(0).randbytes(500) * 2, method)
    found = listing(container_in(root))
    status = (root / "set.zip").stat()
    damage(root / "set.zip", int(str(found.row(name)["offset"])) + position, data)
    os.utime(root / "set.zip", ns=(status.st_atime_ns, status.st_mtime_ns))
    read = found.read()
    (bad,) = [one for one in read.values() if isinstance(one, BadData)]
    assert bad.reason == reason
    assert bad is read[f"set/{name}"]


@pytest.mark.parametrize("has_places", [False, True])
def test_archive_that_changes_while_it_is_open_raises_a_source_error(has_places: bool, tree: Path, root: Path) -> None:
    zipped(tree, root / "set.zip", "-0")
    found = listing(container_in(root))
    member = found.members([found.row("labels.csv")])[0]
    places = {member.key: memoryview(bytearray(member.size or 0))} if has_places else {}
    with closing(OpenContainers(ArchiveLimits())) as containers:
        assert not isinstance(dict(copy_members(containers, found.container, [member], places))[member.key], BadData)
        shutil.copy2(root / "set.zip", root / "saved.zip")
        os.utime(root / "set.zip", ns=(0, 0))
        with pytest.raises(SourceError, match=r"set\.zip: has changed since it was scanned"):
            list(copy_members(containers, found.container, [member], places))
        (root / "saved.zip").replace(root / "set.zip")
        assert not isinstance(dict(copy_members(containers, found.container, [member], places))[member.key], BadData)


@pytest.mark.parametrize("places", [False, True])
def test_archive_truncated_while_it_is_read_costs_members(places: bool, root: Path, tmp_path: Path) -> None:
    plant(tmp_path / "set", {f"{number}.png": bytes(1000) for number in range(5)})
    zipped(tmp_path / "set", root / "set.zip", "-0")
    found = listing(container_in(root))
    memory = {member.key: memoryview(bytearray(1000)) for member in found.members()} if places else {}
    with closing(OpenContainers(ArchiveLimits())) as containers:
        reading = copy_members(containers, found.container, found.members(), memory)
        assert next(reading)[1] == bytes(1000)
        os.truncate(root / "set.zip", 1500)
        assert [str(data)[:9] for _, data in reading] == ["truncated", *["no local "] * 3]


def _loose(path: str, size: int | None) -> MemberRef:
    return MemberRef(1, 0, path, None, Access.FILE, None, None, size, None, None)


def test_loose_files_are_read(root: Path) -> None:
    name = os.fsdecode(b"caf\xe9.png")
    plant(root, {"a/b.png": b"data", name: b"more"})
    folder = Container(root, "", Kind.FOLDER, ())
    assert list(read_members(folder, [_loose("a/b.png", 4), _loose(name, 4)], ArchiveLimits())) == [
        (1, b"data"),
        (1, b"more"),
    ]


@pytest.mark.parametrize(("size", "reason"), [(5, "changed since the scan"), (None, None)])
def test_loose_file_of_another_size_is_bad_data(size: int | None, reason: str | None, root: Path) -> None:
    plant(root, {"b.png": b"data"})
    ((_, data),) = read_members(Container(root, "", Kind.FOLDER, ()), [_loose("b.png", size)], ArchiveLimits())
    assert getattr(data, "reason", None) == reason


@pytest.mark.parametrize("content", [b"", b"dat", b"data", b"data+"])
def test_loose_file_that_is_read_into_memory_has_its_size(content: bytes, root: Path) -> None:
    plant(root, {"b.png": content})
    place = {1: memoryview(bytearray(4))}
    folder = Container(root, "", Kind.FOLDER, ())
    ((_, data),) = copy_members(OpenContainers(ArchiveLimits()), folder, [_loose("b.png", 4)], place)
    expected = BadData("changed since the scan", f"4 bytes then, {len(content)} now")
    assert str(data) == str(expected) if len(content) != 4 else data == b"data"


def test_missing_file_is_bad_data_and_missing_root_an_error(root: Path) -> None:
    (root / "a.png").write_bytes(b"1234")
    ((_, data),) = read_members(Container(root, "", Kind.FOLDER, ()), [_loose("b.png", 4)], ArchiveLimits())
    assert isinstance(data, BadData)
    with pytest.raises(SourceError, match="is missing or empty"):
        list(read_members(Container(root / "no", "", Kind.FOLDER, ()), [_loose("b.png", 4)], ArchiveLimits()))


def _read_all(walk: SequentialPass) -> None:
    while (header := walk.next()) is not None:
        assert all(walk.data(header.size))


@pytest.mark.parametrize("trouble", [OSError(5, "Input/output error"), KeyboardInterrupt()])
def test_error_in_a_callback_of_libarchive_is_raised(trouble: BaseException, root: Path, tmp_path: Path) -> None:
    plant(tmp_path / "set", {f"{number}.bin": bytes(700_000) for number in range(4)})
    run("bsdtar", "--format", "cpio", "-cf", root / "set.cpio", ".", cwd=tmp_path / "set")
    walk = SequentialPass(Memory((root / "set.cpio").read_bytes(), 2_200_000, trouble).window(), 60)
    with pytest.raises(type(trouble)):
        _read_all(walk)


def test_missing_libarchive_is_reported_when_needed(root: Path, tmp_path: Path, tree: Path) -> None:
    run("bsdtar", "--format", "cpio", "-cf", root / "set.cpio", ".", cwd=tree)
    seven_zipped(tree, root / "set.7z")
    program = (
        "import sys; from pathlib import Path; from tests.support.archives import *\n"
        "root = Path(sys.argv[1]); containers, _ = find_containers(root, volumes_of(root))\n"
        "for c in containers:\n"
        "    try: print(c.kind, listing(c).report.status)\n"
        "    except Exception as error: print(type(error).__name__, error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(root)],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[2]), "LIBARCHIVE": "/no/such.so"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    first, second = done.stdout.splitlines()
    assert first == "7z complete"
    assert second.startswith("DependencyError libarchive")
    assert "apt" in second


def test_open_files_are_closed(tree: Path, root: Path) -> None:
    split_zipped(tree, root / "set.zip")
    found = listing(container_in(root))
    found.read()
    assert not [file for file in open_files() if file.is_relative_to(root)]


def test_containers_stay_open_while_they_have_few_files(tree: Path, root: Path, files: dict[str, bytes]) -> None:
    for name in ("a", "b", "c"):
        (root / name).mkdir()
        split_zipped(tree, root / name / "set.zip")
    found = [listing(container) for container in find_containers(root, volumes_of(root))[0]]
    each = len(found[0].container.volumes)
    assert each > 1
    with closing(OpenContainers(ArchiveLimits(), most_files=2 * each)) as containers:
        for one in [*found, *found]:
            member = one.members([one.row("labels.csv")])[0]
            assert dict(containers.read(one.container, [member])) == {member.key: files["fakes/labels.csv"]}
            open_now = [file for file in open_files() if file.is_relative_to(root)]
            assert len(open_now) in (each, 2 * each)
        assert len(open_now) == 2 * each
    assert not [file for file in open_files() if file.is_relative_to(root)]


def test_few_containers_stay_open_if_the_process_may_open_few_files(root: Path) -> None:
    for number in range(40):
        with zipfile.ZipFile(root / f"{number}.zip", "w") as archive:
            archive.writestr("a.png", b"a")
    found = [listing(container) for container in find_containers(root, volumes_of(root))[0]]
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (80, before[1]))
    try:
        containers = OpenContainers(ArchiveLimits())
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    with closing(containers):
        for one in found:
            assert dict(containers.read(one.container, one.members())) == {0: b"a"}
        assert len([file for file in open_files() if file.is_relative_to(root)]) == 80 // 4


def test_too_few_files_to_open_a_container_are_reported(tree: Path, root: Path) -> None:
    split_zipped(tree, root / "set.zip")
    container = container_in(root)
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    next_file = os.open(os.devnull, os.O_RDONLY)
    os.close(next_file)
    resource.setrlimit(resource.RLIMIT_NOFILE, (next_file + 1, before[1]))
    try:
        with pytest.raises(SourceError, match=r"Too many open files; raise the limit of open files"):
            opened(container).__enter__()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def open_files() -> list[Path]:
    """Return the files that this process has open, on Linux."""
    found = []
    for number in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # the listing's own
            found.append(number.readlink())
    return found

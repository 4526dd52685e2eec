"""Every kind of container is complete, and each member has the bytes that were packed."""

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from indexer.containers.detect import find_containers
from indexer.containers.kinds import Kind
from indexer.containers.models import ContainerStatus
from tests.support.archives import (
    container_in,
    cut,
    listing,
    plant,
    run,
    seven_zipped,
    split_zipped,
    stored_rar,
    tarred,
    volumes_of,
    zipped,
)

Pack = Callable[[Path, Path], None]


def _prefixed(tree: Path, root: Path) -> None:
    zipped(tree, root / "set.zip")
    packed = (root / "set.zip").read_bytes()
    (root / "set.zip").unlink()
    (root / "set.exe").write_bytes(b"MZ" + bytes(5_000) + packed)


def _commented(tree: Path, root: Path) -> None:
    zipped(tree, root / "set.zip")
    run("zip", "-z", root / "set.zip", cwd=tree, feed=b"PK\1\2 a comment PK\5\6 that looks like a record\n")


def _joined(tree: Path, root: Path) -> None:
    split_zipped(tree, root / "set.zip")
    _join(root)


def _join(root: Path) -> list[int]:
    """The volumes of ``set.zip`` as one file; returns the sizes that all but the last had."""
    volumes = sorted(root.glob("set.z[0-9]*"))
    sizes = [path.stat().st_size for path in volumes]
    joined = b"".join(path.read_bytes() for path in [*volumes, root / "set.zip"])
    for path in volumes:
        path.unlink()
    (root / "set.zip").write_bytes(joined)
    return sizes


def _cut_with_numbers(tree: Path, root: Path) -> None:
    zipped(tree, root / "set.zip")
    run("split", "-b", "100k", "-d", "-a3", root / "set.zip", root / "set.z", cwd=root)
    (root / "set.zip").unlink()


def _cut_with_two_digits(tree: Path, root: Path) -> None:
    """Names like those of PKZIP, which begin at .z01, but from .z00."""
    zipped(tree, root / "set.zip")
    run("split", "-b", "100k", "-d", root / "set.zip", root / "set.z", cwd=root)
    (root / "set.zip").unlink()


def _cut_with_letters(tree: Path, root: Path) -> None:
    tarred(tree, root / "set.tar")
    run("split", "-b", "100k", "set.tar", cwd=root)
    (root / "set.tar").unlink()


def _cut(pack: Pack, *options: str) -> Pack:
    def both(tree: Path, root: Path) -> None:
        pack(tree, root)
        cut(next(root.iterdir()), *options)

    return both


def _rar(tree: Path, root: Path) -> None:
    files = {str(p.relative_to(tree)): p.read_bytes() for p in sorted(tree.rglob("*")) if p.is_file()}
    (root / "set.rar").write_bytes(stored_rar(files))


def _piped(tree: Path, root: Path) -> None:
    """libarchive fills the last block of what it writes to a pipe with zeros."""
    run("sh", "-c", f"bsdtar --format zip -cf - . | cat > '{root}/set.zip'", cwd=tree)


def _one_behind_the_other(tree: Path, root: Path) -> None:
    tarred(tree, root / "set.tar")
    cut(root / "set.tar")
    run("sh", "-c", "for part in set.tar.*; do gzip -c $part; rm $part; done > whole && mv whole set.tar.gz", cwd=root)


def _skippable(tree: Path, root: Path) -> None:
    """A zstd that begins, as parallel compressors' do, with a frame that has no data, and has another within."""
    tarred(tree, root / "set.tar")
    data, frame = (root / "set.tar").read_bytes(), b"\x50*M\x18\4\0\0\0size"
    (root / "set.tar").unlink()
    with (root / "set.tar.zst").open("wb") as packed:
        for part in (data[:99_999], data[99_999:]):
            packed.write(frame)
            packed.flush()
            run("zstd", "-qc", cwd=root, feed=part, out=packed)


def _unseekable(tree: Path, root: Path) -> None:
    """A zip with sizes behind the data, as programs write that cannot seek."""
    with (root / "set.zip").open("wb") as file:
        file.seekable = lambda: False  # type: ignore[method-assign]
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(p for p in tree.rglob("*") if p.is_file()):
                archive.write(path, path.relative_to(tree))


ZIPS: dict[str, Pack] = {
    "deflate": lambda tree, root: zipped(tree, root / "set.zip"),
    "stored": lambda tree, root: zipped(tree, root / "set.zip", "-0"),
    "deflate64": lambda tree, root: seven_zipped(tree, root / "set.zip", "-mm=Deflate64"),
    "bzip2": lambda tree, root: seven_zipped(tree, root / "set.zip", "-mm=BZip2"),
    "lzma": lambda tree, root: seven_zipped(tree, root / "set.zip", "-mm=LZMA"),
    "zip64": lambda tree, root: zipped(tree, root / "set.zip", "-fz"),
    "sizes behind": _unseekable,
    "padded": _piped,
    "xz": lambda tree, root: seven_zipped(tree, root / "set.zip", "-mm=XZ"),
    "prefix": _prefixed,
    "comment": _commented,
    "split": lambda tree, root: split_zipped(tree, root / "set.zip"),
    "split zip64": lambda tree, root: zipped(tree, root / "set.zip", "-fz", "-s", "100k"),
    "split and joined": _joined,
    "7-Zip volumes": lambda tree, root: seven_zipped(tree, root / "set.zip", "-v100k"),
    "cut .z000": _cut_with_numbers,
    "cut .z00": _cut_with_two_digits,
    "one volume": lambda tree, root: seven_zipped(tree, root / "set.zip", "-v9m"),
    "cut .aa": _cut(lambda tree, root: zipped(tree, root / "set.zip")),
}
TARS: dict[str, Pack] = {
    "gnu": lambda tree, root: tarred(tree, root / "set.tar", "--format=gnu"),
    "pax": lambda tree, root: tarred(tree, root / "set.tar", "--format=pax"),
    "cut xaa": _cut_with_letters,
    "cut .001": _cut(lambda tree, root: tarred(tree, root / "set.tar"), "--numeric-suffixes=1", "-a3"),
}
STREAMS: dict[str, Pack] = {
    "gz": lambda tree, root: tarred(tree, root / "set.tar.gz"),
    "tgz cut": _cut(lambda tree, root: tarred(tree, root / "set.tgz")),
    "bz2": lambda tree, root: tarred(tree, root / "set.tar.bz2"),
    "xz": lambda tree, root: tarred(tree, root / "set.tar.xz"),
    "lzma": lambda tree, root: tarred(tree, root / "set.tar.lzma"),
    "zst": lambda tree, root: tarred(tree, root / "set.tar.zst"),
    "zst, skippable frames": _skippable,
    "gz, one behind the other": _one_behind_the_other,
    "lz4": lambda tree, root: run("bsdtar", "--lz4", "-cf", root / "set.tar.lz4", ".", cwd=tree),
    "Z": lambda tree, root: run("bsdtar", "-Z", "-cf", root / "set.tar.Z", ".", cwd=tree),
    "cpio": lambda tree, root: run("bsdtar", "--format", "cpio", "-cf", root / "set.cpio", ".", cwd=tree),
    "rar": _rar,
}
SEVENS: dict[str, Pack] = {
    "solid": lambda tree, root: seven_zipped(tree, root / "set.7z", "-ms=on"),
    "not solid": lambda tree, root: seven_zipped(tree, root / "set.7z", "-ms=off"),
    "volumes": lambda tree, root: seven_zipped(tree, root / "set.7z", "-v100k"),
    "lzma and bcj": lambda tree, root: seven_zipped(tree, root / "set.7z", "-m0=bcj", "-m1=lzma"),
    "lzma2 and bcj": lambda tree, root: seven_zipped(tree, root / "set.7z", "-m0=bcj", "-m1=lzma2"),
    "lzma and delta": lambda tree, root: seven_zipped(tree, root / "set.7z", "-m0=delta:3", "-m1=lzma"),
    "bcj2": lambda tree, root: seven_zipped(
        tree, root / "set.7z", "-m0=BCJ2", "-m1=LZMA", "-m2=LZMA", "-m3=LZMA", "-mb0:1", "-mb0s1:2", "-mb0s2:3"
    ),
    "arm thumb": lambda tree, root: seven_zipped(tree, root / "set.7z", "-m0=ARMT", "-m1=LZMA2"),
    "ppmd": lambda tree, root: seven_zipped(tree, root / "set.7z", "-m0=ppmd"),
    "bzip2": lambda tree, root: seven_zipped(tree, root / "set.7z", "-m0=bzip2"),
    "deflate": lambda tree, root: seven_zipped(tree, root / "set.7z", "-m0=deflate"),
    "deflate64": lambda tree, root: seven_zipped(tree, root / "set.7z", "-m0=deflate64"),
}
COPIES: dict[str, Pack] = {
    "copy": lambda tree, root: seven_zipped(tree, root / "set.7z", "-mx0"),
    "copy volumes": lambda tree, root: seven_zipped(tree, root / "set.7z", "-mx0", "-v100k"),
}


def _every(kind: Kind, access: str, packs: dict[str, Pack]) -> list[object]:
    return [pytest.param(pack, kind, access, id=f"{kind} {name}") for name, pack in packs.items()]


@pytest.mark.parametrize(
    ("pack", "kind", "access"),
    [
        *_every(Kind.ZIP, "zip", ZIPS),
        *_every(Kind.TAR, "slice", TARS),
        *_every(Kind.STREAM, "sequential", STREAMS),
        *_every(Kind.SEVEN_ZIP, "sequential", SEVENS),
        *_every(Kind.SEVEN_ZIP, "slice", COPIES),
    ],
)
def test_every_member_equals_the_packed_file(
    pack: Pack, kind: Kind, access: str, tree: Path, root: Path, files: dict[str, bytes]
) -> None:
    pack(tree, root)
    found = listing(container_in(root))
    assert found.container.kind == kind
    assert (found.report.status, found.report.reason) == (ContainerStatus.COMPLETE, None)
    assert found.report.declared in (None, len(files))
    assert found.accesses == {access}
    read = {name.removeprefix(name.split("/")[0] + "/"): data for name, data in found.read().items()}
    assert read == files


def test_split_zip_with_more_than_99_volumes_is_read(root: Path, tmp_path: Path) -> None:
    folder = tmp_path / "big"
    folder.mkdir()
    (folder / "noise.png").write_bytes(bytes(range(256)) * 26_000)
    zipped(folder, root / "set.zip", "-0", "-s", "64k")
    container = container_in(root)
    assert [volume.path for volume in container.volumes][98:101] == ["set.z99", "set.z100", "set.z101"]
    assert listing(container).read() == {"set/noise.png": (folder / "noise.png").read_bytes()}


def test_joined_volumes_of_unequal_size_are_read(root: Path, tmp_path: Path) -> None:
    """Info-ZIP cuts no header: a volume with too little room for the next one is shorter than the others."""
    sizes = {"0.png": 65_536 - 60, "1.png": 1_000, "2.png": 200_000, "3.png": 40_000, "4.png": 40_000, "5.png": 9}
    files = {f"set/{name}": bytes([65 + number]) * size for number, (name, size) in enumerate(sizes.items())}
    plant(tmp_path / "tree", files)
    run("zip", "-q", "-0", "-X", "-D", "-s", "64k", root / "set.zip", *files, cwd=tmp_path / "tree")
    volumes = _join(root)
    assert len(volumes) > 4
    assert 0 < 65_536 - volumes[0] < 100
    found = listing(container_in(root))
    assert (found.report.status, found.read()) == (ContainerStatus.COMPLETE, files)


@pytest.mark.parametrize(
    ("prefix", "options", "size"),
    [("set.z", ("-d", "-a3"), 4_000), ("set.zip.", ("-d",), 4_000), ("part", ("-d",), 4_000), ("set.zip.", (), 700)],
    ids=["z000 to z100 and on", "behind 89 comes 9000", "without a suffix", "gz, md and zaaa among the letters"],
)
def test_hundreds_of_parts_are_joined_in_order(
    prefix: str, options: tuple[str, ...], size: int, tree: Path, root: Path, tmp_path: Path, files: dict[str, bytes]
) -> None:
    zipped(tree, tmp_path / "set.zip")
    run("split", "-b", size, *options, tmp_path / "set.zip", prefix, cwd=root)
    container = container_in(root)
    assert (
        b"".join((root / volume.path).read_bytes() for volume in container.volumes)
        == (tmp_path / "set.zip").read_bytes()
    )
    found = listing(container)
    assert (found.report.status, found.report.reason) == (ContainerStatus.COMPLETE, None)
    assert len(found.sound()) == len(files)


def test_zip_and_its_parts_are_separate_containers(tree: Path, root: Path) -> None:
    zipped(tree, root / "set.zip")
    run("split", "-b", "100k", "-d", "set.zip", "set.z", cwd=root)
    containers, loose = find_containers(root, volumes_of(root))
    assert [len(container.volumes) > 1 for container in containers] == [True, False]
    assert not loose
    assert {listing(container).report.status for container in containers} == {ContainerStatus.COMPLETE}


def test_members_that_cross_volumes_are_read(tree: Path, root: Path) -> None:
    split_zipped(tree, root / "set.zip")
    found = listing(container_in(root))
    edges = {sum(v.size for v in found.container.volumes[: i + 1]) for i in range(len(found.container.volumes) - 1)}
    crossing = [
        row for row in found.rows if any(row["offset"] < edge < row["offset"] + row["packed_size"] for edge in edges)
    ]
    assert len(edges) >= 2
    assert crossing


def test_compressed_file_is_one_member(root: Path) -> None:
    (root / "captions.json").write_bytes(b'{"a": 1}')
    run("gzip", root / "captions.json", cwd=root)
    found = listing(container_in(root))
    assert [(row["name"], row["size"]) for row in found.rows] == [("captions.json", 8)]
    assert found.read() == {"captions.json": b'{"a": 1}'}


def test_order_of_volumes_does_not_depend_on_input(tree: Path, root: Path) -> None:
    split_zipped(tree, root / "set.zip")
    shutil.copy(root / "set.zip", root / "copy")
    (root / "set.zip").unlink()
    (root / "copy").rename(root / "set.ZIP")
    container = container_in(root)
    assert container.path == "set.ZIP"
    assert listing(container).report.status == ContainerStatus.COMPLETE

"""Links and sparse members of archives have the bytes that the archive's own program extracts."""

import io
import os
import tarfile
from pathlib import Path

import pytest

from indexer.containers.formats.sevenzip import members
from indexer.containers.models import ContainerStatus
from tests.support.archives import container_in, listing, plant, run
from tests.support.programs import require_program


@pytest.fixture
def linked(tmp_path: Path) -> Path:
    """A folder with two pictures and links to them, before and behind them in the order of names."""
    plant(tmp_path / "set", {"m/a.png": b"a" * 3_000, "m/b.png": b"b" * 700})
    for name, target in {"a/soft.png": "../m/a.png", "z/soft.png": "../m/./b.png"}.items():
        (tmp_path / "set" / name).parent.mkdir()
        (tmp_path / "set" / name).symlink_to(target)
    (tmp_path / "set" / "z" / "hard.png").hardlink_to(tmp_path / "set" / "m" / "a.png")
    return tmp_path / "set"


def _contents(folder: Path) -> dict[str, bytes]:
    return {f"set/{path.relative_to(folder)}": path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("program", "name"), [("tar", "set.tar"), ("tar", "set.tar.gz"), ("bsdtar", "set.tar"), ("bsdtar", "set.tar.xz")]
)
def test_links_in_a_tar_have_the_bytes_of_their_targets(program: str, name: str, linked: Path, root: Path) -> None:
    order = ("--sort=name",) if program == "tar" else ()
    run(program, *order, "-caf" if program == "bsdtar" else "-acf", root / name, "set", cwd=linked.parent)
    found = listing(container_in(root))
    assert (found.report.status, found.codes) == (ContainerStatus.COMPLETE, set())
    assert found.read() == _contents(linked)


PACKED = {
    "set.zip": "zip -qry {} set",
    "stored.zip": "zip -q0ry {} set",
    "set.7z": "7zz a -bd -snl {} set",
    "stored.7z": "7zz a -bd -snl -mx0 {} set",
    "set.cpio": "find set -depth | cpio --quiet -o -H newc > {}",
    "odc.cpio": "find set | cpio --quiet -o -H odc > {}",
    "set.cpio.gz": "find set | cpio --quiet -o -H crc | gzip > {}",
    "bsd.cpio": "bsdtar --format newc -cf {} set",
}


@pytest.mark.parametrize("name", PACKED)
def test_links_in_other_archives_have_the_bytes_of_their_targets(name: str, linked: Path, root: Path) -> None:
    (linked / "z" / "twice.png").symlink_to("soft.png")
    (linked / "z" / "out.png").symlink_to("/etc/passwd")
    require_program("cpio" if "cpio" in name else "zip")
    run("bash", "-c", PACKED[name].format(root / name), cwd=linked.parent)
    found = listing(container_in(root))
    wanted = {path.partition("/")[2]: data for path, data in _contents(linked).items() if not path.endswith("out.png")}
    sound = {path.partition("set/")[2]: data for path, data in found.sound().items()}
    assert {path: data for path, data in sound.items() if path not in ("z/out.png", "set.cpio")} == wanted
    assert [finding.detail.partition("z/")[2] for finding in found.report.findings] == [
        "out.png: symbolic link to /etc/passwd"
    ]
    assert found.report.status == ContainerStatus.COMPLETE


def test_links_of_a_zip_inside_a_compressed_tar_are_read(linked: Path, root: Path) -> None:
    run("zip", "-qry", "inner.zip", "set", cwd=linked.parent)
    run("tar", "-czf", root / "outer.tar.gz", "inner.zip", cwd=linked.parent)
    found = listing(container_in(root))
    assert found.report.status == ContainerStatus.COMPLETE
    assert {name.partition("set/")[2]: data for name, data in found.sound().items() if "set/" in name} == {
        name.removeprefix("set/"): data for name, data in _contents(linked).items()
    }


def test_links_in_a_tar_inside_a_compressed_tar_have_the_bytes_of_their_targets(linked: Path, root: Path) -> None:
    run("tar", "--sort=name", "-cf", "inner.tar", "set", cwd=linked.parent)
    run("tar", "-czf", root / "outer.tar.gz", "inner.tar", cwd=linked.parent)
    found = listing(container_in(root))
    assert found.report.status == ContainerStatus.COMPLETE
    assert {name.partition("set/")[2]: data for name, data in found.read().items() if "set/" in name} == {
        name.removeprefix("set/"): data for name, data in _contents(linked).items()
    }


def test_links_that_leave_the_tar_report_where_they_lead(root: Path, tmp_path: Path) -> None:
    plant(tmp_path / "set", {"a.png": b"a", "b.png": b"b"})
    (tmp_path / "set" / "out.png").symlink_to("/etc/passwd")
    (tmp_path / "set" / "gone.png").hardlink_to(tmp_path / "set" / "a.png")
    run("tar", "-cf", "whole.tar", "set/a.png", "set/gone.png", "set/out.png", cwd=tmp_path)
    data = (tmp_path / "whole.tar").read_bytes()
    (root / "set.tar").write_bytes(data[1024:])  # without the member that gone.png leads to
    found = listing(container_in(root))
    details = [finding.detail for finding in found.report.findings]
    assert "set/out.png: symbolic link to /etc/passwd" in details
    assert "set/gone.png: hard link to set/a.png" in details
    assert found.report.status == ContainerStatus.PARTIAL


@pytest.mark.parametrize(
    "command",
    [
        ("tar", "-S", "--format=gnu"),
        ("tar", "-S", "--format=pax", "--sparse-version=0.0"),
        ("tar", "-S", "--format=pax", "--sparse-version=0.1"),
        ("tar", "-S", "--format=pax", "--sparse-version=1.0"),
        ("tar", "-S", "-z"),
        ("bsdtar",),
    ],
)
def test_sparse_members_are_read_with_their_holes(command: tuple[str, ...], root: Path, tmp_path: Path) -> None:
    with (tmp_path / "holes.png").open("wb") as file:
        file.truncate(1 << 20)
        for place in range(0, 1_000_000, 125_000):  # more pieces than a header of GNU's old format has room for
            os.pwrite(file.fileno(), b"x" * 5_000, place)
    plant(tmp_path, {"next.png": b"next"})
    run(*command, "-cf", root / ("set.tar.gz" if "-z" in command else "set.tar"), "holes.png", "next.png", cwd=tmp_path)
    found = listing(container_in(root))
    assert found.report.status == ContainerStatus.COMPLETE
    assert found.row("holes.png")["size"] == 1 << 20
    assert sorted(found.read().values()) == sorted([(tmp_path / "holes.png").read_bytes(), b"next"])


def test_one_pass_through_a_folder_of_a_7z_serves_all_its_links(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(tmp_path / "set", {"a.png": b"a" * 30_000})
    for number in range(8):
        (tmp_path / "set" / f"soft{number}.png").symlink_to("a.png")
    run("7zz", "a", "-bd", "-snl", root / "set.7z", "set", cwd=tmp_path)
    monkeypatch.setattr(members, "_MOST_BEFORE_LINKS", 40_000)
    found = listing(container_in(root))
    assert list(found.sound().values()) == [b"a" * 30_000] * 9
    monkeypatch.setattr(members, "_MOST_BEFORE_LINKS", 20_000)
    assert len(listing(container_in(root)).sound()) == 1


def _cpio_member(name: str, data: bytes, inode: int, device: int, mode: int = 0o100644) -> bytes:
    """Return a member in the format newc, whose file has two names."""
    path = name.encode() + b"\0"
    fields = (inode, mode, 0, 0, 2, 0, len(data), 8, device, 0, 0, len(path), 0)
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + path
    return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)


def test_inodes_of_two_devices_in_a_cpio_are_two_files(root: Path) -> None:
    parts = [("a.png", b"", 1), ("b.png", b"", 2), ("b2.png", b"b" * 900, 2), ("a2.png", b"a" * 900, 1)]
    archive = b"".join(_cpio_member(name, data, 5, device) for name, data, device in parts)
    (root / "set.cpio").write_bytes(archive + _cpio_member("TRAILER!!!", b"", 0, 0, 0))
    found = {name.rpartition("/")[2]: data[:1] for name, data in listing(container_in(root)).sound().items()}
    assert found == {"a.png": b"a", "a2.png": b"a", "b.png": b"b", "b2.png": b"b"}


def test_links_before_the_damage_of_a_cpio_are_listed(root: Path) -> None:
    soft = _cpio_member("soft.png", b"a.png", 6, 1, 0o120777)
    archive = soft + _cpio_member("a.png", b"a" * 900, 5, 1) + _cpio_member("lost.png", b"", 7, 1)
    (root / "set.cpio").write_bytes(archive + b"\xff" * 4_000)
    found = listing(container_in(root))
    assert {str(row["name"]) for row in found.rows} == {"soft.png", "a.png", "lost.png"}
    assert found.report.status == ContainerStatus.PARTIAL


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_symbolic_links_lead_to_the_last_member_of_a_name_and_hard_links_to_the_earlier_one(
    mode: str, root: Path
) -> None:
    with tarfile.open(root / "set.tar", mode) as archive:  # type: ignore[call-overload]
        _add(archive, "a.png", b"old")
        _add(archive, "hard.png", kind=tarfile.LNKTYPE, link="a.png")
        _add(archive, "soft.png", kind=tarfile.SYMTYPE, link="a.png")
        _add(archive, "chain.png", kind=tarfile.SYMTYPE, link="end.png")
        _add(archive, "end.png", kind=tarfile.SYMTYPE, link="soft.png")
        _add(archive, "loop.png", kind=tarfile.SYMTYPE, link="loop.png")
        _add(archive, "over.png", kind=tarfile.SYMTYPE, link="a.png")
        _add(archive, "via.png", kind=tarfile.SYMTYPE, link="over.png")
        _add(archive, "a.png", b"newer")
        _add(archive, "over.png", b"file")
    found = listing(container_in(root))
    sound = {
        name.partition("/")[2]: data
        for name, data in found.sound().items()
        if not name.endswith(("loop.png", "over.png"))
    }
    assert sound == {
        "a.png": b"newer", "hard.png": b"old", "soft.png": b"newer", "chain.png": b"newer", "end.png": b"newer",
        "via.png": b"file"
    }  # fmt: skip
    assert [finding.detail for finding in found.report.findings if finding.code == "not-a-file"] == [
        "loop.png: symbolic link to loop.png"
    ]


def _add(archive: tarfile.TarFile, name: str, data: bytes = b"", kind: bytes = tarfile.REGTYPE, link: str = "") -> None:
    info = tarfile.TarInfo(name)
    info.size, info.type, info.linkname = len(data), kind, link
    archive.addfile(info, io.BytesIO(data))

"""Folder listings: links, loops, names that are not UTF-8, unreadable folders, special files."""

import os
import stat
from pathlib import Path

import pytest

from indexer.base.workers import Workers
from indexer.scanning.folder_listing import FolderListing, list_folder
from tests.scanning.conftest import fill


def list_alone(root: Path) -> FolderListing:
    return list_folder(root, Workers(jobs=1))


def plain(found: FolderListing) -> list[str]:
    return sorted(found.plain["path"].to_pylist())


def findings(found: FolderListing) -> list[tuple[str, str]]:
    return sorted((finding.code, finding.detail) for finding in found.findings)


def test_images_and_texts_are_plain_files(root: Path) -> None:
    fill(root, {"a/b/c.jpg": b"123", "a/x.JSON": b"{}", "a/z.zip": b"PK", "noname": b""})
    found = list_alone(root)
    assert plain(found) == ["a/b/c.jpg", "a/x.JSON"]
    assert sorted((volume.path, volume.size) for volume in found.volumes) == [("a/z.zip", 2), ("noname", 0)]
    assert found.plain.to_pylist()[0]["mtime_ns"] in {(root / path).stat().st_mtime_ns for path in plain(found)}


def test_links_to_folders_and_to_nothing_are_findings(root: Path, tmp_path: Path) -> None:
    fill(tmp_path / "elsewhere", {"secret.jpg": b"x"})
    fill(root, {"a/b.jpg": b"x"})
    (root / "a" / "loop").symlink_to(root)
    (root / "out").symlink_to(tmp_path / "elsewhere")
    (root / "twin.jpg").symlink_to(root / "a" / "b.jpg")
    (root / "dangling").symlink_to("nowhere")
    found = list_alone(root)
    assert sorted(plain(found)) == ["a/b.jpg", "twin.jpg"]
    assert sorted(code for code, _ in findings(found)) == ["link-to-nothing", "symlink", "symlink"]


def test_root_may_be_a_link(root: Path, tmp_path: Path) -> None:
    fill(root, {"a.jpg": b"x"})
    (tmp_path / "link").symlink_to(root)
    assert plain(list_alone(tmp_path / "link")) == ["a.jpg"]


def test_name_that_is_not_utf8_is_escaped_and_kept_as_bytes(root: Path) -> None:
    fill(root, {"plain.jpg": b"x", "caf\udce9/\udcff.jpg": b"x"})
    rows = sorted(list_alone(root).plain.to_pylist(), key=lambda row: row["path"])
    assert [(row["path"], row["name_bytes"]) for row in rows] == [
        (r"caf\xe9/\xff.jpg", b"caf\xe9/\xff.jpg"),
        ("plain.jpg", None),
    ]


def test_pipes_and_sockets_are_findings(root: Path) -> None:
    os.mkfifo(root / "photos.zip")
    os.mknod(root / "socket.jpg", stat.S_IFSOCK | 0o600)
    found = list_alone(root)
    assert not plain(found)
    assert findings(found) == [("not-a-file", "photos.zip: a named pipe"), ("not-a-file", "socket.jpg: a socket")]


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_unreadable_folder_is_a_finding(root: Path) -> None:
    fill(root, {"shut/a.jpg": b"x", "open/b.jpg": b"x"})
    (root / "shut").chmod(0)
    try:
        found = as_nobody(root)
    finally:
        (root / "shut").chmod(0o700)
    assert found == "['open/b.jpg'] ('shut/',) [('unreadable', 'shut/: Permission denied')]"


def as_nobody(root: Path) -> str:
    """List as a user without root's rights, in a child process."""
    if os.getuid() != 0:
        found = list_alone(root)
        return f"{plain(found)} {found.unread} {findings(found)}"
    for folder in [root, *root.parents]:
        folder.chmod(folder.stat().st_mode | 0o055) if folder.stat().st_uid == 0 and folder != Path("/") else None
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            found = list_alone(root)
            os.write(writer, f"{plain(found)} {found.unread} {findings(found)}".encode())
            os._exit(0)
        finally:
            os._exit(1)
    os.close(writer)
    assert os.waitpid(child, 0)[1] == 0
    return os.read(reader, 10_000).decode()


def test_paths_over_the_system_limit_are_listed(root: Path) -> None:
    folder = os.open(root, os.O_RDONLY)
    for _ in range(40):
        os.mkdir("d" * 200, dir_fd=folder)
        below = os.open("d" * 200, os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = below
    os.close(os.open("deep.jpg", os.O_CREAT | os.O_WRONLY, dir_fd=folder))
    os.close(folder)
    assert [len(path) for path in plain(list_alone(root))] == [40 * 201 + len("deep.jpg")]


def test_folders_nested_too_deep_are_a_finding(root: Path) -> None:
    folder = os.open(root, os.O_RDONLY)
    for _ in range(400):
        os.mkdir("d", dir_fd=folder)
        below = os.open("d", os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = below
    os.close(folder)
    found = list_alone(root)
    assert {code for code, _ in findings(found)} == {"unreadable"}
    assert len(found.unread) == 1


def test_many_findings_of_one_code_are_counted(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indexer.containers.members.rows.FINDINGS_PER_CODE", 2)
    for number in range(5):
        (root / str(number)).symlink_to("nowhere")
    assert ("symlink", "and 3 more") in findings(list_alone(root))


def test_workers_list_the_remaining_folders(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indexer.scanning.folder_listing.MAIN_PROCESS_FILES", 10)
    fill(root, {f"{a}/{b}/{c}.jpg": b"x" for a in "abc" for b in "0123456789" for c in range(5)})
    fill(root, {"a/caf\udce9/x.jpg": b"x", "c/9/z.zip": b"PK"})
    (root / "b" / "link").symlink_to("nowhere")
    found = list_alone(root)
    assert len(plain(found)) == 3 * 10 * 5 + 1
    assert {code for code, _ in findings(found)} == {"symlink"}
    assert [volume.path for volume in found.volumes] == ["c/9/z.zip"]
    assert found.remaining == ()

"""Disks that fill up or fail during a write: one line of error, and the same command completes afterwards."""

from dataclasses import replace

import duckdb
import pytest

from tests.conftest import Disk
from tests.support.faults import Fault, Watch, World

pytestmark = pytest.mark.slow


def test_full_disk_under_the_manifest_is_reported_and_the_scan_resumes(
    world: World, undisturbed: World, small_disk: Disk
) -> None:
    make_larger = small_disk(world.folder / "index", "600k")
    done = world.scan()
    assert done.returncode == 2
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr
    make_larger("50m")
    assert world.scan().returncode == 0
    assert world.rows() == undisturbed.rows()


@pytest.mark.parametrize(
    ("calls", "action"),
    [("fdatasync", "error=EIO:when=2"), ("fdatasync", "signal=SIGKILL:when=2")],
)
def test_scan_with_a_failed_write_is_completed_by_the_next(
    world: World, undisturbed: World, calls: str, action: str
) -> None:
    done = world.scan(fault=Fault(calls, action))
    assert "Traceback" not in done.stderr
    assert world.scan().returncode == 0
    assert world.rows() == undisturbed.rows()


@pytest.mark.parametrize(("calls", "action"), [("fsync", "error=EIO:when=3"), ("rename", "signal=SIGKILL:when=4")])
def test_build_with_a_failed_write_is_completed_by_the_next(
    scanned: World, undisturbed: World, calls: str, action: str
) -> None:
    assert "Traceback" not in scanned.build(fault=Fault(calls, action)).stderr
    assert scanned.build().returncode == 0
    assert scanned.built() == undisturbed.built()


@pytest.mark.parametrize(
    ("name", "fault", "missing"),
    [
        ("set.zip", Fault("pread64", "error=EIO"), "12 rows are"),
        ("set.tar.gz", Fault("pread64", "error=EIO"), "12 rows are"),
        ("synthbuster/dalle2/r0400.png", Fault("openat", "signal=SIGKILL"), "1 row is"),
    ],
    ids=["zip", "tar.gz", "killed"],
)
def test_rows_refused_by_a_read_error_are_read_again_by_the_next_build(
    scanned: World, undisturbed: World, name: str, fault: Fault, missing: str
) -> None:
    done = scanned.build(fault=replace(fault, path=scanned.source / name))
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"{missing} missing: no spare was left" in done.stderr
    done = scanned.build()
    assert done.returncode == 0, done.stdout + done.stderr
    assert scanned.built() == undisturbed.built()


def test_refused_rows_do_not_make_a_build_read_shards_again(scanned: World) -> None:
    with duckdb.connect(str(scanned.manifest)) as manifest:
        manifest.execute(
            "insert into inspection (member_id, status, reason)"
            " select min(member_id), 'unreadable', 'a disk failed' from attributes where status = 'ok'"
        )
    errors = scanned.build().stderr
    assert "1 row is missing" in errors
    again = scanned.build(fault=Watch("openat"))
    assert again.stderr.splitlines()[-1] == errors.splitlines()[-1]
    opened = (scanned.folder / "strace.log").read_text(encoding="utf-8")
    assert "/record/rows/" in opened
    assert f"{scanned.source}/set.zip" not in opened
    assert f"{scanned.source}/synthbuster/" not in opened

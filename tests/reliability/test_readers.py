"""Readers that crash, hang or fail: by faults in the system calls of the workers that read one archive."""

import duckdb
import pytest

from tests.support.faults import Fault, World

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("limits", "action", "reason"),
    [
        ([], "signal=SIGSEGV:when=3+", "crashed its reader (SIGSEGV)"),
        (["--limit", "seconds=5"], "delay_enter=6000000:when=3+", "took longer than its time limit"),
    ],
    ids=["crash", "hang"],
)
def test_reader_that_crashes_or_hangs_fails_only_its_archive_and_a_rescan_reads_it(
    world: World, undisturbed: World, limits: list[str], action: str, reason: str
) -> None:
    done = world.scan(*limits, fault=Fault("pread64", action, world.source / "set.cpio"))
    assert done.returncode == 1, done.stderr
    assert world.query("select path, reason from container where status <> 'complete'") == [("set.cpio", reason)]
    assert world.scan().returncode == 0
    assert world.rows() == undisturbed.rows()


def test_rows_of_an_unchanged_archive_survive_a_crash_of_its_reader(world: World) -> None:
    assert world.scan().returncode == 0
    rows = world.rows()
    with duckdb.connect(world.manifest) as connection:  # as if its disk had failed at the end: it is read again
        connection.execute(
            "insert into finding select container_id, null, 'unreadable', '' from container where path = 'set.cpio'"
        )
    done = world.scan(fault=Fault("pread64", "signal=SIGSEGV:when=3+", world.source / "set.cpio"))
    assert done.returncode == 1, done.stderr
    assert world.query("select path, status from container where status <> 'complete'") == [("set.cpio", "failed")]
    assert [row[2:] for row in world.rows()] == [row[2:] for row in rows]  # all but the container's status


@pytest.mark.parametrize(
    ("name", "error", "reason"),
    [
        ("set.cpio", "EIO", "Input/output error"),
        ("set.tar.gz", "EIO", "Input/output error"),
        ("set.zip", "EIO", "Input/output error"),
        ("set.tar", "ESTALE", "Stale file handle"),
    ],
)
def test_read_error_is_reported_and_the_next_scan_reads_the_archive_again(
    world: World, undisturbed: World, name: str, error: str, reason: str
) -> None:
    done = world.scan(fault=Fault("pread64", f"error={error}:when=3+", world.source / name))
    assert done.returncode == 1, done.stdout + done.stderr
    assert {path: status for path, status in world.health().items() if status != "complete"}.keys() == {name}
    assert reason in str(world.query("select reason from container where status <> 'complete'"))
    assert world.scan().returncode == 0
    assert world.rows() == undisturbed.rows()

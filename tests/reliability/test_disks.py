"""Disks that fill up or fail while something is written: one line, and the same command completes afterwards."""

import pytest

from tests.reliability.conftest import Disk
from tests.support.faults import Fault, World


def test_a_full_disk_under_the_manifest_is_told_and_the_scan_goes_on(
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
def test_a_scan_whose_writing_fails_is_completed_by_the_next(
    world: World, undisturbed: World, calls: str, action: str
) -> None:
    done = world.scan(fault=Fault(calls, action))
    assert "Traceback" not in done.stderr
    assert world.scan().returncode == 0
    assert world.rows() == undisturbed.rows()


@pytest.mark.parametrize(("calls", "action"), [("fsync", "error=EIO:when=3"), ("rename", "signal=SIGKILL:when=4")])
def test_a_build_whose_writing_fails_is_completed_by_the_next(
    scanned: World, undisturbed: World, calls: str, action: str
) -> None:
    assert "Traceback" not in scanned.build(fault=Fault(calls, action)).stderr
    assert scanned.build().returncode == 0
    assert scanned.built() == undisturbed.built()

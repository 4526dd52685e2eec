"""Files from before 1970, and from years beyond 64 bits of nanoseconds."""

import os

import pytest

from tests.support.faults import World

YEARS = (1902, 1970, 2100, 2263, 2400, 2440)


@pytest.mark.slow
def test_files_of_any_year_are_scanned_and_built(world: World, undisturbed: World) -> None:
    for at, path in enumerate(sorted(path for path in world.source.rglob("*") if path.is_file())):
        seconds = int((YEARS[at % len(YEARS)] - 1970) * 365.25 * 86_400)
        os.utime(path, (seconds, seconds))
    assert world.scan().returncode == 0
    assert world.rows() == undisturbed.rows()
    world.select()
    done = world.build()
    assert done.returncode == 0, done.stderr
    assert world.built().keys() == undisturbed.built().keys()


@pytest.mark.slow
def test_changed_time_is_detected_beyond_64_bits_of_nanoseconds(world: World) -> None:
    archive = world.source / "set.zip"
    os.utime(archive, (13_500_000_000, 13_500_000_000))
    assert world.scan().returncode == 0
    world.select()
    os.utime(archive, (13_500_000_000, 13_500_000_001))
    done = world.build()
    assert done.returncode == 2
    assert "set.zip has changed since it was scanned" in done.stderr

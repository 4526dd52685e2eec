"""After a kill at any moment the next run continues: no image is lost, none is stored twice."""

import signal
import sqlite3
import subprocess
import sys
import tarfile
from contextlib import AbstractContextManager, closing
from dataclasses import replace
from pathlib import Path

import pytest

from indexer.base.errors import OutputError
from indexer.fetching.log import Log
from tests.fetching.conftest import PATIENT, Download
from tests.support.processes import running, wait_until
from tests.support.webserver import image

ITEMS = 40


def start(job: Download, layout: str) -> AbstractContextManager[subprocess.Popen[str]]:
    """Run the program in a process of its own."""
    command = [
        sys.executable, "-m", "indexer", "fetch", "anything", "--list", str(job.list), "--to", str(job.to),
        "--url-column", "url", "--format", layout, "--rate", "0", "--allow-private", "--timeout", "60", "--quiet",
    ]  # fmt: skip
    return running(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def wait_for_rows(job: Download, rows: int) -> None:
    """Wait until the log has this number of items."""
    path = job.to / "fetch-log.sqlite"
    assert wait_until(lambda: path.exists() and count(path) >= rows, 120)


def count(path: Path) -> int:
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            return int(database.execute("select count(*) from log").fetchone()[0])
    except sqlite3.OperationalError:
        return 0  # the tables do not exist yet


def stored(job: Download, layout: str) -> dict[str, bytes]:
    """Return each image on disk; fail if one is stored twice."""
    if layout == "files":
        return {path.stem: path.read_bytes() for path in job.to.glob("0*/*.png")}
    with tarfile.open(job.to / "00000.tar") as tar:
        members = [member for member in tar if member.name.endswith(".png")]
        assert len(members) == len({member.name for member in members})
        return {Path(member.name).stem: tar.extractfile(member).read() for member in members}


def everything() -> dict[str, bytes]:
    return {f"{number:08d}": image(number) for number in range(ITEMS)}


@pytest.fixture
def job(server, download) -> Download:
    """A download that stalls after half of its images."""
    return download([f"{server.url}/gate/{ITEMS // 2}/{number}.png" for number in range(ITEMS)])


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["files", "webdataset"])
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_killed_run_is_resumed(server, job, layout, how):
    with start(job, layout) as process:
        wait_for_rows(job, ITEMS // 2)
        process.send_signal(how)
        _, stderr = process.communicate(timeout=120)
    assert process.returncode == (-signal.SIGKILL if how is signal.SIGKILL else 130), stderr
    before = server.requests.total()
    server.gate_is_open = True
    assert job.run(layout).count("success") == ITEMS
    assert stored(job, layout) == everything()
    assert server.requests.total() - before <= ITEMS // 2 + 1  # stored items are not requested again, robots.txt is


def test_tail_of_a_tar_without_log_rows_is_cut(server, download):
    job = download([f"{server.url}/png/{number}.png" for number in range(5)])
    job.run("webdataset")
    shard = job.to / "00000.tar"
    whole = shard.read_bytes()
    shard.write_bytes(whole[:-1024] + b"half a member")
    job.run("webdataset")
    assert shard.read_bytes() == whole


@pytest.mark.parametrize("layout", ["files", "webdataset"])
def test_images_missing_on_disk_are_fetched_again(server, download, layout):
    job = download([f"{server.url}/png/{number}.png" for number in range(ITEMS)])
    job.run(layout)
    victim = job.to / ("00000.tar" if layout == "webdataset" else "00000/00000003.png")
    victim.write_bytes(b"")
    summary = job.run(layout)
    assert summary.lost == (ITEMS if layout == "webdataset" else 1)
    assert stored(job, layout) == everything()


def test_files_without_log_rows_are_removed(server, download):
    job = download([f"{server.url}/png/1.png"])
    job.run()
    for name in ("00000000.jpg", "00000000.png.tmp", "00000007.json"):
        (job.to / "00000" / name).write_bytes(b"left over")
    job.run()
    assert sorted(path.name for path in (job.to / "00000").iterdir()) == ["00000000.json", "00000000.png"]


def test_another_list_is_refused(server, download):
    job = download([f"{server.url}/png/1.png"])
    job.run()
    download([f"{server.url}/png/2.png"])
    with pytest.raises(OutputError, match="another list"):
        job.run()


def test_folder_with_other_files_is_refused(server, download):
    job = download([f"{server.url}/png/1.png"])
    (job.to / "00000").mkdir(parents=True)
    with pytest.raises(OutputError, match="not empty"):
        job.run()


def test_list_may_be_in_the_target_folder(server, download):
    job = download([f"{server.url}/png/1.png"])
    job.to.mkdir()
    job.list = job.list.rename(job.to / "list.csv")
    assert job.run().count("success") == 1
    assert job.run().count("success") == 1


def test_second_fetch_into_the_same_folder_is_refused(server, download):
    job = download([f"{server.url}/png/1.png"])
    job.run()
    with Log(job.to), pytest.raises(OutputError, match="another fetch"):
        job.run()


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["files", "webdataset"])
def test_several_kills_lose_nothing(server, download, layout):
    job = download([f"{server.url}/png/{number}.png" for number in range(200)])
    for rows in (1, 60, 120):
        with start(job, layout) as process:
            wait_for_rows(job, rows)
            process.kill()
    assert job.run(layout).count("success") == 200
    assert stored(job, layout) == {f"{number:08d}": image(number) for number in range(200)}
    assert [row["status"] for row in job.log()] == ["success"] * 200


@pytest.mark.parametrize("layout", ["files", "webdataset"])
@pytest.mark.parametrize("size", ["32k", "96k", "300k", "500k"])
def test_full_disk_stops_the_run_and_loses_nothing(server, download, small_disk, tmp_path, layout, size):
    job = download([f"{server.url}/png/{number}.png" for number in range(300)])
    job.to = tmp_path / "small" / "out"
    make_larger = small_disk(job.to.parent, size)
    with pytest.raises(OutputError, match="cannot be written"):
        job.run(layout)
    make_larger("20m")
    assert job.run(layout).count("success") == 300
    assert stored(job, layout) == {f"{number:08d}": image(number) for number in range(300)}


def test_disk_too_small_for_one_image_is_reported(server, download, small_disk, tmp_path):
    job = download([f"{server.url}/endless/open/x"])
    job.to = tmp_path / "small" / "out"
    small_disk(job.to.parent, "4m")
    with pytest.raises(OutputError, match="cannot be written"):
        job.run(limits=replace(PATIENT, size=1 << 40))

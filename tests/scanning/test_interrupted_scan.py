"""A killed scan that is run again gives the rows of an undisturbed scan."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from indexer.base.workers import Workers
from indexer.manifest import store
from indexer.scanning import ScanOptions, scan
from tests.scanning.conftest import PICTURES, PROMPTS, everything, fill, source, zipped
from tests.support.processes import running

pytestmark = pytest.mark.slow

ZIPS = 10

# Scan, and print a line after each committed container.
DRIVER = """
import sys
from pathlib import Path
from indexer.manifest import store
from indexer.base.workers import Workers
from indexer.base.progress import SILENT
from indexer.scanning import ScanOptions, scan
from tests.scanning.test_scan import PROMPTS, source

class Bar:
    def __enter__(self): return self
    def __exit__(self, *_): return None
    def advance(self, items=1, *, size=0, errors=0): print("committed", flush=True)

class Lines:
    def phase(self, title, total, unit): return Bar() if title == "scan" else SILENT

with store.open_for_writing(Path(sys.argv[1])) as manifest:
    scan(manifest, {"mine": Path(sys.argv[2])}, source(PROMPTS), ScanOptions(Workers(jobs=2), progress=Lines()))
"""


def many(root: Path) -> Path:
    fill(root, {f"loose/{number}/prompts.csv": b"a\n%d\n" % number for number in range(10)})
    for number in range(ZIPS):
        zipped(root / f"{number:02d}.zip", PICTURES | {"prompts.csv": b"a\n%d\n" % number})
    return root


@pytest.mark.slow
@pytest.mark.parametrize("committed", [0, 1, 4])
def test_killed_scan_continues(tmp_path: Path, root: Path, committed: int, request: pytest.FixtureRequest) -> None:
    many(root)
    killed = tmp_path / "killed.duckdb"
    command = [sys.executable, "-c", DRIVER, str(killed), str(root)]
    here = Path(__file__).parents[2]
    with running(command, stdout=subprocess.PIPE, cwd=here, start_new_session=True) as child:
        assert child.stdout
        for _ in range(committed):
            assert child.stdout.readline() == b"committed\n"
        child.send_signal(signal.SIGKILL)
        child.stdout.close()
        child.wait()
        request.addfinalizer(lambda: end_workers(child.pid))
    with store.open_for_writing(killed) as manifest:
        before = manifest.count("container")
        summary = scan(manifest, {"mine": root}, source(PROMPTS), ScanOptions(Workers(jobs=2)))
        found = everything(manifest)
    with store.open_for_writing(tmp_path / "undisturbed.duckdb") as manifest:
        scan(manifest, {"mine": root}, source(PROMPTS), ScanOptions(Workers(jobs=2)))
        assert found == everything(manifest)
    assert summary.sources[0].unchanged >= max(0, before - 1) >= max(0, committed - 2)


def end_workers(group: int) -> None:
    """End the workers of a killed scan, which would wait for five minutes."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)

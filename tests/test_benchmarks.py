"""Benchmarks run at a small size."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.support.programs import require_program

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "output"),
    [
        ("bench_read --members 200 --size 2000 --reads 20", "20 of 0.0 GB, stored:"),
        ("bench_scan --members 2000 --files 2000", "folder of 2,000 files: "),
        ("bench_derive 2000", "2,000"),
        ("bench_start --rounds 1", "rescan of 20 unchanged sources"),
        ("bench_select 20000 2000", "near duplicates among 2,000 hashes"),
        ("bench_world --rounds 1 --per-generator 2", "144 of them selected"),
    ],
    ids=lambda text: text.split()[0],
)
def test_benchmark_runs(arguments: str, output: str) -> None:
    module, *rest = arguments.split()
    for program in ("7zz", "unzip") if module == "bench_world" else ():
        require_program(program)
    command = [sys.executable, "-m", f"benchmarks.{module}", *rest]
    with tempfile.TemporaryDirectory() as folder:  # with a short path: contestants make sockets in it
        settings = {**os.environ, "TMPDIR": folder}
        done = subprocess.run(command, cwd=ROOT, env=settings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert output in done.stdout

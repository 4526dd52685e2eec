"""Each line of defence of a query's process is enough without the others."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import ROOT, state
from tests.cli.sql_attacks import WRITING, filled

# A process without the check of statements and without DuckDB's settings, which tries each statement of its input.
_UNCHECKED = """
import json, os, sys
from pathlib import Path
from indexer.manifest import sandbox_kernel
line, manifest = sys.argv[1:]
assert {"landlock": sandbox_kernel.landlock, "seccomp": sandbox_kernel.seccomp, "none": lambda: True}[line]()
import duckdb
for statement in json.load(sys.stdin):
    connection = duckdb.connect()
    try:
        connection.execute(statement).fetchall()
    except duckdb.Error:
        pass
for attempt in (lambda: os.truncate(manifest, 0), lambda: os.open(manifest, os.O_RDONLY | os.O_TRUNC),
                lambda: os.unlink(manifest), lambda: os.rename(manifest, manifest + "x"),
                lambda: os.mkdir(manifest + "d"), lambda: os.symlink(manifest, manifest + "l")):
    try:
        attempt()
    except OSError:
        pass
"""


def _unchecked(line: str, manifest: Path) -> None:
    folder = manifest.parent
    attempts = [
        f"copy (select 1) to '{manifest}' (use_tmp_file false)",
        f"explain analyze copy (select 1) to '{manifest}' (use_tmp_file false)",
        f"copy (select 1) to '{folder}/new.parquet'",
        f"export database '{folder}/new'",
        f"attach '{folder}/new.duckdb' as made",
        f"attach '{manifest}' as m; delete from m.member; checkpoint m",
        f"attach '{manifest}' as m (read_only)",
    ]
    command = [sys.executable, "-c", _UNCHECKED, line, str(manifest)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run(command, input=json.dumps(attempts), text=True, check=True, env=environment, timeout=120)


@pytest.mark.skipif(sys.platform != "linux", reason="Landlock and seccomp are of Linux")
@pytest.mark.parametrize("line", ["landlock", "seccomp"])
def test_each_line_of_the_kernel_is_enough_alone(manifest: Path, line: str) -> None:
    available = subprocess.run(
        [sys.executable, "-c", f"from indexer.manifest import sandbox_kernel as k; raise SystemExit(not k.{line}())"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    if available.returncode:
        pytest.skip(f"this kernel has no {line}")
    before = state(manifest.parent)
    _unchecked(line, manifest)
    assert state(manifest.parent) == before


def test_without_any_line_the_same_attempts_change_the_manifest(manifest: Path) -> None:
    before = state(manifest.parent)
    _unchecked("none", manifest)
    assert state(manifest.parent) != before


# The child without the check of the parsed form, with one mechanism of the kernel or with none and a private copy.
_UNPARSED = """
import json, sys
from pathlib import Path
from indexer.manifest import sandbox_child, sandbox_kernel
from indexer.manifest.sandbox_job import Job
line, path = sys.argv[1:]
manifest = Path(path)
if line == "copy":
    sandbox_kernel.landlock = lambda readable=(): False
    manifest = sandbox_child.private_copy(manifest)
else:
    assert getattr(sandbox_kernel, line)()
from indexer.manifest import sandbox_query
import duckdb
connection = sandbox_query.connect(Job(0, path, 1000, 60.0, 1, 10), manifest)
for statement in json.load(sys.stdin):
    try:
        connection.execute(statement).fetchall()
    except (duckdb.Error, ValueError):
        pass
print(connection.execute("select count(*) from member").fetchall())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="Landlock and seccomp are of Linux")
@pytest.mark.parametrize("line", ["landlock", "seccomp", "copy"])
def test_files_are_safe_without_the_check_of_the_parsed_form(manifest: Path, line: str) -> None:
    before = state(manifest.parent)
    attempts = json.dumps([filled(attack, manifest) for attack in WRITING if "begin" not in attack])
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", _UNPARSED, line, str(manifest)]
    done = subprocess.run(command, input=attempts, text=True, capture_output=True, env=environment, check=False)
    assert done.stdout == "[(12,)]\n", done.stderr
    assert state(manifest.parent) == before


def test_child_can_open_no_file_after_the_manifest(manifest: Path) -> None:
    script = _UNPARSED.split("connection =", maxsplit=1)[0] + (
        "sandbox_query.connect(Job(0, path, 1000, 60.0, 1, 10), manifest)\n"
        "for other in (path, '/etc/passwd', '/proc/self/environ'):\n"
        "    try: print(open(other, 'rb').read(1))\n"
        "    except OSError: print('refused')\n"
    )
    command = [sys.executable, "-c", script, "landlock", str(manifest)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, text=True, capture_output=True, env=environment, check=False)
    if done.returncode and "AssertionError" in done.stderr:
        pytest.skip("this kernel has no Landlock")
    assert done.stdout == "refused\n" * 3, done.stderr

"""The process of a query: its environment, its limits, its further tables, and its end."""

import os
import signal
import sys
from pathlib import Path

import pytest

from indexer.base.errors import ManifestError, QueryError
from indexer.manifest import sandbox
from indexer.manifest import store as stores
from tests.cli.conftest import ROOT, state
from tests.support.processes import has_ended, running, wait_until


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_environment_of_the_child_has_no_secrets(manifest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with sandbox.query(manifest, "from range(200_000)", sandbox.QueryLimits()):
        child = _query_child(os.getpid())
        assert b"secret" not in Path(f"/proc/{child}/environ").read_bytes()


def test_output_is_limited(manifest: Path) -> None:
    limits = sandbox.QueryLimits(output=1)
    with pytest.raises(QueryError, match="bytes"), sandbox.query(manifest, "from range(10_000_000)", limits) as result:
        list(result.batches)


@pytest.mark.slow
def test_further_tables_are_read_only(manifest: Path, tmp_path: Path) -> None:
    listed = tmp_path / "mine.csv"
    listed.write_text("file_id,weight\nGenImage/1,5\n")
    before = state(tmp_path)
    query = "select weight from manifest join mine using (file_id)"
    with sandbox.query(manifest, query, sandbox.QueryLimits(), {"mine": listed}) as result:
        assert [row for batch in result.batches for row in batch.to_pylist()] == [{"weight": 5}]
    for attack in (f"copy mine to '{listed}' (use_tmp_file false)", f"from '{listed}'"):
        with (
            pytest.raises(QueryError),
            sandbox.query(manifest, attack, sandbox.QueryLimits(), {"mine": listed}) as result,
        ):
            list(result.batches)
    assert state(tmp_path) == before


_ENDLESS = "with recursive t(i) as (select 1 union all select i + 1 from t) select count(*) from t"


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_query_ends_with_its_parent(manifest: Path) -> None:
    command = [sys.executable, "-m", "indexer", "sql", _ENDLESS, "--manifest-db", str(manifest)]
    with running(command, env={**os.environ, "PYTHONPATH": str(ROOT)}) as parent:
        child = _query_child(parent.pid)
        assert wait_until(lambda: _has_open(child, manifest))
        parent.send_signal(signal.SIGKILL)
    assert wait_until(lambda: has_ended(child) and not _is_locked(manifest))
    with stores.open_for_writing(manifest) as opened:  # the query's lock is gone
        assert opened.count("member") == 12


def _has_open(process: int, file: Path) -> bool:
    descriptors = Path(f"/proc/{process}/fd")
    return file.resolve() in [descriptor.resolve() for descriptor in descriptors.iterdir()]


def _is_locked(manifest: Path) -> bool:
    """Return whether the file is open for writing elsewhere: threads of a killed process end after its first one."""
    try:
        stores.open_for_writing(manifest).close()
    except ManifestError:
        return True
    return False


def _children(process: int) -> list[int]:
    return [int(one) for path in Path(f"/proc/{process}/task").glob("*/children") for one in path.read_text().split()]


def _query_child(process: int) -> int:
    """Wait for the child that runs a query: the process may have others, such as workers of a pool."""
    found: list[int] = []
    assert wait_until(lambda: found.extend(_query_children(process)) or found), "the query did not start"
    return found[0]


def _query_children(process: int) -> list[int]:
    try:
        return [one for one in _children(process) if b"sandbox_child" in Path(f"/proc/{one}/cmdline").read_bytes()]
    except (FileNotFoundError, ProcessLookupError):  # a thread or a child has ended meanwhile
        return []

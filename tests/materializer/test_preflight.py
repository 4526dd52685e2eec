"""Checks of the sources before a build."""

from pathlib import Path

import pytest

from indexer.base.errors import SourceError
from indexer.containers.kinds import Kind
from indexer.containers.models import Container, Volume
from materializer.running.preflight import check_sources


def test_a_missing_root_is_named_once(tmp_path: Path) -> None:
    archives = [Container(tmp_path / "disk", f"{n}.zip", Kind.ZIP, (Volume(f"{n}.zip", 1, 1),)) for n in range(5)]
    with pytest.raises(SourceError) as raised:
        check_sources(archives)
    assert str(raised.value) == (
        f"{tmp_path}/disk is missing or empty: restore the files, correct their path in local.cfg or their permissions,"
        " or run 'python -m indexer scan' again"
    )


def test_missing_archives_are_counted(tmp_path: Path) -> None:
    (tmp_path / "other").touch()
    archives = [Container(tmp_path, f"{n}.zip", Kind.ZIP, (Volume(f"{n}.zip", 1, 1),)) for n in range(5)]
    with pytest.raises(SourceError, match=r"0\.zip is missing; .*1\.zip is missing; .*2\.zip is missing and 2 more: "):
        check_sources(archives)

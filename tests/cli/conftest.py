"""A small manifest, and functions that run both programs."""

import hashlib
import importlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from indexer.manifest import store

ROOT = Path(__file__).parents[2]

State = dict[str, str]


@dataclass(frozen=True, slots=True)
class Done:
    """Result of a program."""

    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Done]

_ATTRIBUTES = """
insert into attributes
select
    i, 'genimage', 'GenImage/' || i, if(i < 8, 'GenImage/train', 'COCO2017_val'), if(i < 8, 'ADM', ''),
    (i < 8)::tinyint, '', if(i = 1, e'a \x1b[31mred\x1b[0m | *cat*', ''), '', '', [],
    if(i = 7, 'unreadable', 'ok'), null, if(i < 8, 'synthetic', 'real'), null, null, null, null
from range(12) r(i)
"""
_MEMBERS = """
insert into member (member_id, container_id, ordinal, path, size, access)
select i, 0, i, 'a/' || i || '.png', 1_000_000, 'file' from range(12) r(i)
"""
_SELECTION = """
insert into selection
select 'first', if(i % 2 = 0, 'train', 'validation'), i, 'GenImage/' || i, if(i = 6, 'spare', 'sampled'), '', null
from range(10) r(i) where i <> 7
"""


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """Twelve images: eight of ADM (one unreadable, one with control characters), four real ones; one selection."""
    path = tmp_path / "manifest.duckdb"
    with store.open_for_writing(path) as opened:
        for statement in (_ATTRIBUTES, _MEMBERS, _SELECTION):
            opened.execute(statement)
    return path


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Run ``indexer`` (or ``program=``) in an empty folder without a terminal, in this process."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def call(*arguments: object, program: str = "indexer", folder: Path = tmp_path) -> Done:
        monkeypatch.chdir(folder)
        monkeypatch.setattr(sys, "argv", [program, *map(str, arguments)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            importlib.import_module(f"{program}.__main__").main()
        assert isinstance(ended.value.code, int)
        return Done(ended.value.code, *capfd.readouterr())

    yield call
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture
def spawn(tmp_path: Path) -> Run:
    """Run a program in a child process."""

    def call(*arguments: object, program: str = "indexer", **environment: str) -> Done:
        command = [sys.executable, "-m", program, *map(str, arguments)]
        settings = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
        done = subprocess.run(command, cwd=tmp_path, env=settings, capture_output=True, text=True, check=False)
        return Done(done.returncode, done.stdout, done.stderr)

    return call


def state(folder: Path) -> State:
    """Return the digest of each file below a folder."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}

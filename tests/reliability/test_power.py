"""Loss of power: data that is not flushed is lost, so the order of system calls decides what survives.

A call counts when it returns. The calls of one thread are in order, and each file is written by one thread.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.faults import Watch, World

pytestmark = pytest.mark.slow

CHANGES = "mkdir,write,pwrite64,ftruncate,rename,fsync,fdatasync"
_LINE = re.compile(r"(\d+) +(?:<\.\.\. )?(\w+)(?: resumed>|\()(.*)")
_PATH = re.compile(r"<([^<>]+)>|\"([^\"]+)\"")


@dataclass(frozen=True)
class Call:
    thread: str
    name: str
    paths: tuple[Path, ...]


def calls_below(folder: Path, world: World) -> list[Call]:
    """Return the successful calls that changed something in ``folder``, in the order of their return."""
    return [call for call in _calls(world) if any(path.is_relative_to(folder) for path in call.paths[:1])]


def _calls(world: World) -> Iterator[Call]:
    begun: dict[str, str] = {}
    for line in (world.folder / "strace.log").read_text(errors="replace").splitlines():
        found = _LINE.match(line)
        if not found:
            continue
        thread, name, rest = found.groups()
        rest = begun.pop(thread, "") + rest
        if rest.endswith("<unfinished ...>"):
            begun[thread] = rest
        elif re.search(r"= \d+$", rest):
            count = 2 if name == "rename" else 1
            paths = [world.folder / (opened or named) for opened, named in _PATH.findall(rest)][:count]
            yield Call(thread, name, tuple(paths))


def unsafe(calls: Sequence[Call]) -> list[Call]:
    """Return renames of files that were not flushed, and names that were not flushed before the thread's next call."""
    return [call for at, call in enumerate(calls) if call.name in ("mkdir", "rename") and not _is_safe(calls, at)]


def _is_safe(calls: Sequence[Call], at: int) -> bool:
    call = calls[at]
    mine = [other for other in calls[:at] if other.thread == call.thread and call.paths[0] in other.paths]
    after = next((other for other in calls[at + 1 :] if other.thread == call.thread), None)
    is_whole = call.name == "mkdir" or [other.name for other in mine[-1:]] == ["fsync"]
    return is_whole and after is not None and (after.name, after.paths) == ("fsync", (call.paths[-1].parent,))


def test_build_flushes_each_file_and_folder_before_the_next_step(scanned: World, undisturbed: World) -> None:
    scanned.select()
    done = scanned.build(fault=Watch(CHANGES))
    assert done.returncode == 0, done.stderr
    output, scratch = scanned.folder / "out", scanned.folder / "tmp"  # may be lost
    kept = [call for call in calls_below(scanned.folder, scanned) if not call.paths[0].is_relative_to(scratch)]
    assert unsafe(kept) == []
    calls = calls_below(output, scanned)
    placed = [call.paths[1] for call in calls if call.name == "rename"]
    files = {path for path in output.rglob("*") if path.is_file()}
    assert files <= set(placed), "a file that was not finished by rename"
    shards = [placed.index(path) for path in files if path.suffix == ".arrow"]
    assert len(shards) > 1
    assert max(shards) < placed.index(output / "built" / "dataset_dict.json"), (
        "dataset_dict.json is renamed after all shards"
    )


def test_scan_flushes_the_manifest_at_its_end(world: World) -> None:
    assert world.scan(fault=Watch(CHANGES)).returncode == 0
    calls = [call for call in calls_below(world.manifest.parent, world) if call.paths[0] == world.manifest]
    assert sum(call.name == "pwrite64" for call in calls) > 1
    assert calls[-1].name in ("fsync", "fdatasync")

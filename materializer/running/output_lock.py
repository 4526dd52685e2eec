"""Whose folder the output is: a new one, ours from an unfinished build of the same, or somebody's to be left alone."""

import fcntl
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from indexer.base.durable import UNFINISHED, clear_unfinished, make_folder, write_json
from indexer.base.errors import OutputError
from materializer.models import Request
from materializer.planning.plan import BuildPlan
from materializer.shards import record
from materializer.shards.formats import FORMATS


@contextmanager
def claimed(request: Request, plan: BuildPlan, *, together: bool = False) -> Iterator[None]:
    """Hold the output for this build as long as the context lasts; leftovers of a killed one are cleared away.

    ``together``: as one of several that write parts of the same; nothing is cleared away, it may be another's.

    Raises:
        OutputError: it holds something else, another build is writing there, or it cannot be written.
    """
    output = request.output
    try:
        make_folder(output)
        descriptor = os.open(output, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise OutputError(f"{output} cannot be used as output folder ({error.strerror}): name another one") from error
    try:
        _lock(descriptor, output, fcntl.LOCK_SH if together else fcntl.LOCK_EX)
        if together:
            _join(output, _described(plan, request))
        else:
            _take(output, _described(plan, request))
            record.forget_others(output, (planned.shard for planned in plan.shards))
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, output: Path, kind: int) -> None:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        who = _holder(descriptor)
        raise OutputError(
            f"{output} is being written by another build{who}: wait for it, or name another folder"
        ) from None


def _holder(descriptor: int) -> str:
    """Who holds a lock, where the system tells (proc_locks(5))."""
    try:
        locks = Path("/proc/locks").read_text(encoding="ascii")
    except OSError:
        return ""
    found = re.search(rf" FLOCK .* (\d+) [0-9a-f:]+:{os.fstat(descriptor).st_ino} ", locks)
    return f" (process {found[1]})" if found else ""


def _take(output: Path, ours: dict[str, Any]) -> None:
    held = _held(output)
    if held is None and _is_used(output):
        raise OutputError(f"{output} is not empty and holds no build: name a new folder, or empty it")
    if held is not None and not _may_go_on(output, held, ours):
        raise OutputError(f"{output} holds another build, {_difference(held, ours)}: name a new folder, or delete it")
    stale = set(held["shards"]) - set(ours["shards"]) if held else set()
    for name in stale:
        if ".." not in Path(name).parts and not Path(name).is_absolute():  # the plan may be a stranger's
            (output / name).unlink(missing_ok=True)
    clear_unfinished(output)
    if ours != held:
        write_json(output / record.PLAN, ours)


def _is_used(output: Path) -> bool:
    """Whether there is more than what a build leaves whose plan could not be written: folders, and what it began."""
    files = (path for path in output.rglob("*") if not path.is_dir() or path.is_symlink())
    return any(path.suffix != UNFINISHED for path in files)


def _join(output: Path, ours: dict[str, Any]) -> None:
    """As :func:`_take`, beside others that may be at the same point: each would write the same plan."""
    held = _held(output)
    if held is None and any(path.name != Path(record.PLAN).parts[0] for path in output.iterdir()):
        raise OutputError(f"{output} is not empty and holds no build: name a new folder, or empty it")
    if held not in (None, ours):
        raise OutputError(f"{output} holds another build, or one that was planned otherwise: name a new folder")
    if held is None:
        write_json(output / record.PLAN, ours)


def _described(plan: BuildPlan, request: Request) -> dict[str, Any]:
    settings = request.settings
    kind = FORMATS[settings.format]
    return {
        "selection": plan.selection,
        "recipe_hash": plan.recipe_hash,
        "seed": plan.seed,
        "settings": asdict(settings),
        "limits": {**asdict(request.limits), **asdict(request.image_limits)},  # they decide what is refused
        "shards": {kind.path(planned.shard): planned.content for planned in plan.shards},
    }


def _held(output: Path) -> dict[str, Any] | None:
    try:
        held = json.loads((output / record.PLAN).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return held if isinstance(held, dict) and isinstance(held.get("shards"), dict) else None


def _difference(held: dict[str, Any], ours: dict[str, Any]) -> str:
    """How a build differs from what is asked for, as far as its user can tell."""
    if held.get("selection") != ours["selection"]:
        return f"of selection '{held.get('selection')}'"
    before, now = held.get("settings", {}), ours["settings"]
    if other := [f"{name.replace('_', ' ')} {before.get(name)}" for name in now if before.get(name) != now[name]]:
        return f"with {', '.join(other)}"
    return "with other limits" if held.get("limits") != ours["limits"] else f"of '{ours['selection']}' as it was then"


def _may_go_on(output: Path, held: dict[str, Any], ours: dict[str, Any]) -> bool:
    """An unfinished build may go on after a rescan that moved rows; a finished one is not changed any more."""
    same = all(held.get(key) == ours[key] for key in ("selection", "recipe_hash", "seed", "settings", "limits"))
    return same and (held["shards"] == ours["shards"] or not (output / record.BUILD).exists())

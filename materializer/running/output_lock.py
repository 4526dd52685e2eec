"""Lock the output folder for one build, and check that it is new or holds an unfinished build of the same plan."""

import fcntl
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from indexer.base.durable import UNFINISHED, clear_unfinished, make_folder, remove, write_json
from indexer.base.errors import OutputError
from materializer.dataset.build_folder import read_plan
from materializer.models import Request
from materializer.planning.plan import BuildPlan
from materializer.shards import record
from materializer.shards.formats import output_format


@contextmanager
def lock_output(request: Request, plan: BuildPlan, *, shared: bool = False) -> Iterator[None]:
    """Hold the output folder for this build, and remove the unfinished files of a killed one.

    ``shared``: other parts of the same build may hold it too. Nothing is removed then, as it may be theirs.

    Raises:
        OutputError: the folder holds something else, another build is writing to it, or it cannot be written.
    """
    output = request.output
    try:
        make_folder(output)
        descriptor = os.open(output, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise OutputError(f"{output} cannot be used as output folder ({error.strerror}): name another one") from error
    try:
        _lock(descriptor, output, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        if shared:
            _join(output, _described(plan, request))
        else:
            _take(output, _described(plan, request), plan)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, output: Path, kind: int) -> None:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        raise OutputError(
            f"{output} is being written by another build{_holder(descriptor)}: wait for it, or name another folder"
        ) from None


def _holder(descriptor: int) -> str:
    """Return the process that holds a lock, as text; empty if /proc/locks does not list it (proc_locks(5))."""
    try:
        locks = Path("/proc/locks").read_text(encoding="ascii")
    except OSError:
        return ""
    found = re.search(rf" FLOCK .* (\d+) [0-9a-f:]+:{os.fstat(descriptor).st_ino} ", locks)
    return f" (process {found[1]})" if found else ""


def _take(output: Path, ours: dict[str, Any], plan: BuildPlan) -> None:
    """Take a folder that is new or holds an unfinished build of the same selection and settings."""
    held = read_plan(output)
    if held is None and _is_used(output):
        raise OutputError(f"{output} is not empty and holds no build: name a new folder, or empty it")
    if held is not None and not _may_continue(output, held, ours):
        raise OutputError(f"{output} holds another build, {_difference(held, ours)}: name a new folder, or delete it")
    format_ = output_format(ours["settings"]["format"])
    stale = set(held["shards"]) - set(ours["shards"]) if held else set()
    _remove(output, [output / name for name in stale if format_.is_shard_path(name)])  # the plan is untrusted
    _remove(output, record.others(output, (planned.shard for planned in plan.shards)))
    clear_unfinished(output)
    if ours != held:
        write_json(output / record.PLAN, ours)


def _remove(output: Path, files: Iterable[Path]) -> None:
    """Remove files of an earlier plan; none through a symbolic link that leads out of the output folder."""
    inside = os.path.realpath(output)
    for file in files:
        if not Path(os.path.realpath(file.parent)).is_relative_to(inside):
            raise OutputError(f"{file.parent} leads out of {output}: name a new folder, or remove this link")
        remove(file)


def _is_used(output: Path) -> bool:
    """Return whether the folder holds other files than the unfinished ones of a build without a plan."""
    files = (path for path in output.rglob("*") if not path.is_dir() or path.is_symlink())
    return any(path.suffix != UNFINISHED for path in files)


def _join(output: Path, ours: dict[str, Any]) -> None:
    """Use the folder together with other parts, which may write the same plan at the same time."""
    held = read_plan(output)
    if held is None and any(path.name != Path(record.PLAN).parts[0] for path in output.iterdir()):
        raise OutputError(f"{output} is not empty and holds no build: name a new folder, or empty it")
    if held is not None and held != ours and not _has_grown(held, ours):
        raise OutputError(f"{output} holds another build, or one with another plan: name a new folder")
    if held != ours:
        write_json(output / record.PLAN, ours)


def _described(plan: BuildPlan, request: Request) -> dict[str, Any]:
    path = output_format(request.settings.format).path
    return {
        "selection": plan.selection,
        "recipe_hash": plan.recipe_hash,
        "seed": plan.seed,
        "settings": request.settings.described(),
        "limits": {**asdict(request.limits), **asdict(request.image_limits)},  # they decide which rows are refused
        "shards": {path(planned.shard): planned.content for planned in plan.shards},
    }


def _difference(held: dict[str, Any], ours: dict[str, Any]) -> str:
    """Describe how the build in the folder differs from the requested one."""
    if held.get("selection") != ours["selection"]:
        return f"of selection '{held.get('selection')}'"
    before, now = held.get("settings", {}), ours["settings"]
    if other := [_setting(name, before.get(name)) for name in {**now, **before} if before.get(name) != now.get(name)]:
        return ", ".join(other)
    if held.get("limits") != ours["limits"]:
        return "with other limits"
    return f"of an earlier version of '{ours['selection']}'"


def _setting(name: str, value: object) -> str:
    """Describe a setting: ``with shard size 500``, ``without variants``."""
    shown = ",".join(map(str, value)) if isinstance(value, list) else value
    return f"{'without' if value is None else 'with'} {name.replace('_', ' ')}" + (f" {shown}" if shown else "")


def _may_continue(output: Path, held: dict[str, Any], ours: dict[str, Any]) -> bool:
    """Return whether the build may continue: also with more variants; unless it is finished, after a rescan, too."""
    is_finished = (output / record.BUILD).exists()
    return _has_grown(held, ours) or (not is_finished and _has_grown(held | {"shards": {}}, ours))


def _has_grown(held: dict[str, Any], ours: dict[str, Any]) -> bool:
    """Return whether the build is the one in the folder, or the same with more variants."""
    same = all(held.get(key) == ours[key] for key in ("selection", "recipe_hash", "seed", "limits"))
    before, now = (dict(plan.get("settings", {})) for plan in (held, ours))
    variants, more = before.pop("variants", []), now.pop("variants", [])
    has_all = bool(variants) == bool(more) and all(name in more for name in variants)
    return same and before == now and has_all and held["shards"].items() <= ours["shards"].items()

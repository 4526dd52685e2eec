"""What a worker on another machine needs before it does anything: the folders that were named, the same versions."""

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from socket import gethostname
from typing import TypeVar

from indexer import __version__
from indexer.base.errors import ConfigError

Task = TypeVar("Task")
Result = TypeVar("Result")

# What has a say in the bytes that a worker writes.
_PACKAGES = ("pyarrow", "pillow")


@dataclass(frozen=True, slots=True)
class Needs:
    """``marks`` are files that were just made, one in each folder that all have to see; ``versions`` those to meet."""

    marks: tuple[Path, ...]
    versions: Mapping[str, str]

    def check(self) -> None:
        """Look for all of it from here.

        Raises:
            ConfigError: a folder is another one here, or a version is.
        """
        unseen = [str(mark.parent) for mark in self.marks if not mark.exists()]
        if unseen:
            raise ConfigError(
                f"worker {gethostname()} does not see {', '.join(unseen)}: put it on a file system that all machines"
                " share, under the same path (output_path, tmp_cache_dir, intermediate_outputs_path in local.cfg)"
            )
        ours = _versions()
        other = [f"{name} {ours[name]}, not {wanted}" for name, wanted in self.versions.items() if ours[name] != wanted]
        if other:
            raise ConfigError(f"worker {gethostname()} has {'; '.join(other)}: install there what is installed here")


@contextmanager
def needed(shared: Sequence[Path]) -> Iterator[Needs]:
    """What workers have to see while the context lasts; the folders are made where there are none."""
    with ExitStack() as marks:
        yield Needs(tuple(marks.enter_context(_marked(folder.absolute())) for folder in shared), _versions())


def checked(needs: Needs, function: Callable[[Task], Result], task: Task) -> Result:
    """Do a task where all is there. Runs in workers."""
    needs.check()
    return function(task)


@contextmanager
def _marked(folder: Path) -> Iterator[Path]:
    # Named like a file that was not finished: whoever goes on after a kill clears it away.
    mark = folder / f"shared-{secrets.token_hex(4)}.unfinished"
    folder.mkdir(parents=True, exist_ok=True)
    mark.touch()
    try:
        yield mark
    finally:
        mark.unlink(missing_ok=True)


def _versions() -> dict[str, str]:
    return {"image-manifest": __version__, **{name: version(name) for name in _PACKAGES}}

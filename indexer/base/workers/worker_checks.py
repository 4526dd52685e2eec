"""Check, on a worker of another machine, that it has the shared folders and the same versions."""

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import gethostname
from typing import TypeVar

from indexer.base.errors import ConfigError
from indexer.base.version import __version__

Task = TypeVar("Task")
Result = TypeVar("Result")

# Packages that determine the bytes that a worker writes.
_PACKAGES = ("pyarrow", "pillow", "deflate")


@dataclass(frozen=True, slots=True)
class Needs:
    """``marks`` are new files, one in each shared folder; ``versions`` are the required versions."""

    marks: tuple[Path, ...]
    versions: Mapping[str, str]

    def check(self) -> None:
        """Check this machine.

        Raises:
            ConfigError: a folder is not the shared one, or a version differs.
        """
        unseen = [str(mark.parent) for mark in self.marks if not mark.exists()]
        if unseen:
            raise ConfigError(
                f"worker {gethostname()} does not see {', '.join(unseen)}: put it on a file system that all machines"
                " share, under the same path (output_path, tmp_cache_dir, intermediate_outputs_path in local.cfg)"
            )
        ours = _versions()
        other = [
            f"{name} {ours[name]}, not {required}" for name, required in self.versions.items() if ours[name] != required
        ]
        if other:
            raise ConfigError(
                f"worker {gethostname()} has {'; '.join(other)}: install the same versions on all machines"
            )


@contextmanager
def needed(shared: Sequence[Path]) -> Iterator[Needs]:
    """Yield the requirements of workers; the folders are created, and marked until the context ends."""
    with ExitStack() as marks:
        yield Needs(tuple(marks.enter_context(_marked(folder.absolute())) for folder in shared), _versions())


def checked(needs: Needs, function: Callable[[Task], Result], task: Task) -> Result:
    """Check the requirements, then run the task. Runs in workers."""
    needs.check()
    return function(task)


@contextmanager
def _marked(folder: Path) -> Iterator[Path]:
    # The suffix of unfinished files: after a kill, the next run removes it.
    mark = folder / f"shared-{secrets.token_hex(4)}.unfinished"
    folder.mkdir(parents=True, exist_ok=True)
    mark.touch()
    try:
        yield mark
    finally:
        mark.unlink(missing_ok=True)


def _versions() -> dict[str, str]:
    from importlib.metadata import version  # noqa: PLC0415 - slow to load, and only clusters need it

    return {"image-manifest": __version__, **{name: version(name) for name in _PACKAGES}}

"""Scripts that complete both programs in a shell, as console scripts and as ``python -m``."""

from pathlib import Path
from typing import Any

from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete, add_completion_class

_FOLDER = Path(__file__).parent


def register() -> None:
    """Make ``_INDEXER_COMPLETE=bash_source`` print the script of this folder; click's knows one console script only."""
    for shell in (BashComplete, ZshComplete, FishComplete):
        add_completion_class(_with_script(shell))


def _with_script(shell: type[ShellComplete]) -> type[ShellComplete]:
    def source(_: Any) -> str:
        return (_FOLDER / f"complete.{shell.name}").read_text(encoding="utf-8")

    return type(f"{shell.__name__}Script", (shell,), {"source": source})

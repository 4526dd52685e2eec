"""The edge of both programs: commands are loaded when called for, errors become one line and an exit status."""

import difflib
import importlib
import os
import shlex
import signal
import sys
from collections.abc import Mapping
from typing import Any, NoReturn

import click

from indexer.cli import messages, versions
from indexer.errors import CheckFailed, ProjectError

DONE, FOUND, WRONG_INPUT, INTERRUPTED = 0, 1, 2, 130


class LazyGroup(click.Group):
    """Commands by name and module, so that ``--help`` does not load DuckDB, Arrow and ``datasets``."""

    def __init__(self, *, package: str, modules: Mapping[str, str], **options: Any) -> None:
        super().__init__(**options)
        self.package = package
        self.modules = modules

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """All names, in the order of the table."""
        return list(self.modules)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002
        """The command called ``name``, or None."""
        if name not in self.modules:
            return None
        module = importlib.import_module(f"{self.package}.cli.{self.modules[name]}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with the nearest name where there is no such command."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            raise click.UsageError(_with_near_miss(error.message, args[0], list(self.modules)), ctx) from None


def _with_near_miss(message: str, typed: str, known: list[str]) -> str:
    near = difflib.get_close_matches(typed, known, n=1)
    hint = f" Did you mean '{near[0]}'?" if near and "Did you mean" not in message else ""
    return message + hint


# What an interrupted command leaves behind, where that is not plain.
_KEPT = {
    "scan": "the containers that were read are in the manifest",
    "select": "the manifest is as it was",
    "build": "the shards that are finished are kept",
    "fetch": "the files that are finished are kept",
    "sql": "the manifest is only read",
    "stats": "the manifest is only read",
}


def run(package: str, about: str, modules: Mapping[str, str]) -> NoReturn:
    """Run the program ``package``: parse, call, and leave with the exit status that the contract names."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # whoever ends us finds the same order as after Ctrl-C
    version = click.Option(["--version"], is_flag=True, is_eager=True, expose_value=False, callback=versions.show,
                           help="Show the versions of this program and of what it rests on.")  # fmt: skip
    group = LazyGroup(package=package, modules=modules, name=package, help=about, params=[version])
    sys.exit(_status_of(group, package))


def _status_of(group: click.Group, package: str) -> int:
    try:
        group.main(prog_name=package, standalone_mode=False)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.UsageError as error:
        return _refused(error, package)
    except ProjectError as error:
        return _tell(error)
    except CheckFailed as error:
        return _found(error)
    except (KeyboardInterrupt, click.Abort):
        return _interrupted(package)
    except SystemExit:  # click's way of saying that nobody reads our output any more
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return DONE


def _refused(error: click.UsageError, package: str) -> int:
    command = error.ctx.command_path if error.ctx else package
    message = f"{error.format_message()} See: python -m {command} --help"
    messages.tell(message, event="error", prefix="error: ", status=WRONG_INPUT)
    return WRONG_INPUT


def _tell(error: ProjectError) -> int:
    if "--debug" in sys.argv:
        raise error
    messages.tell(str(error), event="error", prefix="error: ", status=WRONG_INPUT)
    return WRONG_INPUT


def _found(error: CheckFailed) -> int:
    if str(error):
        messages.tell(str(error), event="found", status=FOUND)
    return FOUND


def _interrupted(package: str) -> int:
    kept = next((_KEPT[word] for word in sys.argv[1:] if word in _KEPT), "what is finished is kept")
    again = shlex.join(["python", "-m", package, *sys.argv[1:]])
    messages.tell(f"interrupted: {kept}; to go on: {again}", event="interrupted", status=INTERRUPTED)
    return INTERRUPTED

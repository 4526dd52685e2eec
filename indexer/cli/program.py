"""The edge of both programs: commands are loaded when called for, errors become one line and an exit status."""

import atexit
import importlib
import os
import sys
from collections.abc import Mapping
from typing import Any, NoReturn

import click

from indexer.base.startup import without_pandas
from indexer.base.suggestions import closest
from indexer.cli import exit_status, versions


class LazyGroup(click.Group):
    """Commands by name and module: one does not wait for what others load."""

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
        if "pyarrow" in sys.modules:
            without_pandas()
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
    near = closest(typed, known)
    hint = f" Did you mean '{near}'?" if near and "Did you mean" not in message else ""
    return message + hint


def run(package: str, about: str, modules: Mapping[str, str]) -> NoReturn:
    """Run the program ``package``: parse, call, and leave with the exit status that the contract names."""
    exit_status.heed_signals()
    version = click.Option(["--version"], is_flag=True, is_eager=True, expose_value=False, callback=versions.show,
                           help="Show the versions of this program and of what it rests on.")  # fmt: skip
    group = LazyGroup(package=package, modules=modules, name=package, help=about, params=[version])
    status = exit_status.status_of(group, package)
    exit_status.heed_no_more()
    if status == exit_status.INTERRUPTED:
        _leave(status)
    sys.exit(status)


def _leave(status: int) -> NoReturn:
    """End without taking the interpreter down: joblib's threads hold frames, and DuckDB would list what those hold."""
    atexit._run_exitfuncs()  # joblib's own leave nothing behind
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)

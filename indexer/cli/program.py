"""The command line of both programs: load a command on demand, run it, exit with its status."""

import atexit
import importlib
import os
import sys
from collections.abc import Mapping
from functools import partial
from typing import Any, NoReturn

import click

from indexer.base.processes import remove_leftovers
from indexer.base.startup import without_pandas
from indexer.base.suggestions import closest
from indexer.cli import exit_status, signals, versions


class LazyGroup(click.Group):
    """A group whose commands are imported on demand, so that each starts without the imports of the others."""

    def __init__(self, *, package: str, modules: Mapping[str, str], **options: Any) -> None:
        super().__init__(**options)
        self.package = package
        self.modules = modules

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return all command names in table order."""
        return list(self.modules)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002
        """Return the command ``name``, or None."""
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
        """Resolve a command as click does; for an unknown command, suggest the closest name."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            name = closest(args[0], list(self.modules))
            hint = f" Did you mean '{name}'?" if name and "Did you mean" not in error.message else ""
            raise click.UsageError(error.message + hint, ctx) from None


def run(package: str, about: str, modules: Mapping[str, str]) -> NoReturn:
    """Run the program ``package`` and exit with the documented status."""
    exit_status.open_missing_streams()
    signals.handle_signals(partial(exit_status.report_interruption, package))
    remove_leftovers()
    version = click.Option(["--version"], is_flag=True, is_eager=True, expose_value=False,
                           callback=versions.print_versions,
                           help="Show the versions of this program and its main dependencies.")  # fmt: skip
    group = LazyGroup(package=package, modules=modules, name=package, help=about, params=[version])
    status = exit_status.run_group(group, package)
    if status == exit_status.INTERRUPTED:
        # Skip the interpreter's shutdown: joblib's threads hold frames, and DuckDB would print the objects in them.
        signals.kill_workers()
        atexit._run_exitfuncs()  # joblib's exit functions remove its temporary files
        os._exit(exit_status.flush_output(status))
    signals.ignore_sigterm()
    sys.exit(status)

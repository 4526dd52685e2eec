"""The command line of both programs: load a command on demand, run it, exit with its status."""

import atexit
import gc
import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from importlib.util import find_spec
from typing import Any, NoReturn

import click
from click.shell_completion import CompletionItem

from indexer.base.processes import remove_leftovers
from indexer.base.startup import with_one_blas_thread, without_pandas
from indexer.base.suggestions import closest
from indexer.cli.running import exit_status, shells, signals, versions
from indexer.cli.running.process_limits import check_process_limits
from indexer.cli.running.utf8_mode import restart_in_utf8_mode


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
        check_process_limits()
        with_one_blas_thread()
        without_pandas()  # before the command's imports, which need Arrow
        command: click.Command = importlib.import_module(self._module(name)).command
        _collect_garbage()
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of commands; their modules are not imported, which would take a second."""
        room = formatter.width - 6 - max(map(len, self.modules))
        with formatter.section("Commands"):
            formatter.write_dl([(name, self._outline(name).get_short_help_str(room)) for name in self.modules])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return the commands and options that complete a word; no command is imported."""
        found = [name for name in self.modules if name.startswith(incomplete)]
        items = [CompletionItem(name, help=self._outline(name).get_short_help_str()) for name in found]
        return [*items, *click.Command.shell_complete(self, ctx, incomplete)]

    def _module(self, name: str) -> str:
        return f"{self.package}.cli.{self.modules[name]}"

    def _outline(self, name: str) -> click.Command:
        """Return a command with its help text alone, which is a docstring in the source text of its module."""
        import ast  # noqa: PLC0415 - only help needs it

        module = self._module(name)
        loader: Any = getattr(find_spec(module), "loader", None)
        statements = ast.parse(loader.get_source(module)).body if loader else []
        functions = [node for node in statements if isinstance(node, ast.FunctionDef) and node.name == "command"]
        return click.Command(name, help=next(map(ast.get_docstring, functions), None))

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


def is_own_process(context: click.Context) -> bool:
    """Return whether this process was started for the command; a test runs commands in its own process."""
    main = getattr(sys.modules["__main__"], "main", None)
    is_program = getattr(main, "__module__", "") in ("__main__", "indexer.__main__", "materializer.__main__")
    return is_program and isinstance(context.find_root().command, LazyGroup)


def _collect_garbage() -> None:
    """Collect garbage from here on if :func:`run` has stopped it. Modules and classes are none, and are left out."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def run(package: str, about: str, modules: Mapping[str, str]) -> NoReturn:
    """Run the program ``package`` and exit with the documented status."""
    restart_in_utf8_mode()
    gc.disable()  # collections during imports would take a sixth of the start
    statuses: list[int] = []
    atexit.register(_end_at_once, statuses)  # registered first, so that it runs after all other exit functions
    exit_status.open_missing_streams()
    signals.handle_signals(partial(exit_status.report_interruption, package))
    remove_leftovers()
    shells.register()
    version = click.Option(["--version"], is_flag=True, is_eager=True, expose_value=False,
                           callback=versions.print_versions,
                           help="Show the versions of this program and its main dependencies.")  # fmt: skip
    group = LazyGroup(
        package=package,
        modules=modules,
        name=package,
        help=about,
        params=[version],
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    status = exit_status.run_group(group, package)
    statuses.append(status)
    if status == exit_status.INTERRUPTED:
        signals.kill_workers()
        atexit._run_exitfuncs()  # ends the process without waiting for threads
    signals.ignore_sigterm()
    sys.exit(status)


def _end_at_once(statuses: Sequence[int]) -> None:
    """End the process with its status, if it has one: to free all modules and objects would take 0.06 s.

    After an interruption, joblib's threads hold frames, and DuckDB would print the objects in them. After an exception
    that is a bug there is no status, and Python exits as usual.
    """
    if statuses:
        os._exit(exit_status.flush_output(statuses[0]))

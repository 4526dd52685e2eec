"""Complete names of sources and selections in the shell; without local.cfg or a manifest there are none."""

from typing import Any

from click import Context, Parameter
from click.shell_completion import CompletionItem

from indexer.base import config
from indexer.base.errors import ProjectError
from indexer.settings.session import Session


def sources(context: Context, parameter: Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
    """Return the keys of sources that begin with a word."""
    from indexer.roots import declared  # noqa: PLC0415 - slow, and not needed by the commands that run

    try:
        return _items([source.key for source in declared(_session(context).config)], incomplete)
    except ProjectError:
        return []


def selections(context: Context, parameter: Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
    """Return the names of selections that begin with a word."""
    try:
        with _session(context).reading() as store:
            return _items([name for (name,) in store.rows("selections")], incomplete)
    except ProjectError:
        return []


def _session(context: Context) -> Session:
    given: dict[str, Any] = context.params
    return Session(given.get("config_file") or config.find(), given.get("manifest_db"))


def _items(names: list[str], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in sorted(names) if name.startswith(incomplete)]

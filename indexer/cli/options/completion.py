"""Complete names of sources and selections in the shell; without local.cfg or a manifest there are none."""

from typing import Any

from click import Context, Parameter
from click.shell_completion import CompletionItem

from indexer.base import config, resources
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


def recipes(context: Context, parameter: Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the recipes of the program that begin with a word, and let the shell complete files."""
    names = [file.parent.name for file in resources.manifests_folder().glob("*/recipe.toml")]
    return [*_items(names, incomplete), *paths(context, parameter, incomplete)]


def paths(context: Context, parameter: Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
    """Let the shell complete files, for arguments that may also be addresses."""
    return [CompletionItem(incomplete, type="file")]


def _session(context: Context) -> Session:
    given: dict[str, Any] = context.params
    return Session(given.get("config_file") or config.find(), given.get("manifest_db"))


def _items(names: list[str], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in sorted(names) if name.startswith(incomplete)]

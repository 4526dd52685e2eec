"""Read images that a command needs inspected."""

from indexer.cli.options.common import CommonOptions
from indexer.manifest.store import Store
from indexer.roots import source_roots
from indexer.selection.inspecting import Inspector, has_unsized, inspect_unsized


def reading_sized(options: CommonOptions, name: str) -> Store:
    """Open the manifest read only, after reading the images of the selection ``name`` whose size it does not have."""
    store = options.reading()
    try:
        unsized = has_unsized(store, name)
    except BaseException:
        store.close()
        raise
    if not unsized:
        return store
    store.close()
    with options.changing() as changed:
        inspect_unsized(changed, name, inspector(options))
    return options.reading()


def inspector(options: CommonOptions) -> Inspector:
    """Return an inspector with the roots, workers and limits of ``options``."""
    bounds = options.bounds
    return Inspector(source_roots(options.config), options.workers, options.progress, bounds.archives, bounds.images)

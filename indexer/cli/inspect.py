"""``indexer inspect``: look at the images of a selection."""

import click

from indexer import store as stores
from indexer.cli.options import Session, common, on_workers
from indexer.roots import source_roots
from indexer.selection.completing import inspect_selection
from indexer.selection.inspecting import Inspector


@click.command(epilog="Example: python -m indexer inspect ai_gen_bench_v1 --jobs 8")
@click.argument("name")
@common
@on_workers
def command(session: Session, name: str) -> None:
    """Read the images of the selection NAME that nobody looked at yet: sha256, size, format, perceptual hash.

    What is found is kept in the manifest. Stopped, the same command goes on where it was.
    """
    with stores.open_for_writing(session.manifest) as store:
        count = inspect_selection(store, name, inspector(session))
    print(f"{count:,} images of '{name}' inspected")


def inspector(session: Session) -> Inspector:
    """What looks at images as the session asks for it."""
    bounds = session.bounds
    roots = source_roots(session.config)
    return Inspector(roots, session.workers, session.progress, bounds.archives, bounds.images)

"""``indexer inspect``: look at the images of a selection."""

import click

from indexer.cli.options import Session, common, on_workers
from indexer.roots import source_roots
from indexer.selection.inspecting import Inspector, has_unsized, inspect_again, inspect_selection, inspect_unsized


@click.command(
    epilog="""\b
Examples:
  python -m indexer inspect ai_gen_bench_v1 --jobs 8
  python -m indexer inspect --again --limit memory=16GiB
"""
)
@click.argument("name", required=False)
@click.option("--again", is_flag=True, help="All images that could not be read, ended their reader or were too large.")
@common
@on_workers
def command(session: Session, name: str | None, again: bool) -> None:
    """Read the images of the selection NAME that nobody looked at yet: sha256, size, format, perceptual hash.

    What is found is kept in the manifest. Stopped, the same command goes on where it was. With --again a disk that was
    mended, or a higher limit, gets its chance: whatever selections passed over for it is looked at again.
    """
    if not (name or again):
        raise click.UsageError("name a selection, or say --again")
    with session.writing() as store:
        if again:
            print(f"{inspect_again(store, inspector(session)):,} images inspected again")
        if name:
            print(f"{inspect_selection(store, name, inspector(session)):,} images of '{name}' inspected")


def measure(session: Session, name: str) -> None:
    """Read those images of the selection ``name`` whose size only reading tells."""
    with session.reading() as store:
        unsized = has_unsized(store, name)
    if unsized:
        with session.writing() as store:
            inspect_unsized(store, name, inspector(session))


def inspector(session: Session) -> Inspector:
    """What looks at images as the session asks for it."""
    bounds = session.bounds
    roots = source_roots(session.config)
    return Inspector(roots, session.workers, session.progress, bounds.archives, bounds.images)

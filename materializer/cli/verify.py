"""``materializer verify``: compare a dataset with its record."""

from pathlib import Path

import click

from indexer.base.errors import CheckFailed
from indexer.cli.options.common import CommonOptions, common_options
from indexer.cli.printing.messages import printable
from materializer.cli.options import optional_manifest
from materializer.dataset.grading import GRADES, SAME, Grading, grade
from materializer.dataset.verify import Verification, verify

_SHOWN = 20


@click.command(epilog="Example: python -m materializer verify built/demo")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--manifest", type=click.Path(path_type=Path), metavar="DIR", help="Grade the rows by this export.")
@click.option("--no-manifest", is_flag=True, help="Compare with the record of the build only.")
@click.option("--decode", is_flag=True, help="Also decode every image, with the steps of datasets.Image.")
@common_options
def command(options: CommonOptions, folder: Path, manifest: Path | None, no_manifest: bool, decode: bool) -> None:
    """Compare every byte of a build with its record.

    The build in FOLDER is also compared with the manifest.
    With --manifest each row gets a grade: identical bytes, identical pixels, different, substituted, missing or extra.
    """
    if manifest or no_manifest:
        found = verify(folder, None, options.workers, options.progress, decodes=decode)
    else:
        with optional_manifest(options) as store:
            found = verify(folder, store, options.workers, options.progress, decodes=decode)
    _show(folder, found)
    if manifest:
        _show_grades(grade(folder, manifest, _SHOWN))


def _show_grades(grading: Grading) -> None:
    for split, file_id, grade_given, substitute in grading.not_identical:
        by = f" by {substitute}" if substitute else ""
        print(printable(f"{split} {file_id}: {grade_given}{by}"))
    more = sum(grading.counts.values()) - grading.counts.get(SAME, 0) - len(grading.not_identical)
    if more:
        print(f"... and {more:,} more")
    print("; ".join(f"{grading.counts.get(name, 0):,} {name}" for name in GRADES))
    for split, digest in grading.built.items():
        print(f"{split:12} {digest} {'as expected' if grading.expected.get(split) == digest else 'NOT as expected'}")
    if not grading.is_identical:
        raise CheckFailed("this build is not the dataset of the export, byte for byte")


def _show(folder: Path, found: Verification) -> None:
    for difference in found.differences[:_SHOWN]:
        print(printable(f"{difference.where} {difference.what}"))
    if len(found.differences) > _SHOWN:
        print(f"... and {len(found.differences) - _SHOWN:,} more")
    read = f"{folder}: {found.rows:,} images in {found.shards:,} shards, {found.size / 1e6:,.1f} MB read"
    if found.differences:
        raise CheckFailed(f"{read}; {len(found.differences):,} differences")
    print(f"{read}; all is as it was built")

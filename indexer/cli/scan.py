"""``indexer scan``: fill or refresh the manifest."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import click
import pyarrow as pa

from indexer.base.config import Config
from indexer.base.errors import CheckFailed, ConfigError
from indexer.base.remote import Root
from indexer.base.suggestions import nearest
from indexer.cli import preflight, render
from indexer.cli.messages import printable
from indexer.cli.options import Session, common, on_workers
from indexer.declarations.models import Source
from indexer.roots import declared, source_roots
from indexer.scanning import ScanOptions, ScanSummary, SourceSummary, scan

_PROBLEMS_SHOWN = 20


@click.command(
    epilog="""\b
Examples:
  python -m indexer scan
  python -m indexer scan --source coco --source genimage --show-problems
  python -m indexer scan --source coco --forget
"""
)
@click.option("--source", "keys", multiple=True, metavar="KEY", help="Only this source (more than once: these).")
@click.option("--show-problems", is_flag=True, help="Print every finding of the scanned sources, not just their kinds.")
@click.option("--forget", is_flag=True, help="Drop what is known of these sources if nothing lies at their roots.")
@common
@on_workers
def command(session: Session, keys: tuple[str, ...], show_problems: bool, forget: bool) -> None:
    """Fill or refresh the manifest: list what lies below the sources' roots, then derive a row an image.

    Containers that have not changed are not read again. It may be interrupted at any time and goes on when run again.
    What is known of a source is kept while its root is missing or empty, as when a disk is not mounted. Exit status 1:
    done, and an archive is damaged or unreadable, or the root of a source that local.cfg names or the manifest knows
    is missing, empty, or no archive.
    """
    if forget and not keys:
        raise click.UsageError("--forget: say with --source of what")
    config = session.config
    sources = declared(config)
    config.refuse_unknown({source.key for source in sources})
    everywhere = _roots(config, sources, keys)
    options = ScanOptions(session.workers, session.bounds.archives, session.progress, bool(keys), forget)
    with session.writing() as manifest:
        known = {key for (key,) in manifest.rows("scan/sources")}
        roots = everywhere if keys else _present(config, everywhere, known)
        asked = [source for source in sources if source.key in everywhere]
        preflight.show(session, asked, source_roots(config), manifest)
        summary = scan(manifest, roots, sources, options)
        findings = manifest.arrow("scan/findings", {"sources": list(roots)}) if show_problems else None
    _print_summary(summary, session.manifest)
    _print_problems(summary, findings)
    incomplete = sum(count for status, count in summary.statuses.items() if status != "complete")
    if incomplete:
        containers = "1 container is" if incomplete == 1 else f"{incomplete:,} containers are"
        raise CheckFailed(f"{containers} not complete; what is sound in them is in the manifest")
    missed = [source for source in summary.sources if source.warning and source.key in config.sources and not forget]
    if missed or any(source.is_absent for source in summary.sources):
        raise CheckFailed


def _roots(config: Config, sources: Sequence[Source], keys: Sequence[str]) -> Mapping[str, Root]:
    """Where the sources ``keys`` lie; without keys, all of them.

    Raises:
        ConfigError: no source is called so; names the nearest.
    """
    folders = {source.key: source.default_folder for source in sources}
    unknown = [key for key in keys if key not in folders]
    if unknown:
        raise ConfigError(f"--source: no source is called '{unknown[0]}': {nearest(unknown[0], folders)}")
    return {key: config.root(key, folder) for key, folder in folders.items() if not keys or key in keys}


def _present(config: Config, roots: Mapping[str, Root], known: Collection[str]) -> Mapping[str, Root]:
    """Those roots that are there, or that the manifest knows; another that nobody named in local.cfg may be absent.

    Raises:
        ConfigError: local.cfg names a place where nothing is, or there is no source at all.
    """
    present = {key: root for key, root in roots.items() if key in known or root.exists()}
    wrong = [f"{key} = {root}" for key, root in roots.items() if key in config.sources and key not in present]
    if wrong:
        raise ConfigError(f"{config.file}: nothing is at {'; '.join(wrong)}: correct the path, or remove the line")
    if not present:
        raise ConfigError(
            f"{config.file}: no source lies below {config.input_datasets_path}:"
            " correct input_datasets_path, or see 'python -m indexer sources' for where each is looked for"
        )
    return present


def _print_summary(summary: ScanSummary, manifest: Path) -> None:
    rows = [_row(source) for source in summary.sources if source.containers or not source.warning]
    if rows:
        print(render.table_text(pa.Table.from_pylist(rows), "Scanned"))
    for source in summary.sources:
        if source.warning:
            print(f"{source.key}: {printable(source.warning.removeprefix(source.key + ': '))}")
    statuses = ", ".join(f"{count:,} {status}" for status, count in summary.statuses.items())
    print(f"Containers: {statuses or 'none'}. Took {summary.seconds:,.1f} s. The manifest is {manifest}")


def _row(source: SourceSummary) -> dict[str, str | int]:
    return {
        "source": source.key,
        "containers": source.containers,
        "read": source.read,
        "unchanged": source.unchanged,
        "dropped": source.dropped,
        "members": source.members,
        "images": source.images,
    }


def _print_problems(summary: ScanSummary, findings: pa.Table | None) -> None:
    if findings is not None:
        print(render.table_text(findings, "Findings"))
        return
    for problem in summary.problems[:_PROBLEMS_SHOWN]:
        where = f"{problem.path or problem.source}: {problem.detail}"
        print(f"{problem.source}: {problem.count:,} x {problem.code}, such as {printable(where)}")
    if summary.problems:
        print("--show-problems lists all of them")

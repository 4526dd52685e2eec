"""``indexer scan``: fill or refresh the manifest."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
import pyarrow as pa

from indexer.base import path_sources
from indexer.base.config import Config
from indexer.base.errors import CheckFailed, ConfigError, ProjectError
from indexer.base.remote import Root
from indexer.cli.options import completion
from indexer.cli.options.common import CommonOptions, common_options, worker_options
from indexer.cli.options.source_keys import sources_of
from indexer.cli.printing import render
from indexer.cli.printing.messages import print_message, printable
from indexer.cli.scanning import preflight
from indexer.declarations import refuse_wrong
from indexer.declarations.models import Source
from indexer.manifest.store import Store
from indexer.naming_paths import with_paths
from indexer.roots import declared, source_roots
from indexer.scanning import ScanOptions, ScanSummary, scan

_MAX_PROBLEMS = 20
_NO_SOURCE = (
    "local.cfg does not exist: scan folders and archives without it, as in 'python -m indexer scan ~/Pictures',"
    " or write one with 'python -m indexer init'"
)
# Fields of SourceSummary that are columns of the printed table.
_COLUMNS = ("containers", "read", "unchanged", "dropped", "members", "images", "unmatched", "lost")


@click.command(
    epilog="""\b
Examples:
  python -m indexer scan ~/Pictures more.zip s3://bucket/set
  python -m indexer scan
  python -m indexer scan --source coco --source genimage --show-problems
  python -m indexer scan --source coco --forget
"""
)
@click.argument("paths", nargs=-1, metavar="[PATH]...", shell_complete=completion.paths)
@click.option(
    "--source",
    "keys",
    multiple=True,
    metavar="KEY",
    shell_complete=completion.sources,
    help="Scan only this source; may be repeated.",
)
@click.option("--show-problems", is_flag=True, help="Print every finding, not only one example per code.")
@click.option("--forget", is_flag=True, help="Delete the rows of these sources if their roots are missing or empty.")
@common_options
@worker_options
def command(options: CommonOptions, paths: tuple[str, ...], keys: Sequence[str], **how: bool) -> None:
    """Scan the sources and fill or refresh the manifest.

    Each PATH (a folder, an archive, an address) becomes a source without a configuration: its images are named after
    their paths. Without local.cfg the manifest is manifest.duckdb in the working folder. Without PATH, all sources of
    local.cfg and all paths that were scanned before are scanned.

    Unchanged containers are not read again. An interrupted scan continues when it is started again. If the root of a
    source is missing or empty, as when a disk is not mounted, the rows of the source are kept.

    Exit status 1: an archive is damaged or unreadable; a source has no image, mostly images that match no rule, or
    images that cannot be read; the declaration of a source is wrong, and the others are scanned; or the root of a
    source is missing, empty or not an archive, and local.cfg or the manifest has this source.
    """
    if paths and keys:
        raise click.UsageError("name either PATHs or sources with --source")
    if how["forget"] and not keys:
        raise click.UsageError("--forget: choose the sources with --source KEY")
    config = options.config
    if paths:
        config, keys = with_paths(config, paths)
    summary, findings = scan_sources(options, config, keys, **how)
    _print_summary(summary, options.manifest)
    _print_problems(summary, findings)
    if paths:
        _print_paths(options, keys, summary)
    incomplete = sum(count for status, count in summary.statuses.items() if status != "complete")
    if incomplete:
        containers, whose = (
            ("1 container is", "its") if incomplete == 1 else (f"{incomplete:,} containers are", "their")
        )
        raise CheckFailed(f"{containers} not complete; {whose} readable members are in the manifest")
    missing = [
        source for source in summary.sources if source.warning and source.key in config.named and not how["forget"]
    ]
    if missing or any(source.is_absent or source.alerts for source in summary.sources):
        raise CheckFailed


def scan_sources(
    options: CommonOptions, config: Config, keys: Sequence[str], *, show_problems: bool = False, forget: bool = False
) -> tuple[ScanSummary, pa.Table | None]:
    """Scan the sources ``keys``, or all of ``config``; return the summary, and all findings if they are to be shown."""
    sources = declared(config)
    config.refuse_unknown({source.key for source in sources})
    wrong = [source for source in sources if source.problems]
    refuse_wrong(source for source in wrong if source.key in keys)
    for source in wrong if keys and not options.quiet else ():
        print_message(f"not used: {source.problems_line}")
    all_roots = _roots(config, sources, keys)
    if not options.has_config and not config.path_sources:
        raise ConfigError(_NO_SOURCE)
    scan_options = ScanOptions(options.workers, options.bounds.archives, options.progress, bool(keys), forget)
    with options.writing() as manifest, _recording_paths(options, config, manifest):
        recorded = {key for (key,) in manifest.rows("scan/sources")}
        roots = all_roots if keys else _roots_to_scan(config, all_roots, {*recorded, *(each.key for each in wrong)})
        refuse_wrong(wrong if {each.key for each in wrong} == set(roots) else ())
        selected = [source for source in sources if source.key in all_roots]
        preflight.print_source_states(options, selected, source_roots(config), manifest)
        summary = scan(manifest, roots, sources, scan_options)
        return summary, manifest.arrow("scan/findings", {"sources": list(roots)}) if show_problems else None


@contextmanager
def _recording_paths(options: CommonOptions, config: Config, manifest: Store) -> Iterator[None]:
    """Record the sources of ``scan PATH``; after an error, only those that have rows or were recorded before."""
    before = path_sources.read(options.manifest)
    if config.path_sources:
        path_sources.write(options.manifest, config.path_sources)
    try:
        yield
    except ProjectError:
        scanned = {key for (key,) in manifest.rows("scan/sources")}
        kept = [source for source in config.path_sources if source in before or source.key in scanned]
        if len(kept) < len(config.path_sources):
            path_sources.write(options.manifest, kept)
        raise


def _roots(config: Config, sources: Sequence[Source], keys: Sequence[str]) -> Mapping[str, Root]:
    """Return the roots of the sources ``keys``, or of all sources if there are no keys.

    Raises:
        ConfigError: a key is unknown; the message suggests the closest one.
    """
    chosen = {source.key for source in sources_of(sources, keys, "--source: ")}
    return {source.key: config.root(source.key, source.default_folder) for source in sources if source.key in chosen}


def _roots_to_scan(config: Config, roots: Mapping[str, Root], recorded: Collection[str]) -> Mapping[str, Root]:
    """Return the roots that exist, and those with rows in the manifest.

    Raises:
        ConfigError: a path in local.cfg does not exist, or no source was found.
    """
    named = {source.key for source in config.path_sources}
    present = {key: root for key, root in roots.items() if key in recorded or key in named or root.exists()}
    wrong = [f"{key} = {root}" for key, root in roots.items() if key in config.sources and key not in present]
    if wrong:
        raise ConfigError(f"{config.file}: path does not exist: {'; '.join(wrong)}: correct it, or remove the line")
    if not present:
        raise ConfigError(
            f"{config.file}: no source was found below {config.input_datasets_path}: correct input_datasets_path,"
            " or run 'python -m indexer sources' to see where each source is searched"
        )
    return present


def _print_summary(summary: ScanSummary, manifest: Path) -> None:
    rows = [
        {"source": source.key, **{column: getattr(source, column) for column in _COLUMNS}}
        for source in summary.sources
        if source.containers or not source.warning
    ]
    if rows:
        print(render.table_text(pa.Table.from_pylist(rows), "Scanned"))
    for source in summary.sources:
        if source.warning:
            print(f"{source.key}: {printable(source.warning.removeprefix(source.key + ': '))}")
        for alert in source.alerts:
            print(f"warning: {source.key}: {printable(alert)}")
    statuses = ", ".join(f"{count:,} {status}" for status, count in summary.statuses.items())
    print(f"Containers: {statuses or 'none'}. Took {summary.seconds:,.1f} s. The manifest is {manifest}")


def _print_paths(options: CommonOptions, keys: Sequence[str], summary: ScanSummary) -> None:
    """Print the conventions that the default rule recognised, the files that it does not read, and the next steps."""
    with options.reading() as manifest:
        for source, convention, images, fake in manifest.rows("scan/conventions", {"sources": list(keys)}):
            print(f"{source}: {images:,} images are in folders {convention}; {fake:,} of them are labelled fake")
        for source, tables, example in manifest.rows("scan/unread_tables", {"sources": list(keys)}):
            count = "1 table" if tables == 1 else f"{tables:,} tables"
            print(f"{source}: {count} may have captions or labels that are not used, such as {printable(example)}:")
            print("  'python -m indexer init DIR' drafts a declaration that uses them")
    if any(source.images for source in summary.sources):
        print("Next: python -m indexer browse")
        print('  or: python -m indexer sql "select file_id, extra from manifest limit 9"')


def _print_problems(summary: ScanSummary, findings: pa.Table | None) -> None:
    if findings is not None:
        print(render.table_text(findings, "Findings"))
        return
    for problem in summary.problems[:_MAX_PROBLEMS]:
        where = f"{problem.path or problem.source}: {problem.detail}"
        print(f"{problem.source}: {problem.count:,} x {problem.code}, such as {printable(where)}")
    if summary.problems:
        print("--show-problems lists all of them")

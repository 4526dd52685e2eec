"""``indexer sources``: describe each source, its root, its state and its downloads."""

import json
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from itertools import chain
from pathlib import Path
from typing import Any

import click
import pyarrow as pa

from indexer.base.errors import CheckFailed
from indexer.base.quantities import readable_size
from indexer.cli.options import completion
from indexer.cli.options.common import CommonOptions, common_options
from indexer.cli.options.source_keys import sources_of
from indexer.cli.printing import render
from indexer.cli.printing.messages import print_message, printable
from indexer.cli.scanning.preflight import packed
from indexer.containers.models import ContainerStatus
from indexer.declarations import refuse_wrong
from indexer.declarations.compiling import compile_source
from indexer.declarations.models import USES, Download, Source
from indexer.declarations.preflight import SourceState, disk_space, source_states
from indexer.declarations.required_ids import RequiredIds, required_ids
from indexer.declarations.rule_loading import as_declared
from indexer.roots import declared
from indexer.selection.id_lists import ids_of

_MAX_ITEMS = 5
_KEPT = "the rows of its last scan are kept; 'python -m indexer scan --source KEY --forget' deletes them"


@click.command(
    epilog="""\b
Examples:
  python -m indexer sources
  python -m indexer sources synthbuster coco
  python -m indexer sources --ids train_ids.txt --ids validation_ids.txt
"""
)
@click.argument("keys", nargs=-1, metavar="[KEY]...", shell_complete=completion.sources)
@click.option("--ids", "lists", multiple=True, type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="List of file_ids, one per line: print the missing ones by source.")  # fmt: skip
@click.option("--all", "lists_all", is_flag=True, help="List the declared sources that are not here, too.")
@click.option(
    "--show-sql",
    metavar="KEY",
    shell_complete=completion.sources,
    help="Print the SELECT compiled from the source's declaration.",
)
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@common_options
def command(
    options: CommonOptions, keys: tuple[str, ...], lists: tuple[Path, ...], show_sql: str | None, **how: Any
) -> None:
    """List the sources, their packing and missing files.

    Without KEYs, list those that are configured, found or scanned; all declared ones if there are none. With KEYs,
    print all details of these sources. Works without local.cfg, datasets and manifest. Exit status 1:
    a declaration is wrong, or file_ids of a list are not in the manifest.
    """
    sources = _declared(options)
    chosen = sources_of(sources, [show_sql] if show_sql else keys)
    refuse_wrong(chosen if show_sql or keys else ())
    if show_sql:
        print(compile_source(*chosen))
        return
    roots = {source.key: options.config.root(source.key, source.default_folder) for source in sources}
    wrong = [source for source in chosen if source.problems]
    # The downloads of a source are printed without a manifest, too.
    with options.reading() if options.manifest.exists() else nullcontext() as manifest:
        states = source_states(chosen, roots, manifest)
        valid = [source for source in sources if not source.problems]
        required = required_ids(chain.from_iterable(map(ids_of, lists)), valid, manifest) if lists else ()
    if how["form"] == "json":
        _print_json(states, required)
    else:
        if keys:
            print("\n".join("\n".join((*_about(state), "")) for state in states))
        else:
            _print_list(options, states, lists_all=how["lists_all"])
        for need in required:
            print("\n".join(_about_need(need)))
    for source in wrong:
        print_message(source.problems, event="found")
    _check(required, wrong)


def _check(required: Sequence[RequiredIds], wrong: Sequence[Source]) -> None:
    """Raise CheckFailed if file_ids are missing or declarations are wrong."""
    missing = sum(len(need.missing) for need in required)
    if missing:
        raise CheckFailed(f"{missing:,} of {sum(need.total for need in required):,} file_ids are not in the manifest")
    if wrong:
        raise CheckFailed


def _declared(options: CommonOptions) -> tuple[Source, ...]:
    config = options.config
    sources = declared(config)
    config.refuse_unknown({source.key for source in sources})
    return sources


def _print_list(options: CommonOptions, states: Sequence[SourceState], *, lists_all: bool) -> None:
    """Print one line per source, grouped by use, then the next steps."""
    named = options.config.named
    here = [
        state for state in states if state.found or state.scanned or state.source.key in named or state.source.problems
    ]
    listed = states if lists_all or not here else here
    for use in (*USES[1:], USES[0]):
        rows = [_row(state) for state in listed if state.source.info.use == use]
        if rows:
            print(render.table_text(pa.Table.from_pylist(rows), use.capitalize()))
    if len(listed) < len(states):
        print(f"{len(states) - len(listed)} other declared sources are not here: 'sources --all' lists them")
    print("\n".join(_what_next(options, listed)))


def _row(state: SourceState) -> dict[str, str]:
    published = f" of {state.published:,}" if state.published else ""
    return {
        "key": state.source.key,
        "state": _state(state),
        "packed": packed(state),
        "images": f"{state.total:,}{published}" if state.scanned else published.removeprefix(" of "),
        "unmatched": f"{state.unmatched:,}" if state.scanned else "",
        "lost": f"{state.unusable:,}" if state.scanned else "",
        "side files missing": ", ".join(state.side_missing) if state.found or state.scanned else "",
        "download": _size(state.source.info.downloads),
        "licence": state.source.info.licence,
    }


def _size(downloads: Sequence[Download]) -> str:
    """Return the published size of all downloads."""
    size = sum(download.size or 0 for download in downloads)
    unknown = any(download.size is None for download in downloads)
    return f"{'over ' if unknown else ''}{readable_size(size)}" if size else ""


def _state(state: SourceState) -> str:
    if state.source.problems:
        return "wrong declaration"
    if not state.found:
        return "scanned, missing now" if state.scanned else "missing"
    if not state.scanned:
        return "found, not scanned"
    incomplete = sum(status != ContainerStatus.COMPLETE for _, status, _ in state.container_problems)
    return f"scanned, {incomplete:,} incomplete" if incomplete else "scanned"


def _about(state: SourceState) -> Iterator[str]:
    """Yield all details of a source as lines."""
    info = state.source.info
    yield f"{state.source.key}: {info.name}"
    facts = {"homepage": info.homepage, "licence": info.licence, "cite": info.citation}
    facts |= {"looked for in": f"{state.root} ({_state(state)})", "packed": packed(state)}
    facts["side files missing"] = ", ".join(state.side_missing)
    facts["revision on disk"] = ", ".join(state.revisions)
    facts["declared revision"] = ", ".join(download.revision for download in info.downloads if download.revision)
    facts["cannot be used"] = f"{state.unusable:,} images" if state.unusable else ""
    facts["derivation errors"] = ", ".join(f"{count:,} {code}" for code, count in state.derivation_errors.items())
    yield from (f"  {name:20}{printable(text)}" for name, text in facts.items() if text)
    problems = state.container_problems
    yield from (f"  {status:20}{printable(f'{path}: {what}')}" for path, status, what in problems[:_MAX_ITEMS])
    if len(problems) > _MAX_ITEMS:
        yield f"  {'':20}and {len(problems) - _MAX_ITEMS:,} more (query the tables container and finding)"
    for generator, (there, published) in state.generator_counts.items():
        yield f"  {generator:32}{there:>12,}" + (f" of {published:,}" if published else "")
    for pattern, text in state.source.known_damage.items():
        yield f"  as published        {printable(f'{text}: {as_declared(pattern)}')}"
    for download in info.downloads:
        yield f"  download            {_download(download)}"


def _download(download: Download) -> str:
    size = f"{download.size:,} bytes" if download.size else ""
    revision = f"revision {download.revision}" if download.revision else ""
    return ", ".join(part for part in (download.file, size, download.place, revision, download.note) if part)


def _what_next(options: CommonOptions, states: Sequence[SourceState]) -> Iterator[str]:
    """Yield the next steps for the user."""
    missing = [state for state in states if not state.found]
    yield from (f"{state.source.key}: not found at {state.root}; {_KEPT}" for state in missing if state.scanned)
    if missing:
        yield "'python -m indexer sources KEY' prints where a source is looked for, and its downloads"
        folder = options.config.input_datasets_path if options.config_file.exists() else Path()
        size, free = disk_space(states, folder)
        if size:
            yield f"Missing downloads have at least {readable_size(size)}; {readable_size(free)} are free"
    if not options.config_file.exists():
        yield "There is no local.cfg: 'python -m indexer scan PATH' needs none,"
        yield "and 'python -m indexer init DIR' writes one"
    if any(state.found and not state.scanned for state in states):
        yield "Next: python -m indexer scan"


def _about_need(need: RequiredIds) -> Iterator[str]:
    """Yield ``4,628 rows needed from forensynths, 12 not found``, then the first missing file_ids."""
    missing = f", {len(need.missing):,} not found" if need.missing else ""
    origin = f"from {need.source}" if need.source else "that no source provides"
    yield f"{need.total:,} rows needed {origin}{missing}"
    yield from (f"    {printable(file_id)}" for file_id in need.missing[:_MAX_ITEMS])
    if len(need.missing) > _MAX_ITEMS:
        yield "    ..."


def _print_json(states: Sequence[SourceState], required: Sequence[RequiredIds]) -> None:
    needs = [{"source": need.source, "wanted": need.total, "missing": list(need.missing)} for need in required]
    print(json.dumps({"sources": [_plain(state) for state in states], "ids": needs}, indent=1))


def _plain(state: SourceState) -> dict[str, Any]:
    info = state.source.info
    return {
        "key": state.source.key,
        "name": info.name,
        "use": info.use,
        "homepage": info.homepage,
        "licence": info.licence,
        "citation": info.citation,
        "root": str(state.root),
        "found": state.found,
        "problems": state.source.problems,
        "scanned": state.scanned,
        "packed": dict(state.packed),
        "revisions": list(state.revisions),
        "images": {
            name: {"there": there, "published": count} for name, (there, count) in state.generator_counts.items()
        },
        "unusable": state.unusable,
        "derivation_error": dict(state.derivation_errors),
        "health": [{"path": path, "status": status, "what": what} for path, status, what in state.container_problems],
        "side_files_missing": list(state.side_missing),
        "downloads": [
            {"file": d.file, "url": d.place, "revision": d.revision, "size": d.size, "hash": d.hash, "note": d.note}
            for d in info.downloads
        ],
    }

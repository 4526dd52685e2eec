"""``indexer sources``: what each source is, where it is looked for, what is there and what to download."""

import json
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import click
import pyarrow as pa

from indexer.base.errors import CheckFailed, ConfigError
from indexer.base.remote import Root
from indexer.base.suggestions import nearest
from indexer.cli import render
from indexer.cli.messages import printable
from indexer.cli.options import Session, common
from indexer.cli.preflight import packed
from indexer.containers.models import ContainerStatus
from indexer.declarations.compiling import compile_source
from indexer.declarations.models import Download, Source
from indexer.declarations.preflight import SourceState, disk_space, source_states
from indexer.declarations.required_ids import RequiredIds, required_ids
from indexer.manifest.store import Store
from indexer.roots import declared
from indexer.selection.by_list import ids_of

_SHOWN = 5
_KEPT = "what was scanned there is kept, 'python -m indexer scan --source KEY --forget' drops it"


@click.command(
    epilog="""\b
Examples:
  python -m indexer sources
  python -m indexer sources synthbuster coco
  python -m indexer sources --ids train_ids.txt --ids validation_ids.txt
"""
)
@click.argument("keys", nargs=-1, metavar="[KEY]...")
@click.option("--ids", "lists", multiple=True, type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="A list of file_ids, one a line: which are not there, and what source has them.")  # fmt: skip
@click.option("--show-sql", metavar="KEY", help="Print the SELECT that this source is compiled to.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@common
def command(session: Session, keys: tuple[str, ...], lists: tuple[Path, ...], show_sql: str | None, form: str) -> None:
    """Say what each source is, where it is looked for, how it is packed and what is missing.

    With KEYs: all about these. Works before there is a local.cfg, a dataset or a manifest. Exit status 1: ids of a
    list are not found.
    """
    sources = _declared(session)
    if show_sql:
        print(compile_source(*_chosen(sources, [show_sql])))
        return
    chosen = _chosen(sources, keys)
    roots = {source.key: _root(session, source) for source in sources}
    with _Manifest(session) as manifest:
        states = source_states(chosen, roots, manifest)
        wants = required_ids(chain.from_iterable(map(ids_of, lists)), sources, manifest) if lists else ()
    if form == "json":
        print(
            json.dumps(
                {"sources": [_plain(state) for state in states], "ids": [_plain_need(n) for n in wants]}, indent=1
            )
        )
    else:
        _print(session, states, wants, details=bool(keys))
    lacking = sum(len(need.missing) for need in wants)
    if lacking:
        raise CheckFailed(f"{lacking:,} of {sum(need.total for need in wants):,} file_ids are not in the manifest")


class _Manifest:
    """The manifest if there is one: whoever has none yet is told what to download all the same."""

    def __init__(self, session: Session) -> None:
        there = session.manifest_db or session.config_file.exists()
        path = session.manifest if there else None
        self.store = session.reading() if path and path.exists() else None

    def __enter__(self) -> Store | None:
        return self.store

    def __exit__(self, *_: object) -> None:
        if self.store:
            self.store.connection.close()


def _declared(session: Session) -> tuple[Source, ...]:
    config = session.config if session.config_file.exists() else None
    sources = declared(config)
    if config:
        config.refuse_unknown({source.key for source in sources})
    return sources


def _chosen(sources: Sequence[Source], keys: Sequence[str]) -> list[Source]:
    """The sources of ``keys``, or all.

    Raises:
        ConfigError: no source is called so.
    """
    known = {source.key: source for source in sources}
    for key in keys:
        if key not in known:
            raise ConfigError(f"no source is called '{key}': {nearest(key, known)}")
    return [known[key] for key in keys] if keys else list(sources)


def _root(session: Session, source: Source) -> Root:
    if not session.config_file.exists():
        return Path(source.default_folder)
    return session.config.root(source.key, source.default_folder)


def _print(session: Session, states: Sequence[SourceState], wants: Sequence[RequiredIds], *, details: bool) -> None:
    if details:
        for state in states:
            print("\n".join(_about(state)) + "\n")
    else:
        print(render.table_text(pa.Table.from_pylist([_row(state) for state in states]), "Sources"))
        print("\n".join(_what_next(session, states)))
    for need in wants:
        print("\n".join(_about_need(need)))


def _row(state: SourceState) -> dict[str, str]:
    published = f" of {state.published:,}" if state.published else ""
    return {
        "key": state.source.key,
        "looked for in": str(state.root),
        "state": _state(state),
        "packed": packed(state),
        "images": f"{state.total:,}{published}" if state.scanned else published.removeprefix(" of "),
        "side files missing": ", ".join(state.side_missing) if state.found or state.scanned else "",
    }


def _state(state: SourceState) -> str:
    if not state.found:
        return "scanned, missing now" if state.scanned else "missing"
    if not state.scanned:
        return "found, not scanned"
    broken = sum(status != ContainerStatus.COMPLETE for _, status, _ in state.container_problems)
    return f"scanned, {broken:,} not whole" if broken else "scanned"


def _about(state: SourceState) -> Iterator[str]:
    """All that is known of a source, a line each."""
    head = state.source.info
    yield f"{state.source.key}: {head.name}"
    facts = {"homepage": head.homepage, "licence": head.licence, "cite": head.citation}
    facts |= {"looked for in": f"{state.root} ({_state(state)})", "packed": packed(state)}
    facts["side files missing"] = ", ".join(state.side_missing)
    facts["cannot be used"] = f"{state.unusable:,} images" if state.unusable else ""
    facts["not understood"] = ", ".join(f"{count:,} {code}" for code, count in state.derivation_errors.items())
    yield from (f"  {name:20}{printable(text)}" for name, text in facts.items() if text)
    problems = state.container_problems
    yield from (f"  {status:20}{printable(f'{path}: {problem}')}" for path, status, problem in problems[:_SHOWN])
    if len(problems) > _SHOWN:
        more = len(problems) - _SHOWN
        yield f"  {'':20}and {more:,} more (query the tables container and finding with 'python -m indexer sql')"
    for generator, (there, published) in state.generator_counts.items():
        yield f"  {generator:32}{there:>12,}" + (f" of {published:,}" if published else "")
    for download in head.downloads:
        yield f"  download            {_download(download)}"


def _download(download: Download) -> str:
    size = f"{download.size:,} bytes" if download.size else ""
    return ", ".join(part for part in (download.file, size, download.place, download.note) if part)


def _what_next(session: Session, states: Sequence[SourceState]) -> Iterator[str]:
    """What a newcomer does now."""
    missing = [state for state in states if not state.found]
    for state in missing:
        yield f"{state.source.key}: not at {state.root}; {_KEPT if state.scanned else 'download'}"
        yield from (f"    {_download(download)}" for download in state.source.info.downloads if not state.scanned)
    if missing:
        folder = session.config.input_datasets_path if session.config_file.exists() else Path()
        size, free = disk_space(states, folder)
        yield f"What is missing has at least {size / 1e9:,.0f} GB; {free / 1e9:,.0f} GB are free"
    if not session.config_file.exists():
        yield f"There is no {session.config_file}: copy local.cfg.example to it and say where your datasets lie"
    if any(state.found and not state.scanned for state in states):
        yield "Next: python -m indexer scan"


def _about_need(need: RequiredIds) -> Iterator[str]:
    """``4,628 rows needed from forensynths, 12 not found``, and the first of those."""
    lacking = f", {len(need.missing):,} not found" if need.missing else ""
    whence = f"from {need.source}" if need.source else "that no source gives"
    yield f"{need.total:,} rows needed {whence}{lacking}"
    yield from (f"    {printable(file_id)}" for file_id in need.missing[:_SHOWN])
    if len(need.missing) > _SHOWN:
        yield "    ..."


def _plain(state: SourceState) -> dict[str, Any]:
    head = state.source.info
    counts = {name: {"there": there, "published": count} for name, (there, count) in state.generator_counts.items()}
    return {
        "key": state.source.key,
        "name": head.name,
        "homepage": head.homepage,
        "licence": head.licence,
        "citation": head.citation,
        "root": str(state.root),
        "found": state.found,
        "scanned": state.scanned,
        "packed": dict(state.packed),
        "images": counts,
        "unusable": state.unusable,
        "derivation_error": dict(state.derivation_errors),
        "health": [{"path": path, "status": status, "what": what} for path, status, what in state.container_problems],
        "side_files_missing": list(state.side_missing),
        "downloads": [{"file": d.file, "url": d.place, "size": d.size, "note": d.note} for d in head.downloads],
    }


def _plain_need(need: RequiredIds) -> dict[str, Any]:
    return {"source": need.source, "wanted": need.total, "missing": list(need.missing)}
